"""Filling the pages of a repository from what its host answers, whatever is missing in that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fluxstudio.faces.web.code.repository_views import CodeRowView, IssueCommentView
from fluxstudio.faces.web.components.document_html import html_of
from fluxstudio.faces.web.components.views import EmptyView
from fluxstudio.faces.web.shell import filters
from fluxstudio.faces.web.shell.account_list import moment
from fluxstudio.sdk.markup.document import Document

# A deleted account, as its host calls it.
NOBODY = "ghost"
SHA_DIGITS = 7
# Of what somebody wrote, so that a page stays one; the rest is at the host.
SHOWN_CHARACTERS = 12_000
Address = Callable[[str, Any], str]
NONE: Mapping[str, EmptyView] = {
    "issues": EmptyView(
        title="No issues here", words="Issues will appear here. Open the first one above.", icon="issue"
    ),
    "pulls": EmptyView(
        title="No pull requests here",
        words="Pull requests will appear here as soon as someone opens one.",
        icon="branch",
    ),
    "commits": EmptyView(
        title="No commits yet", words="Commits will appear here after the first push.", icon="clock"
    ),
    "branches": EmptyView(
        title="No branches yet", words="Branches will appear here after the first push.", icon="branch"
    ),
}


def login(user: Any) -> str:
    """Who somebody is at the host."""
    return str(user.get("login") or NOBODY) if isinstance(user, Mapping) else NOBODY


def labels(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of labels, which may come as bare texts."""
    named = (
        label.get("name") if isinstance(label, Mapping) else label for label in entry.get("labels") or ()
    )
    return tuple(str(name) for name in named if name)


def issue_row(entry: Mapping[str, Any], address: Address) -> CodeRowView:
    """An issue; it has a page here."""
    return CodeRowView(
        title=str(entry.get("title") or "Untitled"),
        href=address("issue", entry["number"]),
        icon="issue" if entry.get("state") != "closed" else "check-circle",
        detail=f"#{entry['number']} by {login(entry.get('user'))}",
        tags=labels(entry),
        at=moment(entry.get("created_at")),
        comments=int(entry.get("comments") or 0),
        external=False,
    )


def pull_row(entry: Mapping[str, Any], address: Address) -> CodeRowView:
    """A pull request."""
    state: tuple[str, ...] = ()
    if entry.get("merged_at"):
        state = ("Merged",)
    elif entry.get("state") == "closed":
        state = ("Closed",)
    elif entry.get("draft"):
        state = ("Draft",)
    return CodeRowView(
        title=str(entry.get("title") or "Untitled"),
        href=address("pull", entry["number"]),
        icon="branch",
        detail=f"#{entry['number']} by {login(entry.get('user'))}",
        tags=(*state, *labels(entry)),
        at=moment(entry.get("created_at")),
    )


def commit_row(entry: Mapping[str, Any], address: Address) -> CodeRowView:
    """A commit by the first line of its message."""
    commit = entry.get("commit") or {}
    author = commit.get("author") or {}
    sha = str(entry["sha"])
    lines = str(commit.get("message") or "").strip().splitlines()
    return CodeRowView(
        title=lines[0] if lines else "No message",
        href=address("commit", sha),
        icon="clock",
        detail=f"{sha[:SHA_DIGITS]} by {author.get('name') or login(entry.get('author'))}",
        at=moment(author.get("date")),
    )


def branch_row(entry: Mapping[str, Any], address: Address) -> CodeRowView:
    """A branch and the commit it is at."""
    sha = str((entry.get("commit") or {}).get("sha") or "")
    return CodeRowView(
        title=str(entry["name"]),
        href=address("branch", entry["name"]),
        icon="branch",
        detail=f"At {sha[:SHA_DIGITS]}" if sha else "",
        tags=("Protected",) if entry.get("protected") else (),
    )


ROWS: Mapping[str, Callable[[Mapping[str, Any], Address], CodeRowView]] = {
    "issues": issue_row,
    "pulls": pull_row,
    "commits": commit_row,
    "branches": branch_row,
}


def facts(entry: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What a repository is, in pairs of a name and a value."""
    pairs = (
        ("Language", entry.get("language")),
        ("Default branch", entry.get("default_branch")),
        ("Stars", filters.grouped(int(entry.get("stargazers_count") or 0))),
        ("Open issues and pull requests", filters.grouped(int(entry.get("open_issues_count") or 0))),
    )
    return tuple((name, str(value)) for name, value in pairs if value)


def written(entry: Mapping[str, Any], read: Callable[[str], Document]) -> IssueCommentView:
    """What somebody wrote, read as the host marks it up."""
    user, body = entry.get("user"), str(entry.get("body") or "")
    picture = user.get("avatar_url") if isinstance(user, Mapping) else None
    return IssueCommentView(
        id=str(entry.get("id") or ""),
        author=login(user),
        body=html_of(read(body[:SHOWN_CHARACTERS])),
        picture_href=picture or None,
        at=moment(entry.get("created_at")),
        is_cut=len(body) > SHOWN_CHARACTERS,
    )
