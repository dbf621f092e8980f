"""Pictures: files and nodes as SVG, drawn from the very nodes the API answers with, and faces for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import escape

Node = Mapping[str, Any]

FONTS = "Inter, system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
ANCHORS = {"LEFT": ("start", 0.0), "CENTER": ("middle", 0.5), "RIGHT": ("end", 1.0)}
WIDTH, HEIGHT, MARGIN = 800, 500, 40


def picture_of(page: Node) -> str:
    """A page as a thumbnail of 800 × 500, its frames as large as they fit."""
    boxes = [node["absoluteBoundingBox"] for node in page["children"]]
    left, top = min(box["x"] for box in boxes), min(box["y"] for box in boxes)
    width = max(box["x"] + box["width"] for box in boxes) - left
    height = max(box["y"] + box["height"] for box in boxes) - top
    scale = min((WIDTH - 2 * MARGIN) / width, (HEIGHT - 2 * MARGIN) / height)
    x, y = (WIDTH - width * scale) / 2 - left * scale, (HEIGHT - height * scale) / 2 - top * scale
    pen = _Pen()
    drawn = pen.draw(page["children"])
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_hex(page["backgroundColor"])}"/>'
    moved = f'<g transform="translate({x:.2f} {y:.2f}) scale({scale:.4f})">{drawn}</g>'
    return _svg(0, 0, WIDTH, HEIGHT, pen.definitions, ground + moved)


def image_of(node: Node) -> str:
    """One node by itself, in its own size."""
    box = node["absoluteBoundingBox"]
    pen = _Pen()
    drawn = pen.draw([node])
    return _svg(box["x"], box["y"], box["width"], box["height"], pen.definitions, drawn)


def face_of(name: str, colour: str) -> str:
    """A round picture of somebody's initials."""
    initials = "".join(part[0] for part in name.split()[:2])
    return _svg(
        *(0, 0, 96, 96),
        (),
        f'<circle cx="48" cy="48" r="48" fill="{colour}"/>'
        f'<text x="48" y="49" fill="#fff" font-family="{FONTS}" font-size="36" font-weight="600" '
        f'text-anchor="middle" dominant-baseline="central">{escape(initials)}</text>',
    )


class _Pen:
    """Draws nodes; gradients, shadows and clips are collected as definitions."""

    def __init__(self) -> None:
        self.definitions: list[str] = []

    def draw(self, nodes: Iterable[Node]) -> str:
        return "".join(self._node(node) for node in nodes if node.get("visible", True))

    def _node(self, node: Node) -> str:
        look = f"{self._look(node)}{self._shadow(node['effects'])}"
        faded = f' opacity="{node["opacity"]}"' if "opacity" in node else ""
        inside = self.draw(node.get("children", ()))
        if inside and node.get("clipsContent"):
            inside = f'<g clip-path="url(#{self._clip(node)})">{inside}</g>'
        return f"<g{faded}>{self._shape(node, look)}{inside}</g>"

    def _shape(self, node: Node, look: str) -> str:
        box = node["absoluteBoundingBox"]
        x, y, w, h = box["x"], box["y"], box["width"], box["height"]
        match node["type"]:
            case "TEXT":
                return self._text(node, x, y, w)
            case "ELLIPSE":
                return f'<ellipse cx="{x + w / 2}" cy="{y + h / 2}" rx="{w / 2}" ry="{h / 2}"{look}/>'
            case "VECTOR":
                paths = node.get("fillGeometry") or node.get("strokeGeometry") or ()
                drawn = "".join(f'<path d="{escape(path["path"])}"{look}/>' for path in paths)
                return f'<g transform="translate({x} {y})">{drawn}</g>'
        return f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{node.get("cornerRadius", 0)}"{look}/>'

    def _text(self, node: Node, x: float, y: float, w: float) -> str:
        style = node["style"]
        size, height = style["fontSize"], style["lineHeightPx"]
        anchor, share = ANCHORS[style["textAlignHorizontal"]]
        first = y + height / 2 + size * 0.35
        lines = "".join(
            f'<tspan x="{x + w * share}" y="{first + at * height:.1f}">{escape(line)}</tspan>'
            for at, line in enumerate(node["characters"].split("\n"))
        )
        face = f'font-family="{FONTS}" font-size="{size}" font-weight="{style["fontWeight"]}"'
        set_in = f'letter-spacing="{style["letterSpacing"]}" text-anchor="{anchor}"'
        return f"<text {face} {set_in}{self._look(node)}>{lines}</text>"

    def _look(self, node: Node) -> str:
        fill = self._paint(node["fills"])
        if not node["strokes"]:
            return f' fill="{fill}"'
        weight = node["strokeWeight"]
        line = f'stroke="{self._paint(node["strokes"])}" stroke-width="{weight}" stroke-linecap="round"'
        return f' fill="{fill}" {line} stroke-linejoin="round"'

    def _paint(self, paints: Sequence[Node]) -> str:
        if not paints:
            return "none"
        paint = paints[0]
        if paint["type"] == "SOLID":
            return _hex(paint["color"])
        start, end = paint["gradientHandlePositions"][:2]
        ends = f'x1="{start["x"]}" y1="{start["y"]}" x2="{end["x"]}" y2="{end["y"]}"'
        stops = "".join(
            f'<stop offset="{stop["position"]}" stop-color="{_hex(stop["color"])}"/>'
            for stop in paint["gradientStops"]
        )
        return f"url(#{self._define('linearGradient', ends, stops)})"

    def _shadow(self, effects: Sequence[Node]) -> str:
        if not effects:
            return ""
        drops = "".join(
            f'<feDropShadow dx="{drop["offset"]["x"]}" dy="{drop["offset"]["y"]}" '
            f'stdDeviation="{drop["radius"] / 2}" flood-color="{_hex(drop["color"])}" '
            f'flood-opacity="{drop["color"]["a"]}"/>'
            for drop in effects
        )
        area = 'x="-20%" y="-20%" width="140%" height="150%"'
        return f' filter="url(#{self._define("filter", area, drops)})"'

    def _clip(self, node: Node) -> str:
        box, radius = node["absoluteBoundingBox"], node.get("cornerRadius", 0)
        sides = f'x="{box["x"]}" y="{box["y"]}" width="{box["width"]}" height="{box["height"]}"'
        return self._define("clipPath", "", f'<rect {sides} rx="{radius}"/>')

    def _define(self, tag: str, fields: str, content: str) -> str:
        name = f"d{len(self.definitions)}"
        self.definitions.append(f'<{tag} id="{name}" {fields}>{content}</{tag}>')
        return name


def _svg(x: float, y: float, w: float, h: float, definitions: Iterable[str], drawn: str) -> str:
    size = f'width="{w:g}" height="{h:g}" viewBox="{x:g} {y:g} {w:g} {h:g}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><defs>{"".join(definitions)}</defs>{drawn}</svg>'


def _hex(colour: Mapping[str, float]) -> str:
    return "#" + "".join(f"{round(colour[name] * 255):02x}" for name in "rgb")
