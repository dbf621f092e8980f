"""Simulated comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fluxstudio.providers.figma.simulator import webhook_sender
from fluxstudio.providers.figma.simulator.api import FigmaCall, FigmaRefusal
from fluxstudio.providers.figma.simulator.files import person
from fluxstudio.providers.figma.simulator.seed import at

if TYPE_CHECKING:
    from fluxstudio.providers.figma.simulator.app import FigmaSimulator


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
    try:
        entry = leave(call.simulator, key, call.user_id, message, parent, call.body.get("client_meta"))
    except LookupError:
        raise FigmaRefusal(400, "comment_id must be the id of a root comment of this file") from None
    return _comment(call, key, entry)


def leave(
    simulator: FigmaSimulator, key: str, user_id: str, message: str, parent: str = "", place: Any = None
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
