"""Driftwood, the design system of Harbour & Pine: its styles and its variables."""

from __future__ import annotations

import hashlib
from typing import Any

FONT = "Inter"

COLOURS = {
    "Harbour/900": ("#12303b", "Deep water: headlines on light ground"),
    "Harbour/700": ("#1f5566", "The product's own colour"),
    "Harbour/500": ("#2f8096", "Links and things that are chosen"),
    "Harbour/200": ("#a9d3dd", ""),
    "Harbour/50": ("#eaf5f7", "Quiet panels"),
    "Pine/700": ("#2e5d46", ""),
    "Pine/500": ("#4b8b68", "Things that went well"),
    "Pine/100": ("#d9eadf", ""),
    "Sand/50": ("#fbf8f3", "The page"),
    "Sand/100": ("#f3ece0", ""),
    "Sand/300": ("#dccdb4", "Lines on sand"),
    "Coral/500": ("#e4724f", "The one thing to do next"),
    "Coral/100": ("#fbe3da", ""),
    "Sun/300": ("#f6d27c", ""),
    "Ink/900": ("#1b2326", "Text"),
    "Ink/600": ("#556168", "Text that matters less"),
    "Ink/300": ("#b4bdc1", "Placeholders and disabled text"),
    "White": ("#ffffff", ""),
}
GRADIENTS = {
    "Dusk": [("#1f5566", 0.0), ("#2f8096", 0.55), ("#f6d27c", 1.0)],
    "Dawn": [("#fbe3da", 0.0), ("#eaf5f7", 1.0)],
}
# name → size, line height, weight, letter spacing
TEXT_SIZES = {
    "Heading/Display": (40, 48, 700, -0.8),
    "Heading/Large": (28, 36, 700, -0.4),
    "Heading/Medium": (20, 28, 600, -0.2),
    "Body/Regular": (16, 24, 400, 0),
    "Body/Strong": (16, 24, 600, 0),
    "Body/Small": (13, 20, 400, 0),
    "Caption": (11, 16, 500, 0.2),
}
SHADOW_LAYERS = {
    "Shadow/Raised": [(0, 1, 3, 0, 0.12)],
    "Shadow/Floating": [(0, 2, 6, 0, 0.1), (0, 12, 32, -4, 0.16)],
}


def rgba(colour: str, alpha: float = 1.0) -> dict[str, float]:
    """A colour by style name or `#rrggbb`, as Figma writes it."""
    code = COLOURS[colour][0] if colour in COLOURS else colour
    red, green, blue = (round(int(code[at : at + 2], 16) / 255, 6) for at in (1, 3, 5))
    return {"r": red, "g": green, "b": blue, "a": alpha}


def paint(fill: str) -> list[dict[str, Any]]:
    """The fill of a style name or `#rrggbb`."""
    if fill not in GRADIENTS:
        return [{"blendMode": "NORMAL", "type": "SOLID", "color": rgba(fill)}]
    stops = [{"color": rgba(code), "position": at} for code, at in GRADIENTS[fill]]
    handles = [{"x": 0.5, "y": 0.0}, {"x": 0.5, "y": 1.0}, {"x": 0.0, "y": 0.0}]
    return [
        {
            "blendMode": "NORMAL",
            "type": "GRADIENT_LINEAR",
            "gradientHandlePositions": handles,
            "gradientStops": stops,
        }
    ]


TEXTS: dict[str, dict[str, Any]] = {
    name: {
        "fontFamily": FONT,
        "fontPostScriptName": None,
        "fontWeight": weight,
        "fontSize": size,
        "letterSpacing": spacing,
        "lineHeightPx": height,
        "lineHeightPercent": 100.0,
        "lineHeightUnit": "PIXELS",
    }
    for name, (size, height, weight, spacing) in TEXT_SIZES.items()
}
SHADOWS: dict[str, list[dict[str, Any]]] = {
    name: [
        {
            "type": "DROP_SHADOW",
            "visible": True,
            "blendMode": "NORMAL",
            "color": rgba("#12303b", alpha),
            "offset": {"x": x, "y": y},
            "radius": blur,
            "spread": spread,
            "showShadowBehindNode": False,
        }
        for x, y, blur, spread, alpha in layers
    ]
    for name, layers in SHADOW_LAYERS.items()
}
STYLES = {
    **dict.fromkeys((*COLOURS, *GRADIENTS), "FILL"),
    **dict.fromkeys(TEXT_SIZES, "TEXT"),
    **dict.fromkeys(SHADOW_LAYERS, "EFFECT"),
}


def is_style(name: str) -> bool:
    """Whether this is one of Driftwood's styles."""
    return name in STYLES


def style_id(name: str) -> str:
    """The node that shows a style off."""
    return f"900:{list(STYLES).index(name) + 1}"


def key_of(*what: str) -> str:
    """A key as Figma gives them to components, styles and variables: 40 hexadecimal digits."""
    return hashlib.sha1("/".join(what).encode(), usedforsecurity=False).hexdigest()


def published_styles() -> list[dict[str, Any]]:
    """Every style with the node that shows it off."""
    return [_published(name, kind) for name, kind in STYLES.items()]


def _published(name: str, kind: str) -> dict[str, Any]:
    box = {"x": 0, "y": 0, "width": 100, "height": 100}
    node: dict[str, Any] = {
        "id": style_id(name),
        "name": name,
        "type": "TEXT" if kind == "TEXT" else "RECTANGLE",
        "scrollBehavior": "SCROLLS",
        "blendMode": "NORMAL",
        "absoluteBoundingBox": box,
        "absoluteRenderBounds": dict(box),
        "fills": paint(name if kind == "FILL" else "Ink/900" if kind == "TEXT" else "White"),
        "strokes": [],
        "effects": SHADOWS.get(name, []),
    }
    if kind == "TEXT":
        node |= {
            "characters": "Ag",
            "style": {**TEXTS[name], "textAlignHorizontal": "CENTER", "textAlignVertical": "CENTER"},
            "characterStyleOverrides": [],
            "styleOverrideTable": {},
            "lineTypes": ["NONE"],
            "lineIndentations": [0],
        }
    return {
        "key": key_of("style", name),
        "node_id": style_id(name),
        "name": name,
        "style_type": kind,
        "description": COLOURS[name][1] if name in COLOURS else "",
        "node": node,
    }
