"""The ways providers split a long list into pages, and a list that goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from fluxstudio.kit.http import Response

Item = TypeVar("Item")


class PartialList(list[Item]):
    """Some of a longer list. `next_cursor` is what to ask for next, None at the end."""

    def __init__(self, items: Iterable[Item] = (), next_cursor: str | None = None) -> None:
        super().__init__(items)
        self.next_cursor = next_cursor


class Paging(Protocol):
    """Tells where the next page is: a whole URL, further query fields, or None at the end."""

    def next(self, response: Response, body: Any) -> str | Mapping[str, str] | None: ...


@dataclass(frozen=True, slots=True)
class LinkHeader:
    """`Link: <…>; rel="next"` (RFC 8288)."""

    def next(self, response: Response, body: Any) -> str | None:
        for part in response.headers.get("link", "").split(","):
            match = re.search(r'<([^>]+)>\s*;.*\brel="?next"?', part)
            if match:
                return match[1]
        return None


@dataclass(frozen=True, slots=True)
class BodyCursor:
    """A cursor in the body, found by its dotted path, sent back as a query field."""

    found_at: str
    sent_as: str = "cursor"

    def next(self, response: Response, body: Any) -> Mapping[str, str] | None:
        value = body
        for part in self.found_at.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return {self.sent_as: str(value)} if value else None
