"""Design files by project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from fluxstudio.faces.web.components.views import FieldView
from fluxstudio.faces.web.shell.list_views import ListingView


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceForm:
    """Adds a place to read from by its address (a team, a project or a file)."""

    action: str
    address: FieldView
    button: str
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """One design file; `thumbnail_href` must be allowed by the page's policy."""

    name: str
    href: str
    edited_at: datetime | None = None
    thumbnail_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectView:
    """A project and those of its files that are on this page."""

    name: str
    files: tuple[FileView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesPage:
    """Design files grouped by project."""

    template: ClassVar[str] = "designs/files.html"
    listing: ListingView
    projects: tuple[ProjectView, ...] = ()
    source: SourceForm | None = None
