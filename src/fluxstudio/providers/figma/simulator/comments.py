"""Simulated comments."""

from __future__ import annotations

from typing import Any

from fluxstudio.providers.figma.simulator.files import person
from fluxstudio.providers.figma.simulator.gate import Call, Refusal
from fluxstudio.providers.figma.simulator.seed import at


def comments(call: Call) -> dict[str, Any]:
    """GET /v1/files/{file_key}/comments"""
    key = call.given("file_key")
    call.file(key)
    return {"comments": [_shown(call, key, entry) for entry in call.world["comments"][key]]}


def post_comment(call: Call) -> dict[str, Any]:
    """POST /v1/files/{file_key}/comments"""
    key = call.given("file_key")
    call.file(key)
    known = call.world["comments"][key]
    message = call.body.get("message")
    if not isinstance(message, str) or not message.strip():
        raise Refusal(400, "Parameter message is required")
    parent = call.body.get("comment_id") or ""
    if parent and parent not in {entry["id"] for entry in known if not entry["parent_id"]}:
        raise Refusal(400, "comment_id must be the id of a root comment of this file")
    entry: dict[str, Any] = {
        "id": call.new_id(),
        "parent_id": parent,
        "user": call.user_id,
        "created_at": at(call.simulator.clock.now()),
        "resolved_at": None,
        "message": message,
        "client_meta": call.body.get("client_meta") or {"x": 0, "y": 0},
        "order_id": None if parent else str(1 + sum(not other["parent_id"] for other in known)),
        "reactions": [],
    }
    known.append(entry)
    return _shown(call, key, entry)


def _shown(call: Call, key: str, entry: dict[str, Any]) -> dict[str, Any]:
    reactions = [
        {"emoji": given["emoji"], "user": person(call, given["user"]), "created_at": entry["created_at"]}
        for given in entry["reactions"]
    ]
    return {**entry, "file_key": key, "user": person(call, entry["user"]), "reactions": reactions}
