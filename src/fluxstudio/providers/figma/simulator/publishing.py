"""Simulated answers about what files have published: for a file, for a team, and one thing by its key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fluxstudio.providers.figma.simulator.api import FigmaCall, FigmaRefusal
from fluxstudio.providers.figma.simulator.designs.driftwood import key_of
from fluxstudio.providers.figma.simulator.designs.nodes import walk
from fluxstudio.providers.figma.simulator.files import person, picture, positive_number

Json = dict[str, Any]
LIBRARY_PAGE_SIZE, MAX_LIBRARY_PAGE_SIZE = 30, 1000


def components(call: FigmaCall) -> Json:
    """GET /v1/files/{file_key}/components"""
    return _of_file(call, "components", _components)


def component_sets(call: FigmaCall) -> Json:
    """GET /v1/files/{file_key}/component_sets"""
    return _of_file(call, "component_sets", _component_sets)


def styles(call: FigmaCall) -> Json:
    """GET /v1/files/{file_key}/styles"""
    return _of_file(call, "styles", _styles)


def team_components(call: FigmaCall) -> Json:
    """GET /v1/teams/{team_id}/components"""
    return _of_team(call, "components", _components)


def team_component_sets(call: FigmaCall) -> Json:
    """GET /v1/teams/{team_id}/component_sets"""
    return _of_team(call, "component_sets", _component_sets)


def team_styles(call: FigmaCall) -> Json:
    """GET /v1/teams/{team_id}/styles"""
    return _of_team(call, "styles", _styles)


def component(call: FigmaCall) -> Json:
    """GET /v1/components/{key}"""
    return _of_key(call, _components)


def component_set(call: FigmaCall) -> Json:
    """GET /v1/component_sets/{key}"""
    return _of_key(call, _component_sets)


def style(call: FigmaCall) -> Json:
    """GET /v1/styles/{key}"""
    return _of_key(call, _styles)


def variables(call: FigmaCall) -> Json:
    """GET /v1/files/{file_key}/variables/local"""
    return whole(**_variables_of(call))


def published_variables(call: FigmaCall) -> Json:
    """GET /v1/files/{file_key}/variables/published: those of a library, as other files subscribe to them."""
    stored, file = _variables_of(call), call.file(call.body_text("file_key"))
    published = {"subscribed_id", "updatedAt"}
    names = {
        "variables": {"id", "name", "key", "variableCollectionId"} | published,
        "variableCollections": {"id", "name", "key"} | published,
    }
    answer: Json = {name: {} for name in names}
    for kind, fields in names.items():
        for entry_id, entry in stored[kind].items() if file["library"] else ():
            if entry.get("hiddenFromPublishing"):
                continue
            prefix = entry_id.partition(":")[0]
            more = {"subscribed_id": f"{prefix}:{entry['key']}/1:0", "updatedAt": file["touched_at"]}
            shown = {name: value for name, value in {**entry, **more}.items() if name in fields}
            if kind == "variables":
                shown["resolvedDataType"] = entry["resolvedType"]
            answer[kind][entry_id] = shown
    return whole(**answer)


def whole(**meta: Any) -> Json:
    """An answer of the endpoints that say how they went."""
    return {"status": 200, "error": False, "meta": meta}


Lister = Callable[[FigmaCall, str, Json], Iterator[Json]]


def _of_file(call: FigmaCall, name: str, lister: Lister) -> Json:
    key = call.body_text("file_key")
    return whole(**{name: list(lister(call, key, call.file(key)))})


def _of_team(call: FigmaCall, name: str, lister: Lister) -> Json:
    """A page of what all libraries of a team have published; the cursor counts from the beginning."""
    team_id = call.body_text("team_id")
    call.team(team_id)
    size = positive_number(call, "page_size", LIBRARY_PAGE_SIZE)
    if size > MAX_LIBRARY_PAGE_SIZE:
        raise FigmaRefusal(400, f"page_size must be at most {MAX_LIBRARY_PAGE_SIZE}")
    if call.query("after") and call.query("before"):
        raise FigmaRefusal(400, "after and before cannot go together")
    entries = [entry for key, file in _files_of(call, team_id) for entry in lister(call, key, file)]
    start = positive_number(call, "after", 0, least=0)
    if call.query("before"):
        start = max(0, positive_number(call, "before", 1) - 1 - size)
    page = entries[start : start + size]
    following = {"after": start + size} if start + size < len(entries) else {}
    return whole(**{name: page}, cursor={**({"before": start + 1} if start else {}), **following})


def _of_key(call: FigmaCall, lister: Lister) -> Json:
    for team_id, team in call.world["teams"].items():
        if call.user_id not in team["members"]:
            continue
        for file_key, file in _files_of(call, team_id):
            for entry in lister(call, file_key, file):
                if entry["key"] == call.body_text("key"):
                    return whole(**entry)
    raise FigmaRefusal(404, "Not found")


def _files_of(call: FigmaCall, team_id: str) -> Iterator[tuple[str, Json]]:
    for key, file in call.world["files"].items():
        if call.world["projects"][file["project"]]["team"] == team_id:
            yield key, file


def _components(call: FigmaCall, key: str, file: Json) -> Iterator[Json]:
    return _nodes(call, key, file, "COMPONENT")


def _component_sets(call: FigmaCall, key: str, file: Json) -> Iterator[Json]:
    return _nodes(call, key, file, "COMPONENT_SET")


def _nodes(call: FigmaCall, key: str, file: Json, kind: str) -> Iterator[Json]:
    for page in file["document"]["children"] if file["library"] else ():
        for frame in page["children"]:
            place = {"nodeId": frame["id"], "name": frame["name"]}
            for node in walk(*frame.get("children", ())):
                if node["type"] != kind:
                    continue
                yield {
                    "key": key_of(key, node["name"]),
                    "file_key": key,
                    "node_id": node["id"],
                    "thumbnail_url": picture(call, key, node["id"]),
                    "name": node["name"],
                    "description": node.get("description", ""),
                    **_metadata(call, file),
                    "containing_frame": {**place, "pageId": page["id"], "pageName": page["name"]},
                }


def _styles(call: FigmaCall, key: str, file: Json) -> Iterator[Json]:
    for number, style in enumerate(file["styles"]):
        yield {
            **{name: value for name, value in style.items() if name != "node"},
            "file_key": key,
            "thumbnail_url": picture(call, key, style["node_id"]),
            **_metadata(call, file),
            "sort_position": f"{number:04}",
        }


def _variables_of(call: FigmaCall) -> Json:
    key = call.body_text("file_key")
    if call.team_of(call.file(key))["plan"] != "enterprise":
        raise FigmaRefusal(403, "Limited by Figma plan")
    stored: Json = call.world["variables"].get(key, {"variables": {}, "variableCollections": {}})
    return stored


def _metadata(call: FigmaCall, file: Json) -> Json:
    moment = file["touched_at"]
    return {"created_at": moment, "updated_at": moment, "user": person(call, file["touched_by"])}
