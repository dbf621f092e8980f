"""What a search brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from fluxstudio.faces.web.components.views import HeadView, SearchView


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchItem:
    """One thing to go to: words, where it is, and an icon of ours or a provider's `mark`.

    One that `submits` is an action: its address takes a form.
    """

    label: str
    href: str
    detail: str = ""
    icon: str = "chevron-right"
    mark: Markup | None = None
    submits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchGroup:
    """Things of one kind; `more` counts those that are left out."""

    name: str
    label: str
    items: tuple[SearchItem, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResults:
    """What matches, by kind; `note` says what is not among it yet."""

    query: str
    groups: tuple[SearchGroup, ...]
    note: str | None = None

    @property
    def count(self) -> int:
        """How many things are listed."""
        return sum(len(group.items) for group in self.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """Everything that matches, on a page of its own."""

    template: ClassVar[str] = "search/page.html"
    head: HeadView
    search: SearchView
    results: SearchResults
