"""Simulated answers about people, projects and files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fluxstudio.providers.figma.simulator.api import FigmaCall, FigmaRefusal
from fluxstudio.providers.figma.simulator.designs.driftwood import STYLES, key_of, style_id
from fluxstudio.providers.figma.simulator.designs.nodes import Node, walk


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
    tree = design["document"]
    if only := {entry for entry in call.query("ids").split(",") if entry}:
        tree = _only(tree, only) or {**tree, "children": []}
    if depth_text := call.query("depth"):
        if not depth_text.isdigit() or depth_text == "0":
            raise FigmaRefusal(400, "depth must be a positive number")
        tree = _cut(tree, int(depth_text))
    return {**_head(call, key, design), "document": tree, **_maps(key, design, walk(tree))}


def nodes(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/files/{file_key}/nodes"""
    key = call.body_text("file_key")
    design = call.file(key)
    node_ids = [entry for entry in call.query("ids").split(",") if entry]
    if not node_ids:
        raise FigmaRefusal(400, "ids is required")
    by_id = nodes_of(design)
    answers = {
        node_id: {"document": by_id[node_id], **_maps(key, design, walk(by_id[node_id]))}
        for node_id in node_ids
        if node_id in by_id
    }
    if not answers:
        raise FigmaRefusal(404, "Not found")
    return {**_head(call, key, design), "nodes": answers}


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
