"""Reading a team, project or file out of the addresses people copy from Figma.

Figma has no call that lists a user's teams: "It is not possible to programmatically obtain team IDs"
(developers.figma.com/docs/rest-api/projects-endpoints, read 2026-11-22). The address bar has them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

from fluxstudio.errors import InvalidRequest

FILE_KINDS = frozenset({"file", "design", "board", "proto", "slides", "deck", "buzz", "site", "make"})
ID = re.compile(r"[0-9A-Za-z_-]{1,128}")


@dataclass(frozen=True, slots=True)
class FigmaAddress:
    """What an address leads to; `id` is the key where it is a file."""

    kind: Literal["team", "project", "file"]
    id: str


def read_address(url: str, web: str) -> FigmaAddress:
    """The team, project or file behind an address at Figma, or at `web` where that stands in for it.

    Raises `InvalidRequest` saying what was expected.
    """
    parts = [unquote(part) for part in _path(url.strip(), web).split("/") if part]
    match parts:
        case [kind, _, "branch", key, *_] if kind in FILE_KINDS:
            return FigmaAddress("file", _id(key))
        case [kind, key, *_] if kind in FILE_KINDS:
            return FigmaAddress("file", _id(key))
        case ["files", *rest]:
            if "project" in rest[:-1]:
                return FigmaAddress("project", _id(rest[rest.index("project") + 1]))
            if "team" in rest[:-1]:
                return FigmaAddress("team", _id(rest[rest.index("team") + 1]))
    raise _wrong()


def address_of(place: FigmaAddress, web: str) -> str:
    """The address of a team, project or file; `read_address` reads it."""
    paths = {"team": "/files/team/", "project": "/files/project/", "file": "/design/"}
    return f"{web.rstrip('/')}{paths[place.kind]}{place.id}"


def _path(url: str, web: str) -> str:
    if "://" not in url:
        url = f"https://{url}"
    base = web.rstrip("/")
    if url.startswith(f"{base}/"):
        return urlsplit(url.removeprefix(base)).path
    try:
        address = urlsplit(url)
        host = address.hostname or ""
    except ValueError:
        raise _wrong() from None
    if address.scheme not in {"http", "https"} or not f".{host}".endswith(".figma.com"):
        raise _wrong()
    return address.path


def _id(text: str) -> str:
    if not ID.fullmatch(text):
        raise _wrong()
    return text


def _wrong() -> InvalidRequest:
    return InvalidRequest(
        "This is not the address of a Figma team, project or file. Open it in Figma, copy the address from "
        "your browser and paste it here.",
        {"url": "Enter a Figma link, like https://www.figma.com/files/team/1234567890/Name"},
    )
