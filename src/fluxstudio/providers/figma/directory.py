"""Names for the keys of files that automations speak of. Figma's events come with names in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fluxstudio.errors import InvalidRequest, NotFound
from fluxstudio.sdk import Api, Directory, DirectoryEntry
from fluxstudio.sdk.payload import name_at

FILE_KEY = re.compile(r"(?=[A-Za-z]*[0-9])[0-9A-Za-z]{22,128}", re.ASCII)


def mentioned(event_type: str, payload: Mapping[str, Any]) -> Sequence[str]:
    """Nothing: events say what files and people are called."""
    return ()


def with_names(payload: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    """The payload as it is."""
    return payload


def is_id(text: str) -> bool:
    """Whether a text may be the key of a file."""
    return FILE_KEY.fullmatch(text) is not None


async def lookup(api: Api, name_id: str) -> DirectoryEntry | None:
    """What a file is called; None where the account may not see it, or was not asked for its metadata."""
    if "file_metadata:read" not in api.scopes:
        return None
    try:
        answer = await api.get("/v1/files/{key}/meta", key=name_id, limit="tier3")
    except (InvalidRequest, NotFound):
        return None
    name = name_at(answer, "file", "name")
    return DirectoryEntry(name) if name else None


DIRECTORY = Directory(mentioned=mentioned, with_names=with_names, is_id=is_id, lookup=lookup)
