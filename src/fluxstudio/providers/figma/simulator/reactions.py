"""Simulated reactions to comments."""

from __future__ import annotations

import re
from typing import Any

from fluxstudio.providers.figma.simulator.api import FigmaCall, FigmaRefusal
from fluxstudio.providers.figma.simulator.files import person, positive_number

Json = dict[str, Any]
EMOJI = re.compile(r":[a-z0-9_+-]{1,60}:(:skin-tone-[2-6]:)?")
REACTIONS_PAGE_SIZE = 100


def reactions(call: FigmaCall) -> Json:
    """GET /v1/files/{file_key}/comments/{comment_id}/reactions"""
    entry = _comment(call)
    start = positive_number(call, "cursor", 0, least=0)
    following = start + REACTIONS_PAGE_SIZE
    page = entry["reactions"][start:following]
    shown = [
        {
            "emoji": reaction["emoji"],
            "user": person(call, reaction["user"]),
            "created_at": entry["created_at"],
        }
        for reaction in page
    ]
    address = f"{call.simulator.url('api')}{call.request.url.path.partition('api.figma.com')[2]}"
    more = following < len(entry["reactions"])
    return {
        "reactions": shown,
        "pagination": {"next_page": f"{address}?cursor={following}"} if more else {},
    }


def react(call: FigmaCall) -> Json:
    """POST /v1/files/{file_key}/comments/{comment_id}/reactions"""
    entry, emoji = _comment(call), call.body.get("emoji")
    if not isinstance(emoji, str) or not EMOJI.fullmatch(emoji):
        raise FigmaRefusal(400, "Parameter emoji must be the shortcode of an emoji")
    reaction = {"emoji": emoji, "user": call.user_id}
    if reaction not in entry["reactions"]:
        entry["reactions"].append(reaction)
    return {"status": 200, "error": False}


def take_back(call: FigmaCall) -> Json:
    """DELETE /v1/files/{file_key}/comments/{comment_id}/reactions?emoji="""
    entry = _comment(call)
    reaction = {"emoji": call.query("emoji"), "user": call.user_id}
    if reaction not in entry["reactions"]:
        raise FigmaRefusal(404, "Reaction not found")
    entry["reactions"].remove(reaction)
    return {"status": 200, "error": False}


def _comment(call: FigmaCall) -> Json:
    key, comment_id = call.body_text("file_key"), call.body_text("comment_id")
    call.file(key)
    for entry in call.world["comments"][key]:
        if entry["id"] == comment_id:
            comment: Json = entry
            return comment
    raise FigmaRefusal(404, "Comment not found")
