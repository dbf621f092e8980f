"""Simulated answers about what a file offers to others."""

from __future__ import annotations

from typing import Any

from fluxstudio.providers.figma.simulator.api import FigmaCall, FigmaRefusal
from fluxstudio.providers.figma.simulator.designs.driftwood import key_of
from fluxstudio.providers.figma.simulator.designs.nodes import walk
from fluxstudio.providers.figma.simulator.files import nodes_of, person, thumbnail

IMAGE_FORMATS = ("jpg", "png", "svg", "pdf")
MIN_SCALE, MAX_SCALE = 0.01, 4
VERSIONS_PAGE_SIZE = 30
MAX_VERSIONS_PAGE_SIZE = 50


def components(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/files/{file_key}/components"""
    key = call.body_text("file_key")
    file = call.file(key)
    entries = [
        {
            "key": key_of(key, node["name"]),
            "file_key": key,
            "node_id": node["id"],
            "thumbnail_url": _image(call, key, node["id"]),
            "name": node["name"],
            "description": node.get("description", ""),
            **_metadata(call, file),
            "containing_frame": {
                "nodeId": frame["id"],
                "name": frame["name"],
                "pageId": page["id"],
                "pageName": page["name"],
            },
        }
        for page in file["document"]["children"]
        for frame in page["children"]
        for node in walk(*frame.get("children", ()))
        if file["library"] and node["type"] == "COMPONENT"
    ]
    return _whole(components=entries)


def styles(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/files/{file_key}/styles"""
    key = call.body_text("file_key")
    file = call.file(key)
    entries = [
        {
            **{name: value for name, value in style.items() if name != "node"},
            "file_key": key,
            "thumbnail_url": _image(call, key, style["node_id"]),
            **_metadata(call, file),
            "sort_position": f"{number:04}",
        }
        for number, style in enumerate(file["styles"])
    ]
    return _whole(styles=entries)


def versions(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/files/{file_key}/versions"""
    key = call.body_text("file_key")
    call.file(key)
    size = min(_number(call, "page_size", VERSIONS_PAGE_SIZE), MAX_VERSIONS_PAGE_SIZE)
    before = _number(call, "before", 1 << 62)
    older = [version for version in call.world["versions"][key] if int(version["id"]) < before]
    page_entries = older[:size]
    pagination: dict[str, str] = {}
    if len(older) > size:
        address = f"{call.simulator.url('api')}/v1/files/{key}/versions"
        pagination["next_page"] = f"{address}?page_size={size}&before={page_entries[-1]['id']}"
    answers = [
        {**version, "user": person(call, version["user"]), "thumbnail_url": thumbnail(call, key)}
        for version in page_entries
    ]
    return {"versions": answers, "pagination": pagination}


def rendered(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/images/{file_key}"""
    key = call.body_text("file_key")
    known_nodes = nodes_of(call.file(key))
    node_ids = [entry for entry in call.query("ids").split(",") if entry]
    if not node_ids:
        raise FigmaRefusal(400, "ids is required")
    if call.query("format", "png") not in IMAGE_FORMATS:
        raise FigmaRefusal(400, f"format must be one of {', '.join(IMAGE_FORMATS)}")
    try:
        is_possible = MIN_SCALE <= float(call.query("scale", "1")) <= MAX_SCALE
    except ValueError:
        is_possible = False
    if not is_possible:
        raise FigmaRefusal(400, "scale must be a number between 0.01 and 4")
    return {
        "err": None,
        "images": {
            node_id: _image(call, key, node_id) if node_id in known_nodes else None for node_id in node_ids
        },
    }


def fills(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/files/{file_key}/images: none, as the sample files are all drawn."""
    call.file(call.body_text("file_key"))
    return _whole(images={})


def variables(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/files/{file_key}/variables/local"""
    key = call.body_text("file_key")
    if call.team_of(call.file(key))["plan"] != "enterprise":
        raise FigmaRefusal(403, "Limited by Figma plan")
    return _whole(**call.world["variables"].get(key, {"variables": {}, "variableCollections": {}}))


def _number(call: FigmaCall, name: str, default: int) -> int:
    value = call.query(name) or str(default)
    if not value.isascii() or not value.isdigit() or len(value) > 40 or int(value) == 0:
        raise FigmaRefusal(400, f"{name} must be a positive number")
    return int(value)


def _whole(**meta: Any) -> dict[str, Any]:
    return {"status": 200, "error": False, "meta": meta}


def _metadata(call: FigmaCall, file: dict[str, Any]) -> dict[str, Any]:
    moment = file["touched_at"]
    return {"created_at": moment, "updated_at": moment, "user": person(call, file["touched_by"])}


def _image(call: FigmaCall, key: str, node_id: str) -> str:
    return f"{call.simulator.url('images')}/images/{key}/{node_id.replace(':', '-')}.svg"
