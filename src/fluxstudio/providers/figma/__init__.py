"""Figma: files, comments, components, styles, design tokens and webhooks."""

from fluxstudio.providers.figma import operations
from fluxstudio.providers.figma.declaration import figma

__all__ = ["figma", "operations"]
