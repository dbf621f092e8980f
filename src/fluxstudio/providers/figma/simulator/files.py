"""Simulated answers about people, projects and files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fluxstudio.providers.figma.simulator.api import FigmaCall, FigmaRefusal
from fluxstudio.providers.figma.simulator.designs.driftwood import STYLES, key_of, style_id
from fluxstudio.providers.figma.simulator.designs.nodes import Node, walk
from fluxstudio.providers.figma.simulator.seed import at

VECTORS = frozenset({"fillGeometry", "strokeGeometry"})


def me(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/me"""
    return {**person(call, call.user_id), "email": call.world["users"][call.user_id]["email"]}


def projects(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/teams/{team_id}/projects"""
    team_id = call.body_text("team_id")
    team = call.team(team_id)
    return {
        "name": team["name"],
        "projects": [
            {"id": key, "name": project["name"]}
            for key, project in call.world["projects"].items()
            if project["team"] == team_id
        ],
    }


def project_files(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/projects/{project_id}/files"""
    project_id = call.body_text("project_id")
    return {
        "name": call.project(project_id)["name"],
        "files": [
            {
                "key": key,
                "name": file["name"],
                "thumbnail_url": thumbnail(call, key),
                "last_modified": file["touched_at"],
            }
            for key, file in call.world["files"].items()
            if file["project"] == project_id
        ],
    }


def meta(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/files/{file_key}/meta"""
    key = call.body_text("file_key")
    file = call.file(key)
    return {
        "file": {
            "name": file["name"],
            "folder_name": call.world["projects"][file["project"]]["name"],
            "last_touched_at": file["touched_at"],
            "creator": person(call, file["creator"]),
            "last_touched_by": person(call, file["touched_by"]),
            "thumbnail_url": thumbnail(call, key),
            "editorType": file["editor"],
            "role": _role(call, file),
            "link_access": "inherit",
            "url": f"{call.simulator.url('web')}/design/{key}",
            "version": file["version"],
        }
    }


def file(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/files/{file_key}"""
    key = call.body_text("file_key")
    design = call.file(key)
    version = checked_version(call, key)
    tree = design["document"]
    if only := {entry for entry in call.query("ids").split(",") if entry}:
        tree = _only(tree, only) or {**tree, "children": []}
    tree = _as_asked(call, tree)
    branches: dict[str, Any] = {"branches": []} if _flag(call, "branch_data") else {}
    maps = _maps(key, design, walk(tree))
    return {**_head(call, key, design), **version, "document": tree, **maps, **branches}


def nodes(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/files/{file_key}/nodes"""
    key = call.body_text("file_key")
    design = call.file(key)
    version = checked_version(call, key)
    by_id = nodes_of(design)
    trees = {node_id: _as_asked(call, by_id[node_id]) for node_id in node_ids_of(call) if node_id in by_id}
    if not trees:
        raise FigmaRefusal(404, "Not found")
    answers = {
        node_id: {"document": tree, **_maps(key, design, walk(tree))} for node_id, tree in trees.items()
    }
    return {**_head(call, key, design), **version, "nodes": answers}


def project_meta(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/projects/{project_id}/meta"""
    project_id = call.body_text("project_id")
    project = call.project(project_id)
    files = [file for file in call.world["files"].values() if file["project"] == project_id]
    times = [file["touched_at"] for file in files] or [at(call.simulator.clock.now())]
    about = {"id": project_id, "name": project["name"], "thumbnail_url": None, "file_count": len(files)}
    return {**about, "created_at": min(times), "updated_at": max(times)}


def node_ids_of(call: FigmaCall) -> list[str]:
    """The nodes that a call names."""
    node_ids = [entry for entry in call.query("ids").split(",") if entry]
    if not node_ids:
        raise FigmaRefusal(400, "ids is required")
    return node_ids


def checked_version(call: FigmaCall, key: str) -> dict[str, Any]:
    """Which version of a file an answer is of, where one is asked for; what is in it is kept once for all."""
    wanted = call.query("version")
    if not wanted:
        return {}
    for version in call.world["versions"][key]:
        if version["id"] == wanted:
            return {"version": wanted, "lastModified": version["created_at"]}
    raise FigmaRefusal(404, "Not found")


def positive_number(call: FigmaCall, name: str, default: int, *, least: int = 1) -> int:
    """A whole number of the query."""
    value = call.query(name) or str(default)
    if not value.isascii() or not value.isdigit() or len(value) > 40 or int(value) < least:
        raise FigmaRefusal(400, f"{name} must be a positive number")
    return int(value)


def nodes_of(design: dict[str, Any]) -> dict[str, Node]:
    """Every node of a file by its id, those that show off its styles included."""
    by_id = {node["id"]: node for node in walk(design["document"])}
    return by_id | {style["node_id"]: style["node"] for style in design["styles"]}


def person(call: FigmaCall, user_id: str) -> dict[str, str]:
    """Somebody as others see them."""
    image = f"{call.simulator.url('images')}/profile/{user_id}.svg"
    return {"id": user_id, "handle": call.world["users"][user_id]["handle"], "img_url": image}


def thumbnail(call: FigmaCall, key: str) -> str:
    """Where the picture of a file is."""
    return f"{call.simulator.url('images')}/thumbnails/{key}.svg"


def picture(call: FigmaCall, key: str, node_id: str) -> str:
    """Where the picture of a node is."""
    return f"{call.simulator.url('images')}/images/{key}/{node_id.replace(':', '-')}.svg"


def _as_asked(call: FigmaCall, tree: Node) -> Node:
    """A tree with as many levels as `depth` says, and with vectors where `geometry` asks for them."""
    geometry, plugins = call.query("geometry"), call.query("plugin_data")
    if geometry not in {"", "paths"}:
        raise FigmaRefusal(400, "geometry must be paths")
    if plugins and not all(entry == "shared" or entry.isdigit() for entry in plugins.split(",")):
        raise FigmaRefusal(400, "plugin_data must be shared or ids of plugins")
    if call.query("depth"):
        tree = _cut(tree, positive_number(call, "depth", 1))
    return tree if geometry else _without_vectors(tree)


def _without_vectors(node: Node) -> Node:
    plain = {name: value for name, value in node.items() if name not in VECTORS}
    if "children" in node:
        plain["children"] = [_without_vectors(child) for child in node["children"]]
    return plain


def _flag(call: FigmaCall, name: str) -> bool:
    value = call.query(name, "false")
    if value not in {"true", "false"}:
        raise FigmaRefusal(400, f"{name} must be true or false")
    return value == "true"


def _head(call: FigmaCall, key: str, design: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": design["name"],
        "role": _role(call, design),
        "lastModified": design["touched_at"],
        "editorType": design["editor"],
        "thumbnailUrl": thumbnail(call, key),
        "version": design["version"],
        "linkAccess": "inherit",
    }


def _maps(key: str, design: dict[str, Any], nodes: Iterable[Node]) -> dict[str, Any]:
    """The components and styles that these nodes are or wear."""
    components: dict[str, Any] = {}
    worn: set[str] = set()
    for node in nodes:
        worn |= set(node.get("styles", {}).values())
        if node["type"] == "COMPONENT":
            components[node["id"]] = {
                "key": key_of(key, node["name"]),
                "name": node["name"],
                "description": node.get("description", ""),
                "documentationLinks": [],
                "remote": False,
            }
    own = {style["node_id"] for style in design["styles"]}
    styles = {
        style_id(name): {
            "key": key_of("style", name),
            "name": name,
            "styleType": kind,
            "remote": style_id(name) not in own,
            "description": "",
        }
        for name, kind in STYLES.items()
        if style_id(name) in worn
    }
    return {"components": components, "componentSets": {}, "schemaVersion": 0, "styles": styles}


def _role(call: FigmaCall, design: dict[str, Any]) -> str:
    return "owner" if design["creator"] == call.user_id else "editor"


def _only(node: Node, ids: set[str]) -> Node | None:
    """A tree with the wanted nodes, all that is in them and all that leads to them; None without any."""
    if node["id"] in ids:
        return node
    children = [pruned for child in node.get("children", ()) if (pruned := _only(child, ids)) is not None]
    return {**node, "children": children} if children else None


def _cut(node: Node, depth: int) -> Node:
    """A tree down to so many levels below its root."""
    if "children" not in node:
        return node
    return {**node, "children": [_cut(child, depth - 1) for child in node["children"]] if depth else []}
