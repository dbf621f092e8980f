"""Long lists in pages: 50 rows, a search and a page in the address, and how many there are in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from fluxstudio.faces.web.components.views import PagerView
from fluxstudio.faces.web.shell.filters import grouped, plural

LIST_PAGE_SIZE = 50
LONGEST_SEARCH = 100
LAST_PAGE = 100_000

Item = TypeVar("Item")


def search_in(text: str | None) -> str:
    """What an address or a form searches for, in one line."""
    return " ".join((text or "").split())[:LONGEST_SEARCH]


def page_in(text: str | None) -> int:
    """The number of a page, from 1; the first for whatever is none."""
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 1
    return min(max(number, 1), LAST_PAGE)


@dataclass(frozen=True, slots=True)
class Window(Generic[Item]):
    """One page of a list: its rows, the place of the first among `total`, and the page's number.

    `goes_on` says that the provider has more than was read.
    """

    rows: Sequence[Item]
    first: int
    total: int
    page: int
    goes_on: bool = False

    @classmethod
    def of(cls, items: Sequence[Item], page: int, *, goes_on: bool = False) -> Window[Item]:
        """A page of these items; the last one where there are not so many."""
        page = min(page, max(1, -(-len(items) // LIST_PAGE_SIZE)))
        first = (page - 1) * LIST_PAGE_SIZE
        return cls(items[first : first + LIST_PAGE_SIZE], first + 1, len(items), page, goes_on)

    @property
    def is_last(self) -> bool:
        """Whether nothing follows."""
        return self.first + len(self.rows) > self.total


def pager(
    window: Window[Item], href: Callable[[int], str], one: str, many: str | None = None, *, search: str = ""
) -> PagerView:
    """What leads through the pages of a list; `href` makes the address of a page by its number."""
    return PagerView(
        words=_words(window, one, many, search),
        newer_href=href(window.page - 1) if window.page > 1 else None,
        older_href=None if window.is_last else href(window.page + 1),
    )


def _words(window: Window[Item], one: str, many: str | None, search: str) -> str:
    """ "1–50 of 2,014 channels", "12 channels match “des”", "1–50 of more than 1,000 repositories"."""
    total = plural(window.total, one, many)
    if window.goes_on:
        total = f"more than {grouped(window.total)} {many or one + 's'}" if not search else total
    shown = total
    if window.total > len(window.rows):
        last = window.first + len(window.rows) - 1
        shown = f"{grouped(window.first)}–{grouped(last)} of {total}"
    if not search:
        return shown
    if window.total > len(window.rows):
        return f"{shown} that match “{search}”"
    return f"{shown} {'matches' if window.total == 1 else 'match'} “{search}”"
