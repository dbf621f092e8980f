"""Pages that list what a connected account holds: files, channels, repositories."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from markupsafe import Markup

from fluxstudio.faces.web.views.shell import (
    BannerView,
    FieldView,
    HeadView,
    PagerView,
    ResultView,
    SearchView,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TabView:
    """One of several views of a page, such as one account of several."""

    label: str
    href: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshForm:
    """Has the provider asked now; takes a form."""

    action: str
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessView:
    """How old what is shown is; `stale` is out of date, and `reason` says why it is not newer."""

    read_at: datetime
    stale: bool = False
    reason: str | None = None
    refresh: RefreshForm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingView:
    """What the pages that list a provider's things share.

    `tabs` choose among accounts or teams, `pager` leads through long lists. With `pending_href` the page
    shows a skeleton and loads its results from there; `problem` takes the place of results that could not
    be read.
    """

    head: HeadView
    icon: Markup
    tabs: tuple[TabView, ...] = ()
    search: SearchView | None = None
    pager: PagerView | None = None
    freshness: FreshnessView | None = None
    pending_href: str | None = None
    problem: BannerView | None = None


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

    template: ClassVar[str] = "pages/files.html"
    listing: ListingView
    projects: tuple[ProjectView, ...] = ()
    source: SourceForm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelView:
    """One channel; `address` is how a message is addressed to it, `compose_href` where it is written."""

    id: str
    name: str
    is_private: bool = False
    is_archived: bool = False
    is_member: bool = False
    members: int | None = None
    topic: str | None = None
    address: str = ""
    compose_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedField:
    """A text field with some of what it can be filled with, (value, words) each.

    `href` answers a GET with `q` with those that have these letters in them.
    """

    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposerView:
    """Writes a test message: `action` takes a form with `channel`, `text` and `hidden`."""

    action: str
    channel: SuggestedField
    text: str = ""
    result: ResultView | None = None
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelsPage:
    """A workspace's channels, and a message to one of them."""

    template: ClassVar[str] = "pages/channels.html"
    listing: ListingView
    channels: tuple[ChannelView, ...] = ()
    composer: ComposerView | None = None


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

    template: ClassVar[str] = "pages/repositories.html"
    listing: ListingView
    repositories: tuple[RepositoryView, ...] = ()
