"""Simulated answers about the versions of a file and the pictures of it."""

from __future__ import annotations

from typing import Any

from fluxstudio.providers.figma.simulator.api import FigmaCall, FigmaRefusal
from fluxstudio.providers.figma.simulator.files import (
    checked_version,
    node_ids_of,
    nodes_of,
    person,
    picture,
    positive_number,
    thumbnail,
)

IMAGE_FORMATS = ("jpg", "png", "svg", "pdf")
MIN_SCALE, MAX_SCALE = 0.01, 4
FLAGS = (
    *("svg_outline_text", "svg_include_id", "svg_include_node_id", "svg_simplify_stroke"),
    *("contents_only", "use_absolute_bounds"),
)
VERSIONS_PAGE_SIZE = 30
MAX_VERSIONS_PAGE_SIZE = 50


def versions(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/files/{file_key}/versions: newest first; `after` leads back to newer ones."""
    key = call.body_text("file_key")
    call.file(key)
    size = min(positive_number(call, "page_size", VERSIONS_PAGE_SIZE), MAX_VERSIONS_PAGE_SIZE)
    every = call.world["versions"][key]
    if call.query("after"):
        after = positive_number(call, "after", 1)
        newer = [version for version in every if int(version["id"]) > after]
        page_entries, older = newer[-size:], True
    else:
        before = positive_number(call, "before", 1 << 62)
        entries = [version for version in every if int(version["id"]) < before]
        page_entries, older = entries[:size], len(entries) > size
    pagination: dict[str, str] = {}
    address = f"{call.simulator.url('api')}/v1/files/{key}/versions?page_size={size}"
    if page_entries and older:
        pagination["next_page"] = f"{address}&before={page_entries[-1]['id']}"
    if page_entries and page_entries[0]["id"] != every[0]["id"]:
        pagination["prev_page"] = f"{address}&after={page_entries[0]['id']}"
    answers = [
        {**version, "user": person(call, version["user"]), "thumbnail_url": thumbnail(call, key)}
        for version in page_entries
    ]
    return {"versions": answers, "pagination": pagination}


def rendered(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/images/{file_key}"""
    key = call.body_text("file_key")
    known_nodes = nodes_of(call.file(key))
    node_ids = node_ids_of(call)
    checked_version(call, key)
    if call.query("format", "png") not in IMAGE_FORMATS:
        raise FigmaRefusal(400, f"format must be one of {', '.join(IMAGE_FORMATS)}")
    try:
        is_possible = MIN_SCALE <= float(call.query("scale", "1")) <= MAX_SCALE
    except ValueError:
        is_possible = False
    if not is_possible:
        raise FigmaRefusal(400, "scale must be a number between 0.01 and 4")
    for flag in FLAGS:
        if call.query(flag, "true") not in {"true", "false"}:
            raise FigmaRefusal(400, f"{flag} must be true or false")
    return {
        "err": None,
        "images": {
            node_id: picture(call, key, node_id) if node_id in known_nodes else None for node_id in node_ids
        },
    }


def fills(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/files/{file_key}/images: none, as the sample files are all drawn."""
    call.file(call.body_text("file_key"))
    return {"status": 200, "error": False, "meta": {"images": {}}}
