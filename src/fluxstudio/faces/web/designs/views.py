"""Design files by project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from fluxstudio.faces.web.components.views import FieldView, LinkView, TabView
from fluxstudio.faces.web.shell.list_views import ListingView


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceForm:
    """Adds a place to read from by its address (a team, a project or a file); `home` is where to find one."""

    action: str
    address: FieldView
    button: str
    home: LinkView | None = None
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedView:
    """A team, project or file that is followed, and the fields of the form that ends that."""

    kind: str
    name: str
    hidden: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowingView:
    """Everything that is followed; `action` takes the form of one of them."""

    words: str
    action: str
    places: tuple[FollowedView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """One design file; `thumbnail_href` must be allowed by the page's policy, `project` is said of it."""

    name: str
    href: str
    edited_at: datetime | None = None
    thumbnail_href: str | None = None
    project: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectView:
    """A project and those of its files that are on this page; without a name all files in another order."""

    name: str
    files: tuple[FileView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesPage:
    """Design files by project, or in another order."""

    template: ClassVar[str] = "designs/files.html"
    listing: ListingView
    projects: tuple[ProjectView, ...] = ()
    source: SourceForm | None = None
    following: FollowingView | None = None
    orders: tuple[TabView, ...] = ()
