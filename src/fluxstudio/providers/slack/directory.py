"""What the ids of people and channels stand for.

A channel's name comes from `conversations.info`; a person's from `users.info`, which needs `users:read`
(docs.slack.dev/reference/methods/users.info, read 2026-11-29).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fluxstudio.errors import InvalidRequest, NotFound
from fluxstudio.providers.slack.webhooks.events.reading import (
    CONVERSATIONS,
    Payload,
    channel_id,
    event_of,
    where,
    who,
)
from fluxstudio.sdk import Api, Directory, DirectoryEntry
from fluxstudio.sdk.payload import at, name_at, text_at

CHANNEL = re.compile(r"[CG][A-Z0-9]{5,30}")
PERSON = re.compile(r"[UW][A-Z0-9]{5,30}")
# Slack writes a mention of a person or a channel without a name.
BARE_MENTION = re.compile(r"<([@#])([CGUW][A-Z0-9]{5,30})>")
MOST_MENTIONED = 6
MAX_SCANNED_CHARACTERS = 2000


def mentioned(event_type: str, payload: Payload) -> Sequence[str]:
    """Who did it, where, and whom its text mentions."""
    return list(dict.fromkeys(_ids(event_of(payload))))[:MOST_MENTIONED]


def _ids(event: Payload) -> Iterator[str]:
    channel = channel_id(event)
    if CHANNEL.fullmatch(channel) and not _has_place(event):
        yield channel
    for message in (event, at(event, "message")):
        if isinstance(message, Mapping):
            person = _person(message)
            if PERSON.fullmatch(person) and who(message) == "Someone":
                yield person
            for _, mention in BARE_MENTION.findall(text_at(message, "text")[:MAX_SCANNED_CHARACTERS]):
                yield mention


def _person(message: Payload) -> str:
    return text_at(message, "user") or text_at(message, "user", "id") or text_at(message, "user_id")


def _has_place(event: Payload) -> bool:
    return where(event).startswith("#") or where(event) in CONVERSATIONS.values()


def with_names(payload: Payload, names: Mapping[str, str]) -> Payload:
    """The payload as Slack would send it if it named people and channels along with their ids."""
    event = payload.get("event")
    if not isinstance(event, dict):
        return _with_names(payload, names)
    return {**payload, "event": _with_names(event, names)}


def _with_names(event: Payload, names: Mapping[str, str]) -> Payload:
    more: dict[str, Any] = {}
    channel, person = channel_id(event), _person(event)
    if channel in names and not _has_place(event):
        more["channel_name"] = names[channel].removeprefix("#")
    if person in names and who(event) == "Someone":
        more["user_profile"] = {"display_name": names[person]}
    text = event.get("text")
    if isinstance(text, str):
        more["text"] = BARE_MENTION.sub(lambda match: _mention(match, names), text)
    message = event.get("message")
    if isinstance(message, dict):
        more["message"] = _with_names(message, names)
    return {**event, **more}


def _mention(match: re.Match[str], names: Mapping[str, str]) -> str:
    name = re.sub(r"[<>|&\n]", "", names.get(match[2], "")).removeprefix("#")
    return f"<{match[1]}{match[2]}|{name}>" if name else match[0]


def is_id(text: str) -> bool:
    """Whether this is the id of a channel or a person."""
    return bool(CHANNEL.fullmatch(text) or PERSON.fullmatch(text))


async def lookup(api: Api, name_id: str) -> DirectoryEntry | None:
    """What Slack calls a channel or a person."""
    try:
        if CHANNEL.fullmatch(name_id):
            return await _channel(api, name_id)
        return await _someone(api, name_id) if "users:read" in api.scopes else None
    except (InvalidRequest, NotFound):
        return None


async def _channel(api: Api, name_id: str) -> DirectoryEntry | None:
    answer = await api.get("/api/conversations.info", limit="conversations.info", query={"channel": name_id})
    about = at(answer, "channel")
    name = name_at(about, "name")
    if not name or any(at(about, kind) for kind in ("is_im", "is_mpim")):
        return None
    return DirectoryEntry(f"#{name}", private=bool(at(about, "is_private")))


async def _someone(api: Api, name_id: str) -> DirectoryEntry | None:
    answer = await api.get("/api/users.info", limit="users.info", query={"user": name_id})
    about = at(answer, "user")
    paths = (("profile", "display_name"), ("profile", "real_name"), ("real_name",), ("name",))
    names = (name_at(about, *path) for path in paths)
    name = next((name for name in names if name), None)
    return DirectoryEntry(name) if name else None


DIRECTORY = Directory(mentioned=mentioned, with_names=with_names, is_id=is_id, lookup=lookup)
