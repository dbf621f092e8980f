"""Who did something, in which repository: what nearly every event of GitHub's has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fluxstudio.sdk.payload import name_at, quoted, sentence, shortened, text_at

Payload = Mapping[str, Any]

# Tells an event in a sentence by its action; '' where it has no words of its own for that.
Teller = Callable[[str, Payload], str]

BRANCHES, TAGS = "refs/heads/", "refs/tags/"


def who(event: Payload) -> str:
    """The login of whoever did it."""
    return name_at(event, "sender", "login") or name_at(event, "pusher", "name") or "Someone"


def repo(event: Payload) -> str:
    """`owner/name`, or `a repository`."""
    return repo_name(event) or "a repository"


def repo_name(event: Payload) -> str:
    """`owner/name`, or nothing where an event is about no repository."""
    return shortened(text_at(event, "repository", "full_name"), 100)


def in_repo(event: Payload) -> str:
    """` in owner/name`, ` in organization`, or nothing."""
    place = repo_name(event) or name_at(event, "organization", "login")
    return f" in {place}" if place else ""


def numbered(thing: str, event: Payload, *path: str) -> str:
    """`issue #3 in owner/name`, of what stands at the end of a path."""
    number = text_at(event, *path, "number")
    article = "an" if thing[:1] in "aeiou" else "a"
    return f"{thing} #{number}{in_repo(event)}" if number else f"{article} {thing}{in_repo(event)}"


def branch(ref: str) -> str:
    """`main`, of a branch's full name or its short one."""
    return shortened(ref.removeprefix(BRANCHES).removeprefix(TAGS))


def did(event: Payload, what: str, title: str = "") -> str:
    """`ada-park opened issue #3: “Title”`."""
    return sentence(who(event), f"{what}{quoted(title)}")
