"""Figma, simulated."""

from fluxstudio.providers.figma.simulator.app import FigmaSimulator

__all__ = ["FigmaSimulator"]
