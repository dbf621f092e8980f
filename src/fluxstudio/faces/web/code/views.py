"""An account's repositories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fluxstudio.faces.web.shell.list_views import ListingView


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryView:
    """One repository."""

    name: str
    href: str
    owner: str
    description: str | None = None
    language: str | None = None
    is_private: bool = False
    is_archived: bool = False
    is_fork: bool = False
    stars: int = 0
    open_issues: int = 0
    pushed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoriesPage:
    """An account's repositories."""

    template: ClassVar[str] = "code/repositories.html"
    listing: ListingView
    repositories: tuple[RepositoryView, ...] = ()
