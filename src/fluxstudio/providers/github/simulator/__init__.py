"""A GitHub of our own, to try everything without one's real repositories."""

from fluxstudio.providers.github.simulator.app import GitHubSimulator

__all__ = ["GitHubSimulator"]
