"""Pages of lists that the database answers whole: what one user has, or an administrator looks after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

from fastapi import Query

# What may have come in front since the page before.
NEWER_LINES = 100
MAX_PAGE_LINES = 500

Cursor = Annotated[
    str | None,
    Query(
        description="`nextCursor` of the page before.",
        pattern=r"^[1-9][0-9]{0,5}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    ),
]
Limit = Annotated[int, Query(description="How many a page has at most.", ge=1, le=MAX_PAGE_LINES)]


class Line(Protocol):
    """One entry of a list."""

    @property
    def id(self) -> UUID | str: ...


LineT = TypeVar("LineT", bound=Line)


def page_of(lines: Sequence[LineT], cursor: str | None, limit: int) -> tuple[Sequence[LineT], str | None]:
    """The `limit` lines behind the one that `cursor` names, and the cursor of the next page; None at the end.

    Where that line is gone meanwhile, they are those from its place on.
    """
    start = 0
    if cursor is not None:
        place, _, last = cursor.partition(".")
        start = next((index + 1 for index, line in enumerate(lines) if str(line.id) == last), int(place) - 1)
    end = start + limit
    page = lines[start:end]
    return page, f"{end}.{page[-1].id}" if len(lines) > end else None


def lines_to_read(cursor: str | None, limit: int) -> int:
    """How many lines, from the first one on, a page and the first of the next are found among."""
    return int(cursor.partition(".")[0] if cursor else 0) + limit + NEWER_LINES
