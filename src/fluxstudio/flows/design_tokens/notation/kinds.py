"""Types of tokens: those of the Design Tokens Format Module 2025.10, and what tools call them."""

from __future__ import annotations

STANDARD_TYPES = frozenset(
    {"color", "dimension", "duration", "fontFamily", "fontWeight", "number", "cubicBezier", "strokeStyle"}
    | {"border", "transition", "shadow", "gradient", "typography"}
)
# What Figma, Terrazzo and Style Dictionary write and read besides; no token type of the format.
PLAIN_TYPES = frozenset({"string", "boolean"})
TOOL_TYPES = {
    "spacing": "dimension",
    "sizing": "dimension",
    "borderRadius": "dimension",
    "borderWidth": "dimension",
    "fontSizes": "dimension",
    "fontSize": "dimension",
    "letterSpacing": "dimension",
    "paragraphSpacing": "dimension",
    "size": "dimension",
    "space": "dimension",
    "fontFamilies": "fontFamily",
    "fontWeights": "fontWeight",
    "lineHeights": "lineHeight",
    "opacity": "number",
    "boxShadow": "shadow",
    "time": "duration",
    "text": "string",
}
# Figma has numbers and texts only: what more a repository knows of a token is no edit by Figma.
LOOSE_TYPES = frozenset({"number", "string"})
# What files that know only those call a number or a text.
FROM_LOOSE = frozenset({"dimension", "duration", "fontFamily", "fontWeight"})
PART_TYPES = {
    "typography": {
        "fontFamily": "fontFamily",
        "fontSize": "dimension",
        "fontWeight": "fontWeight",
        "letterSpacing": "dimension",
        "lineHeight": "lineHeight",
        "paragraphSpacing": "dimension",
        "paragraphIndent": "dimension",
    },
    "border": {"color": "color", "width": "dimension", "style": "strokeStyle"},
    "transition": {"duration": "duration", "delay": "duration", "timingFunction": "cubicBezier"},
    "shadow": {
        "color": "color",
        "offsetX": "dimension",
        "offsetY": "dimension",
        "x": "dimension",
        "y": "dimension",
        "blur": "dimension",
        "spread": "dimension",
    },
    "gradient": {"color": "color", "position": "number"},
    "strokeStyle": {"dashArray": "dimension"},
}


def kind_of(type_name: str | None) -> str | None:
    """The type that a tool's name for it means."""
    return None if type_name is None else TOOL_TYPES.get(type_name, type_name)
