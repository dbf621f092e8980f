"""A GitHub of our own, to try everything without one's real repositories."""

from fluxstudio.providers.github.simulator.simulator import GitHubSimulator

__all__ = ["GitHubSimulator"]
