"""Simulated dev resources: links that people leave on nodes for whoever builds them."""

from __future__ import annotations

from typing import Any

from fluxstudio.providers.figma.simulator.api import FigmaCall, FigmaRefusal
from fluxstudio.providers.figma.simulator.files import nodes_of

Json = dict[str, Any]
MAX_RESOURCES_OF_NODE = 10


def dev_resources(call: FigmaCall) -> Json:
    """GET /v1/files/{file_key}/dev_resources"""
    key = call.body_text("file_key")
    call.file(key)
    wanted = {entry for entry in call.query("node_ids").split(",") if entry}
    entries = [entry for entry in _resources(call) if entry["file_key"] == key]
    return {"dev_resources": [entry for entry in entries if not wanted or entry["node_id"] in wanted]}


def create(call: FigmaCall) -> Json:
    """POST /v1/dev_resources: each by itself; those that cannot be are named in `errors`."""
    created, errors = [], []
    for wanted in _listed(call, ("name", "url", "file_key", "node_id")):
        problem = _problem(call, wanted)
        if problem:
            place = {name: wanted[name] for name in ("file_key", "node_id")}
            errors.append({**place, "error": problem})
            continue
        entry = {
            "id": call.new_id(),
            **{name: wanted[name] for name in ("name", "url", "file_key", "node_id")},
        }
        _resources(call).append(entry)
        created.append(entry)
    return {"links_created": created, **({"errors": errors} if errors else {})}


def update(call: FigmaCall) -> Json:
    """PUT /v1/dev_resources: other names and addresses."""
    updated, errors = [], []
    for wanted in _listed(call, ("id",)):
        entry = next((one for one in _resources(call) if one["id"] == wanted["id"]), None)
        if entry is None or not _may_see(call, entry["file_key"]):
            errors.append({"id": wanted["id"], "error": "Dev resource not found"})
            continue
        entry |= {name: wanted[name] for name in ("name", "url") if isinstance(wanted.get(name), str)}
        updated.append(entry)
    return {"links_updated": updated, **({"errors": errors} if errors else {})}


def delete(call: FigmaCall) -> None:
    """DELETE /v1/files/{file_key}/dev_resources/{dev_resource_id}"""
    key = call.body_text("file_key")
    call.file(key)
    wanted = (key, call.body_text("dev_resource_id"))
    entry = next((one for one in _resources(call) if (one["file_key"], one["id"]) == wanted), None)
    if entry is None:
        raise FigmaRefusal(404, "Dev resource not found")
    _resources(call).remove(entry)


def _listed(call: FigmaCall, needed: tuple[str, ...]) -> list[Json]:
    entries = call.body.get("dev_resources")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise FigmaRefusal(400, "dev_resources must be a list of objects")
    for entry in entries:
        for name in needed:
            if not isinstance(entry.get(name), str):
                raise FigmaRefusal(400, f"dev_resources: {name} must be a string")
    return entries


def _problem(call: FigmaCall, wanted: Json) -> str:
    if not _may_see(call, wanted["file_key"]):
        return "File not found"
    if wanted["node_id"] not in nodes_of(call.file(wanted["file_key"])):
        return "Node not found"
    there = [
        entry
        for entry in _resources(call)
        if (entry["file_key"], entry["node_id"]) == (wanted["file_key"], wanted["node_id"])
    ]
    if wanted["url"] in {entry["url"] for entry in there}:
        return "Node already has a dev resource with this url"
    return "Node already has the most dev resources" if len(there) >= MAX_RESOURCES_OF_NODE else ""


def _may_see(call: FigmaCall, file_key: str) -> bool:
    try:
        call.file(file_key)
    except FigmaRefusal:
        return False
    return True


def _resources(call: FigmaCall) -> list[Json]:
    entries: list[Json] = call.world.setdefault("dev_resources", [])
    return entries
