"""Ready-made rules, with blanks for what only a person can say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec

from fluxstudio.core.registry import Registry
from fluxstudio.errors import NotFound


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule to begin with; `needs` are the providers it takes, and its `definition` has blanks.

    `example` is an event it is for, `{type, payload}`; None where a schedule starts it.
    """

    id: str
    name: str
    sentence: str
    needs: list[str]
    definition: Mapping[str, Any]
    example: Mapping[str, Any] | None = None


@lru_cache(1)
def _all() -> list[Suggestion]:
    text = files(__package__).joinpath("gallery.json").read_bytes()
    return msgspec.json.decode(text, type=list[Suggestion])


def suggestions(registry: Registry) -> list[Suggestion]:
    """Those whose providers there are here."""
    here = {entry.provider.id for entry in registry}
    return [entry for entry in _all() if here.issuperset(entry.needs)]


def suggestion(registry: Registry, name: str) -> Suggestion:
    """The one of that id. Raises `NotFound`."""
    for entry in suggestions(registry):
        if entry.id == name:
            return entry
    raise NotFound("The gallery has no such automation any more. Look at the gallery for those it has.")
