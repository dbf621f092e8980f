"""Building design files as Figma's own JSON, from a few strokes of Python.

Children are placed relative to the frame they are put in; a frame carries them along, so that every box ends
up in the coordinates of the canvas, as Figma has it. Colours, texts and shadows are named after Driftwood's
styles.
"""

from __future__ import annotations

from typing import Any

from fluxstudio.providers.figma.simulator.designs import driftwood

Node = dict[str, Any]


def frame(
    name: str, x: float, y: float, w: float, h: float, fill: str | None, *children: Node, **looks: Any
) -> Node:
    """A frame with what is in it. `looks`: radius, shadow, stroke, kind (`COMPONENT`, `SECTION`), about."""
    node = _shape(looks.pop("kind", "FRAME"), name, x, y, w, h, fill, **looks)
    if node["type"] != "SECTION":
        node["clipsContent"] = True
    else:
        node["sectionContentsHidden"] = False
    node["children"] = [_moved(child, x, y) for child in children]
    return node


def rect(name: str, x: float, y: float, w: float, h: float, fill: str | None, **looks: Any) -> Node:
    """A rectangle."""
    return _shape("RECTANGLE", name, x, y, w, h, fill, **looks)


def ellipse(name: str, x: float, y: float, w: float, h: float, fill: str | None, **looks: Any) -> Node:
    """An ellipse."""
    node = _shape("ELLIPSE", name, x, y, w, h, fill, **looks)
    node["arcData"] = {"startingAngle": 0, "endingAngle": 6.2831855, "innerRadius": 0}
    return node


def path(
    name: str, x: float, y: float, w: float, h: float, fill: str | None, drawn: str, **looks: Any
) -> Node:
    """A vector; `drawn` is SVG path data within its own box."""
    node = _shape("VECTOR", name, x, y, w, h, fill, **looks)
    key = "fillGeometry" if fill else "strokeGeometry"
    node[key] = [{"path": drawn, "windingRule": "NONZERO"}]
    return node


def text(
    characters: str,
    x: float,
    y: float,
    w: float,
    style: str = "Body/Regular",
    fill: str = "Ink/900",
    **looks: Any,
) -> Node:
    """Text in one of Driftwood's text styles. `align`: LEFT, CENTER or RIGHT."""
    align = looks.pop("align", "LEFT")
    look = {**driftwood.TEXTS[style], **looks.pop("font", {})}
    lines = characters.split("\n")
    node = _shape("TEXT", lines[0][:40], x, y, w, look["lineHeightPx"] * len(lines), fill, **looks)
    node["styles"] = {**node.get("styles", {}), "text": driftwood.style_id(style)}
    node |= {
        "characters": characters,
        "style": {**look, "textAlignHorizontal": align, "textAlignVertical": "TOP"},
        "characterStyleOverrides": [],
        "styleOverrideTable": {},
        "lineTypes": ["NONE"] * len(lines),
        "lineIndentations": [0] * len(lines),
    }
    return node


def page(name: str, background: str, *frames: Node) -> Node:
    """A page of a file."""
    return {
        "name": name,
        "type": "CANVAS",
        "scrollBehavior": "SCROLLS",
        "children": list(frames),
        "backgroundColor": driftwood.rgba(background),
        "prototypeStartNodeID": None,
        "flowStartingPoints": [],
        "prototypeDevice": {"type": "NONE", "rotation": "NONE"},
    }


def document(*pages: Node) -> Node:
    """A whole document; numbers every node in it."""
    for number, sheet in enumerate(pages):
        sheet["id"] = f"{number}:1"
        for count, node in enumerate(walk(*sheet["children"]), 2):
            node["id"] = f"{number}:{count}"
    return {
        "id": "0:0",
        "name": "Document",
        "type": "DOCUMENT",
        "scrollBehavior": "SCROLLS",
        "children": list(pages),
    }


def walk(*nodes: Node) -> list[Node]:
    """Every node of these trees, parents first."""
    return [descendant for node in nodes for descendant in (node, *walk(*node.get("children", ())))]


def _shape(  # noqa: PLR0913 - named by every caller
    kind: str,
    name: str,
    x: float,
    y: float,
    w: float,
    h: float,
    fill: str | None,
    *,
    radius: float = 0,
    shadow: str | None = None,
    stroke: str | None = None,
    weight: float = 1,
    opacity: float = 1,
    about: str = "",
) -> Node:
    box = {"x": x, "y": y, "width": w, "height": h}
    node: Node = {
        "name": name,
        "type": kind,
        "scrollBehavior": "SCROLLS",
        "blendMode": "PASS_THROUGH" if kind in {"FRAME", "COMPONENT"} else "NORMAL",
        "absoluteBoundingBox": box,
        "absoluteRenderBounds": dict(box),
        "fills": driftwood.paint(fill) if fill else [],
        "strokes": driftwood.paint(stroke) if stroke else [],
        "strokeWeight": weight,
        "strokeAlign": "INSIDE",
        "effects": driftwood.SHADOWS[shadow] if shadow else [],
    }
    worn = {"fill": fill, "stroke": stroke, "effect": shadow}
    styles = {
        slot: driftwood.style_id(style) for slot, style in worn.items() if style and driftwood.is_style(style)
    }
    extras = {"styles": styles, "cornerRadius": radius, "description": about}
    node |= {name: value for name, value in extras.items() if value}
    if opacity < 1:
        node["opacity"] = opacity
    return node


def _moved(node: Node, x: float, y: float) -> Node:
    for descendant in walk(node):
        for box in (descendant["absoluteBoundingBox"], descendant["absoluteRenderBounds"]):
            box["x"] += x
            box["y"] += y
    return node
