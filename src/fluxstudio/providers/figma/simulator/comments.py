"""Simulated comments."""

from __future__ import annotations

from typing import Any

from fluxstudio.providers.figma.simulator import webhook_sender
from fluxstudio.providers.figma.simulator.api import FigmaCall, FigmaRefusal
from fluxstudio.providers.figma.simulator.files import nodes_of, person
from fluxstudio.providers.figma.simulator.seed import at
from fluxstudio.sdk.simulation import Simulator


def comments(call: FigmaCall) -> dict[str, Any]:
    """GET /v1/files/{file_key}/comments"""
    key = call.body_text("file_key")
    call.file(key)
    return {"comments": [_comment(call, key, entry) for entry in call.world["comments"][key]]}


def post_comment(call: FigmaCall) -> dict[str, Any]:
    """POST /v1/files/{file_key}/comments"""
    key = call.body_text("file_key")
    call.file(key)
    message = call.body.get("message")
    if not isinstance(message, str) or not message.strip():
        raise FigmaRefusal(400, "Parameter message is required")
    parent = call.body.get("comment_id") or ""
    _check_place(call, key, call.body.get("client_meta"))
    try:
        entry = leave(call.simulator, key, call.user_id, message, parent, call.body.get("client_meta"))
    except LookupError:
        raise FigmaRefusal(400, "comment_id must be the id of a root comment of this file") from None
    return _comment(call, key, entry)


def delete_comment(call: FigmaCall) -> dict[str, Any]:
    """DELETE /v1/files/{file_key}/comments/{comment_id}: one's own, with the answers to it."""
    key, comment_id = call.body_text("file_key"), call.body_text("comment_id")
    call.file(key)
    thread = call.world["comments"][key]
    entry = next((entry for entry in thread if entry["id"] == comment_id), None)
    if entry is None:
        raise FigmaRefusal(404, "Not found")
    if entry["user"] != call.user_id:
        raise FigmaRefusal(403, "You can only delete your own comments")
    gone = {comment_id} | {other["id"] for other in thread if other["parent_id"] == comment_id}
    call.world["comments"][key] = [other for other in thread if other["id"] not in gone]
    return {"status": 200, "error": False, "i18n": None}


def _check_place(call: FigmaCall, key: str, place: Any) -> None:
    """Where a comment is pinned, by the schemas of Figma's OpenAPI document. Raises `FigmaRefusal` (400)."""
    if place is None:
        return
    at = place.get("node_offset", place) if isinstance(place, dict) else None
    is_point = isinstance(at, dict) and all(
        isinstance(at.get(axis), int | float) and not isinstance(at.get(axis), bool) for axis in ("x", "y")
    )
    if not is_point:
        raise FigmaRefusal(400, "client_meta must be a position, or a node with an offset")
    if "node_id" in place and place["node_id"] not in nodes_of(call.file(key)):
        raise FigmaRefusal(400, "client_meta.node_id is not a node of this file")


def leave(
    simulator: Simulator, key: str, user_id: str, message: str, parent: str = "", place: Any = None
) -> dict[str, Any]:
    """A new comment of somebody's on a file, of which webhooks are told.

    Raises `LookupError` where the comment it answers is none that can be answered.
    """
    world, now = simulator.world.data, at(simulator.clock.now())
    thread = world["comments"][key]
    if parent and parent not in {entry["id"] for entry in thread if not entry["parent_id"]}:
        raise LookupError(parent)
    world["last_id"] += 1
    entry: dict[str, Any] = {
        "id": str(world["last_id"]),
        "parent_id": parent,
        "user": user_id,
        "created_at": now,
        "resolved_at": None,
        "message": message,
        "client_meta": place or {"x": 0, "y": 0},
        "order_id": None if parent else str(1 + sum(not other["parent_id"] for other in thread)),
        "reactions": [],
    }
    thread.append(entry)
    about = {"comment_id": entry["id"], "parent_id": parent, "created_at": now, "mentions": []}
    by = webhook_sender.person(simulator, user_id)
    webhook_sender.tell(simulator, "FILE_COMMENT", key, comment=[{"text": message}], triggered_by=by, **about)
    return entry


def _comment(call: FigmaCall, key: str, entry: dict[str, Any]) -> dict[str, Any]:
    reactions = [
        {
            "emoji": reaction["emoji"],
            "user": person(call, reaction["user"]),
            "created_at": entry["created_at"],
        }
        for reaction in entry["reactions"]
    ]
    return {**entry, "file_key": key, "user": person(call, entry["user"]), "reactions": reactions}
