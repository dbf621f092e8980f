"""Tokens in the notation of before the format was a standard: `value` and `type`, and values as text."""

from __future__ import annotations

from typing import Any

WORDS = {"$value": "value", "$type": "type", "$description": "description"}
FIGMA = "com.figma"


def legacy(tree: dict[str, Any]) -> dict[str, Any]:
    """The same tokens with `value` and `type`; colours, lengths and times are text."""
    if "$value" not in tree:
        return {name: legacy(node) if isinstance(node, dict) else node for name, node in tree.items()}
    token = {WORDS.get(name, name): node for name, node in tree.items()}
    token["value"] = _as_text(tree["$value"])
    extensions = tree.get("$extensions", {})
    figma = extensions.get(FIGMA, {})
    if "modes" in figma:
        modes = {mode: _as_text(value) for mode, value in figma["modes"].items()}
        token["$extensions"] = {**extensions, FIGMA: {**figma, "modes": modes}}
    return token


def _as_text(value: Any) -> Any:
    match value:
        case {"colorSpace": "srgb", "components": [*parts]}:
            channels = [*parts, *([value["alpha"]] if value.get("alpha", 1) != 1 else [])]
            return "#" + "".join(f"{round(min(1, max(0, part)) * 255):02x}" for part in channels)
        case {"value": amount, "unit": unit}:
            return f"{amount}{unit}"
        case dict():
            return {name: _as_text(part) for name, part in value.items()}
        case list():
            return [_as_text(part) for part in value]
    return value
