"""What Figma's events say, in the words of people who design.

Payloads: the `Webhook…Payload` schemas of npm `@figma/rest-api-spec` 0.43.0, read 2026-11-25.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fluxstudio.providers.figma.addresses import ID
from fluxstudio.sdk import json_body
from fluxstudio.sdk.payload import (
    at,
    count_at,
    counted,
    in_words,
    listed,
    name_at,
    quoted,
    sentence,
    text_at,
)

Payload = Mapping[str, Any]

WEB = "https://www.figma.com"
NODE = re.compile(r"[0-9A-Za-z:;-]{1,64}")
DEV_STATUSES = {"READY_FOR_DEV": "ready for development", "COMPLETED": "completed"}
# Required by the schemas of `@figma/rest-api-spec`.
EXPECTED: Mapping[str, Sequence[str]] = {
    "DEV_MODE_STATUS_UPDATE": ("file_key", "node_id", "status"),
    "FILE_COMMENT": ("file_key", "comment", "comment_id"),
    "FILE_DELETE": ("file_key", "file_name"),
    "FILE_UPDATE": ("file_key", "file_name"),
    "FILE_VERSION_UPDATE": ("file_key", "version_id"),
    "LIBRARY_PUBLISH": ("file_key", "file_name"),
}
ASSETS = ("component", "style", "variable")


def read(body: bytes) -> Payload:
    """The payload without its passcode, which is kept nowhere but as a digest. Raises `UnreadableBody`."""
    payload = json_body(body)
    payload.pop("passcode", None)
    return payload


def texts(event_type: str, payload: Payload) -> Payload:
    """The payload with the people whom a comment mentions written out: Figma puts their names beside it."""
    pieces = at(payload, "comment")
    if not isinstance(pieces, list):
        return payload
    names = _mentioned(payload)
    return {**payload, "comment": [_with_name(piece, names) for piece in pieces]}


def _with_name(piece: Any, names: Mapping[str, str]) -> Any:
    mentioned = text_at(piece, "mention")
    return {**piece, "text": f"@{names.get(mentioned) or 'someone'}"} if mentioned else piece


def _mentioned(payload: Payload) -> Mapping[str, str]:
    return {text_at(user, "id"): name_at(user, "handle") for user in _entries(payload, "mentions")}


def order(event_type: str, payload: Payload) -> str | None:
    """Events of one file belong in order."""
    return text_at(payload, "file_key")[:128] or None


def link(event_type: str, payload: Payload) -> str | None:
    """The file, at the comment or layer that the event is about; None where it is gone."""
    key = text_at(payload, "file_key")
    if event_type == "FILE_DELETE" or not ID.fullmatch(key):
        return None
    address = f"{WEB}/file/{key}"
    node, comment = text_at(payload, "node_id"), text_at(payload, "comment_id")
    if event_type == "DEV_MODE_STATUS_UPDATE" and NODE.fullmatch(node):
        return f"{address}?node-id={quote(node.replace(':', '-'), safe='-')}"
    if event_type == "FILE_COMMENT" and ID.fullmatch(comment):
        return f"{address}#{comment}"
    return address


TOKEN_CHANGES = ("FILE_UPDATE", "LIBRARY_PUBLISH")


def changed_tokens(event_type: str, payload: Payload) -> str | None:
    """The key of the file whose tokens an event may have changed."""
    is_change = event_type in TOKEN_CHANGES
    return text_at(payload, "file_key")[:128] or None if is_change else None


def describe(event_type: str, payload: Payload) -> str:
    """“Mei Lin commented on Tidewater: “Looks good””, and such."""
    file = name_at(payload, "file_name") or "a file"
    who = name_at(payload, "triggered_by", "handle") or "Someone"
    match event_type:
        case "PING":
            return "Webhook test from Figma"
        case "FILE_UPDATE":
            return sentence(_capital(file), "changed")
        case "FILE_VERSION_UPDATE":
            return sentence(who, f"saved a version of {file}{quoted(text_at(payload, 'description'))}")
        case "FILE_DELETE":
            return sentence(who, f"deleted {file}")
        case "LIBRARY_PUBLISH":
            note = quoted(text_at(payload, "description"))
            return sentence(who, f"published {file}{_published(payload)}{note}")
        case "FILE_COMMENT":
            return sentence(who, f"commented on {file}{quoted(_comment(payload))}")
        case "DEV_MODE_STATUS_UPDATE":
            return sentence(who, _dev_status(payload, file))
    return sentence(in_words(event_type), f"in {file}" if file != "a file" else "")


def _capital(words: str) -> str:
    return "A file" if words == "a file" else words


def _published(payload: Payload) -> str:
    """` (3 components and 1 style)`, or nothing where it does not say what."""
    numbers = {
        asset: sum(count_at(payload, f"{done}_{asset}s") for done in ("created", "modified", "deleted"))
        for asset in ASSETS
    }
    what = listed(counted(number, asset) for asset, number in numbers.items() if number)
    return f" ({what})" if what else ""


def _comment(payload: Payload) -> str:
    """What a comment says; people mentioned in it by name where the event has their names."""
    names = _mentioned(payload)
    parts = []
    for fragment in _entries(payload, "comment"):
        mentioned = text_at(fragment, "mention")
        parts.append(f"@{names.get(mentioned) or 'someone'}" if mentioned else text_at(fragment, "text"))
    return "".join(parts)


def _entries(payload: Payload, name: str) -> list[Any]:
    entries = at(payload, name)
    return entries if isinstance(entries, list) else []


def _dev_status(payload: Payload, file: str) -> str:
    status = text_at(payload, "status")
    if status in DEV_STATUSES:
        return f"marked a layer of {file} as {DEV_STATUSES[status]}"
    return f"took the Dev Mode status off a layer of {file}"
