"""Figma, simulated."""

from fluxstudio.providers.figma.simulator.figma import FigmaSimulator

__all__ = ["FigmaSimulator"]
