"""One design file: its head, and a tab of what there is to see of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from markupsafe import Markup

from fluxstudio.faces.web.components.views import (
    BannerView,
    EmptyView,
    HeadView,
    LinkView,
    PagerView,
    SearchView,
    StateView,
    TabView,
)
from fluxstudio.faces.web.shell.list_views import FreshnessView


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAuthorView:
    """Who wrote or changed something; `name` says so where the account is deleted."""

    name: str
    picture_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchView:
    """What watches a file: automations there are, and what can be added, the first of it loudest."""

    automations: tuple[LinkView, ...] = ()
    add: tuple[LinkView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSummaryView:
    """What a file is: its preview, project, last change, and what may be done with it."""

    name: str
    href: str
    open_label: str
    picture_href: str | None = None
    project: str | None = None
    edited_at: datetime | None = None
    edited_by: FileAuthorView | None = None
    budget: StateView | None = None
    unfollow: Mapping[str, str] | None = None
    unfollow_action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentView:
    """One comment; `message` is plain text with its line breaks."""

    id: str
    author: FileAuthorView
    message: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadView:
    """A comment with the replies to it, oldest first; `reply` is what was typed and not sent yet."""

    comment: CommentView
    replies: tuple[CommentView, ...] = ()
    resolved_at: datetime | None = None
    reply: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentsView:
    """Comments in threads; `action` takes a form with `message`, `comment_id` and `hidden`.

    `message` is what was written and not sent, in reply to `replies_to` where that thread is not shown.
    """

    kind: Literal["comments"] = "comments"
    picks: tuple[TabView, ...] = ()
    threads: tuple[ThreadView, ...] = ()
    pager: PagerView | None = None
    empty: EmptyView | None = None
    action: str = ""
    hidden: Mapping[str, str] = field(default_factory=dict)
    replies_to: str = ""
    message: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignVersionView:
    """One version; those that Figma saves without being asked have no label."""

    href: str
    author: FileAuthorView
    label: str | None = None
    description: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionGroupView:
    """Versions next to one another; many that nobody named are folded behind `words`."""

    versions: tuple[DesignVersionView, ...]
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsView:
    """Versions, newest first."""

    kind: Literal["versions"] = "versions"
    groups: tuple[VersionGroupView, ...] = ()
    older_href: str | None = None
    newest_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetView:
    """A component or a style: name, what it is for, and a picture of it."""

    name: str
    detail: str = ""
    picture_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetGroupView:
    """Assets under one heading."""

    title: str
    assets: tuple[AssetView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetsView:
    """Components by the frame they are in, or styles by their type."""

    kind: Literal["assets"] = "assets"
    search: SearchView
    groups: tuple[AssetGroupView, ...] = ()
    pager: PagerView | None = None
    empty: EmptyView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportView:
    """A frame to choose, how to export it, and what came of it.

    `rendered_href` is the image at the provider; `problem` says why there is none.
    """

    kind: Literal["export"] = "export"
    action: str = ""
    hidden: Mapping[str, str] = field(default_factory=dict)
    frames: tuple[tuple[str, str], ...] = ()
    frame: str = ""
    frame_name: str = ""
    formats: tuple[tuple[str, str], ...] = ()
    format: str = "png"
    scales: tuple[tuple[str, str], ...] = ()
    scale: str = "1"
    rendered_href: str | None = None
    problem: BannerView | None = None
    empty: EmptyView | None = None


FileBody = CommentsView | VersionsView | AssetsView | ExportView


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignFilePage:
    """One design file.

    While the provider is asked, `pending_href` is where the page comes from with all of it. `problem` takes
    the place of what could not be read: of all where there is no `summary`, else of the tab's `body`.
    """

    template: ClassVar[str] = "designs/file.html"
    head: HeadView
    icon: Markup
    tab: str
    tabs: tuple[TabView, ...] = ()
    summary: FileSummaryView | None = None
    watch: WatchView | None = None
    body: FileBody | None = None
    freshness: FreshnessView | None = None
    pending_href: str | None = None
    problem: BannerView | None = None
