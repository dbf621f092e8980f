"""Design tokens out of Figma's styles and variables: pure functions from Figma's JSON to token JSON.

The tokens follow the Design Tokens Format Module 2025.10 of the Design Tokens Community Group.
"""

from fluxstudio.providers.figma.tokens.styles import in_use, tokens_of_styles
from fluxstudio.providers.figma.tokens.variables import tokens_of_variables

__all__ = ["in_use", "tokens_of_styles", "tokens_of_variables"]
