"""Tokens of colour, text and effect styles.

A published style names a node that shows it off: that node's fills, text style or effects are its value
(developers.figma.com/docs/rest-api, component-types and file-property-types, read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fluxstudio.providers.figma.shapes import Skipped
from fluxstudio.providers.figma.tokens.tree import Path, Token, path_of, tree
from fluxstudio.providers.figma.tokens.values import color, pixels, plain

Node = Mapping[str, Any]

SHADOWS = frozenset({"DROP_SHADOW", "INNER_SHADOW"})
STYLED_BY = {"FILL": ("fill", "fills"), "TEXT": ("text",), "EFFECT": ("effect",), "GRID": ("grid",)}


class NoStyleToken(Exception):
    """Why a style has no token that could stand for it."""


def tokens_of_styles(styles: Iterable[tuple[Node, Node]]) -> tuple[dict[str, Any], list[Skipped]]:
    """The token tree of styles, each given with the node that shows it off, and what could not be translated.

    A style is `{name, description, styleType | style_type}`. What is left out is `{name, reason}`.
    """
    tokens: dict[Path, Token] = {}
    skipped: list[Skipped] = []
    for style, node in styles:
        kind = style.get("styleType") or style.get("style_type")
        try:
            group, token = _token(kind, node)
            path = path_of(group, style["name"])
            if path in tokens:
                raise NoStyleToken("another style has the same name")
        except NoStyleToken as reason:
            skipped.append({"name": style["name"], "reason": str(reason)})
            continue
        description = {"$description": style["description"]} if style.get("description") else {}
        tokens[path] = {**token, **description}
    return tree(tokens), skipped


def in_use(file: Node) -> Iterator[tuple[Node, Node]]:
    """The styles a file uses, each with the first node that wears it, for files that publish none."""
    open_styles = dict(file.get("styles", {}))
    nodes = [file["document"]]
    while nodes and open_styles:
        node = nodes.pop()
        for slot, style_id in node.get("styles", {}).items():
            style = open_styles.get(style_id)
            if style is not None and slot in STYLED_BY.get(style["styleType"], ()):
                del open_styles[style_id]
                yield style, node
        nodes += reversed(node.get("children", []))


def _token(kind: str | None, node: Node) -> tuple[str, Token]:
    if kind == "FILL":
        return _fill([paint for paint in node.get("fills", []) if paint.get("visible", True)])
    if kind == "TEXT":
        return "typography", {"$type": "typography", "$value": _typography(node.get("style", {}))}
    if kind == "EFFECT":
        return "shadow", _shadow(
            [effect for effect in node.get("effects", []) if effect.get("visible", True)]
        )
    raise NoStyleToken("it is a layout grid" if kind == "GRID" else "its kind is unknown")


def _fill(paints: list[Node]) -> tuple[str, Token]:
    if len(paints) != 1:
        raise NoStyleToken("it has several fills" if paints else "it has no visible fill")
    paint = paints[0]
    opacity = paint.get("opacity", 1)
    if paint["type"] == "SOLID":
        return "color", {"$type": "color", "$value": color(paint["color"], opacity)}
    if paint["type"].startswith("GRADIENT_"):
        stops = [
            {"color": color(stop["color"], opacity), "position": plain(stop["position"])}
            for stop in paint["gradientStops"]
        ]
        return "gradient", {"$type": "gradient", "$value": stops}
    raise NoStyleToken("it is filled with an image")


def _typography(style: Node) -> dict[str, Any]:
    try:
        size = style["fontSize"]
        return {
            "fontFamily": style["fontFamily"],
            "fontSize": pixels(size),
            "fontWeight": plain(style["fontWeight"]),
            "letterSpacing": pixels(style.get("letterSpacing", 0)),
            "lineHeight": plain(style["lineHeightPx"] / size),
        }
    except (KeyError, ZeroDivisionError):
        raise NoStyleToken("its text style is incomplete") from None


def _shadow(effects: list[Node]) -> Token:
    shadows = [effect for effect in effects if effect["type"] in SHADOWS]
    if not shadows or len(shadows) != len(effects):
        raise NoStyleToken("it is more than a shadow" if shadows else "it is not a shadow")
    values = [
        {
            "color": color(shadow["color"]),
            "offsetX": pixels(shadow["offset"]["x"]),
            "offsetY": pixels(shadow["offset"]["y"]),
            "blur": pixels(shadow["radius"]),
            "spread": pixels(shadow.get("spread", 0)),
            **({"inset": True} if shadow["type"] == "INNER_SHADOW" else {}),
        }
        for shadow in shadows
    ]
    return {"$type": "shadow", "$value": values[0] if len(values) == 1 else values}
