"""Changing a colour of a library: its variable, its style and whatever is painted with that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fluxstudio.providers.figma.simulator.designs.driftwood import paint, rgba
from fluxstudio.providers.figma.simulator.files import nodes_of

HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def palette_of(world: dict[str, Any], file_key: str) -> dict[str, str]:
    """The colours of a file's variables that can be changed, as `#rrggbb` by name."""
    return {
        variable["name"]: "#" + "".join(f"{round(value[part] * 255):02x}" for part in "rgb")
        for variable, mode in _colours(world, file_key)
        if "r" in (value := variable["valuesByMode"][mode])
    }


def repaint(world: dict[str, Any], file_key: str, name: str, colour: str) -> None:
    """Give a colour of a file another value, `#rrggbb`. Raises `LookupError` where that cannot be done."""
    if HEX_COLOUR.fullmatch(colour) is None or name not in palette_of(world, file_key):
        raise LookupError(f"{name} cannot become {colour}")
    for variable, mode in _colours(world, file_key):
        if variable["name"] == name:
            variable["valuesByMode"][mode] = rgba(colour.lower())
    file = world["files"][file_key]
    style_ids = {style["node_id"] for style in file["styles"] if style["name"] == name}
    for node_id, node in nodes_of(file).items():
        if node_id in style_ids or node.get("styles", {}).get("fill") in style_ids:
            node["fills"] = paint(colour.lower())


def _colours(world: dict[str, Any], file_key: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Variables that hold colours, each with the mode its collection begins with."""
    library = world["variables"].get(file_key, {"variables": {}, "variableCollections": {}})
    for variable in library["variables"].values():
        if variable["resolvedType"] == "COLOR":
            home = library["variableCollections"][variable["variableCollectionId"]]
            yield variable, home["defaultModeId"]
