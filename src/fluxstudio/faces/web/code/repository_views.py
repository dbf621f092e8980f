"""One repository and one of its issues."""

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
    PagerView,
    StateView,
    TabView,
)
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors
from fluxstudio.faces.web.shell.list_views import FreshnessView


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryEventsView:
    """Whether a repository sends its events, and how that goes; `action` takes `on` and `hidden`.

    `may_switch` says whether the account is let do it there, and `problem` why switching it did not work.
    """

    action: str
    may_switch: bool = True
    on: bool = False
    state: StateView | None = None
    note: str | None = None
    last_event_at: datetime | None = None
    problem: str | None = None
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositorySummaryView:
    """What a repository is, and where it is at its host."""

    href: str
    open_label: str
    description: str | None = None
    facts: tuple[tuple[str, str], ...] = ()
    pushed_at: datetime | None = None
    is_private: bool = False
    is_archived: bool = False
    events: RepositoryEventsView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRowView:
    """An issue, a pull request, a commit or a branch, as a line of a list."""

    title: str
    href: str
    icon: str
    detail: str = ""
    tags: tuple[str, ...] = ()
    at: datetime | None = None
    comments: int = 0
    external: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssueView:
    """The form of a new issue: `action` takes `title`, `body` and `hidden`."""

    action: str
    title: str = ""
    body: str = ""
    errors: FormErrors = NO_ERRORS
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryPage:
    """One repository with one of its lists.

    While the host is asked, `pending_href` is where the page comes from with all of it; `problem` takes the
    place of what could not be read.
    """

    template: ClassVar[str] = "code/repository.html"
    head: HeadView
    icon: Markup
    tab: Literal["issues", "pulls", "commits", "branches"] = "issues"
    tabs: tuple[TabView, ...] = ()
    picks: tuple[TabView, ...] = ()
    summary: RepositorySummaryView | None = None
    rows: tuple[CodeRowView, ...] = ()
    pager: PagerView | None = None
    empty: EmptyView | None = None
    new_issue: NewIssueView | None = None
    freshness: FreshnessView | None = None
    pending_href: str | None = None
    problem: BannerView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCommentView:
    """What somebody wrote on an issue; `body` is HTML, and `is_cut` says that there is more of it."""

    id: str
    author: str
    body: Markup
    picture_href: str | None = None
    at: datetime | None = None
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueView:
    """One issue, and the forms to comment on it and to close it or open it again."""

    is_open: bool
    opened: IssueCommentView
    href: str
    open_label: str
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    closed_at: datetime | None = None
    comments: tuple[IssueCommentView, ...] = ()
    pager: PagerView | None = None
    comment_action: str = ""
    state_action: str = ""
    hidden: Mapping[str, str] = field(default_factory=dict)
    typed: str = ""
    errors: FormErrors = NO_ERRORS
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePage:
    """One issue of a repository, or its skeleton, or why it cannot be shown."""

    template: ClassVar[str] = "code/issue.html"
    head: HeadView
    icon: Markup
    issue: IssueView | None = None
    freshness: FreshnessView | None = None
    pending_href: str | None = None
    problem: BannerView | None = None
