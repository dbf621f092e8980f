"""The pages of repositories, each in its states."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from markupsafe import Markup

from fluxstudio.faces.web.code.repository_presenter import NONE
from fluxstudio.faces.web.code.repository_views import (
    CodeRowView,
    IssueCommentView,
    IssuePage,
    IssueView,
    NewIssueView,
    RepositoryEventsView,
    RepositoryPage,
    RepositorySummaryView,
)
from fluxstudio.faces.web.code.views import RepositoriesPage, RepositoryView
from fluxstudio.faces.web.components.samples import ICON
from fluxstudio.faces.web.components.views import BannerView, HeadView, LinkView, PagerView, TabView
from fluxstudio.faces.web.components.webhook_health import ACTIVE
from fluxstudio.faces.web.shell.form_errors import FormErrors
from fluxstudio.faces.web.shell.list_views import FreshnessView, ListingView, RefreshForm
from fluxstudio.faces.web.shell.templating import Page

PROBLEM = BannerView(tone="attention", title="Plotter does not answer. Try again in a minute.")
PAGER = PagerView(words="Page 2", newer_href="?page=1", older_href="?page=3")


def pages(now: datetime) -> list[Page]:
    """A repository with a list of each kind, and an issue, in their states."""
    page, issue = _repository(now), _issue(now)
    assert page.summary is not None
    assert issue.issue is not None
    off = replace(page.summary, events=RepositoryEventsView(action="/events", problem="Try again."))
    wrong = NewIssueView(
        action="/issues", errors=FormErrors({"title": "Give it a title."}, "Not sent."), body="Typed"
    )
    return [
        page,
        replace(page, summary=off, new_issue=wrong, picks=(), rows=(), pager=None, empty=NONE["issues"]),
        replace(page, tab="commits", new_issue=None, rows=(), pager=None, problem=PROBLEM, freshness=None),
        replace(page, summary=replace(off, events=RepositoryEventsView(action="/events", may_switch=False))),
        replace(page, summary=None, problem=PROBLEM),
        replace(page, summary=None, pending_href="/repo?part=results"),
        issue,
        replace(
            issue,
            issue=replace(
                issue.issue,
                is_open=False,
                closed_at=now,
                typed="Typed",
                errors=FormErrors({"body": "Not sent."}),
                problem="Locked.",
            ),
        ),
        replace(issue, issue=None, problem=PROBLEM),
        replace(issue, issue=None, pending_href="/issue?part=results"),
    ]


def repositories(listing: ListingView, now: datetime) -> RepositoriesPage:
    """The list of repositories."""
    return RepositoriesPage(
        listing=listing,
        repositories=(
            RepositoryView(
                name="tokens",
                href="/repositories/ada/tokens",
                owner="ada",
                description="Tokens",
                language="Python",
                is_private=True,
                is_archived=True,
                stars=1290,
                open_issues=4,
                pushed_at=now,
            ),
            RepositoryView(name="fork", href="/repositories/ada/fork", owner="ada", is_fork=True),
        ),
    )


def _repository(now: datetime) -> RepositoryPage:
    return RepositoryPage(
        head=HeadView(
            title="ada / tokens", sentence="Seen as Ada.", parent=LinkView(label="Repositories", href="/r")
        ),
        icon=ICON,
        tabs=(
            TabView(label="Issues", href="/repo", current=True),
            TabView(label="Commits", href="/repo/commits"),
        ),
        picks=(
            TabView(label="Open", href="/repo", current=True),
            TabView(label="Closed", href="?state=closed"),
        ),
        summary=RepositorySummaryView(
            href="https://example.org/tokens",
            open_label="Open in Plotter",
            description="<b>Tokens</b>",
            facts=(("Language", "Python"),),
            pushed_at=now,
            is_private=True,
            is_archived=True,
            events=RepositoryEventsView(
                action="/events",
                on=True,
                state=ACTIVE,
                note="All arrived.",
                last_event_at=now,
                hidden={"a": "b"},
            ),
        ),
        rows=(
            CodeRowView(
                title="<b>Tide</b>",
                href="/issues/1",
                icon="issue",
                detail="#1 by ada",
                tags=("bug",),
                at=now,
                comments=2,
                external=False,
            ),
            CodeRowView(title="main", href="https://example.org/main", icon="branch"),
        ),
        pager=PAGER,
        new_issue=NewIssueView(action="/issues"),
        freshness=FreshnessView(read_at=now, refresh=RefreshForm(action="/refresh")),
    )


def _issue(now: datetime) -> IssuePage:
    opened = IssueCommentView(id="1", author="ada", body=Markup("<p>Tide</p>"), picture_href="/a.png", at=now)
    comments = (
        replace(opened, id="2", body=Markup('<pre tabindex="0"><code>x</code></pre>'), is_cut=True),
        IssueCommentView(id="3", author="ghost", body=Markup("")),
    )
    return IssuePage(
        head=HeadView(
            title="<b>Tide</b>", sentence="Issue #1", parent=LinkView(label="ada/tokens", href="/repo")
        ),
        icon=ICON,
        issue=IssueView(
            is_open=True,
            opened=opened,
            href="https://example.org/1",
            open_label="Open in Plotter",
            labels=("bug",),
            assignees=("mei",),
            comments=comments,
            pager=PAGER,
            comment_action="/comments",
            state_action="/state",
            hidden={"connection": "c1"},
        ),
        freshness=FreshnessView(read_at=now, refresh=RefreshForm(action="/refresh")),
    )
