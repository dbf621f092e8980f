"""An issue's page: read it, comment on it, close it or open it again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.web.code.repository import LONG_TEXT, RepositoryVisit
from fluxstudio.faces.web.code.repository_presenter import labels, login, written
from fluxstudio.faces.web.code.repository_views import IssueCommentView, IssuePage, IssueView
from fluxstudio.faces.web.components.banners import problem_banner
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.components.views import HeadView, LinkView, PagerView
from fluxstudio.faces.web.shell.account_list import moment
from fluxstudio.faces.web.shell.deferred import settled
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, REFUSED_STATUS, FormErrors
from fluxstudio.faces.web.shell.paths import ACCOUNT_PAGES
from fluxstudio.faces.web.shell.visit import Visit

router = APIRouter(prefix=ACCOUNT_PAGES, include_in_schema=False)

COMMENTS_A_PAGE = 50
EMPTY_COMMENT = "Write a comment first."
ISSUE = "/repositories/{owner}/{repo}/issues/{number:int}"


@dataclass
class IssueVisit:
    """One issue, and what somebody wrote about it that was not sent."""

    repository: RepositoryVisit
    number: int
    typed: str = ""
    errors: FormErrors = NO_ERRORS
    problem: str | None = None
    renew: bool = False

    @property
    def rest(self) -> str:
        """Where the issue is below its repository."""
        return f"issues/{self.number}"

    @property
    def names(self) -> dict[str, Any]:
        """What operations take for this issue."""
        return {"owner": self.repository.owner, "repo": self.repository.repo, "number": self.number}

    async def show(self) -> Response:
        """The page, or its skeleton while the host thinks."""
        repository, listing = self.repository, self.repository.listing
        listing.list_request = replace(listing.list_request, renew=self.renew)
        reader, number = repository.reader, listing.list_request.page
        issue = asyncio.create_task(listing.ask(reader.issue, **self.names))
        comments = asyncio.create_task(
            listing.ask(reader.comments, **self.names, page=number, per_page=COMMENTS_A_PAGE)
        )
        waits = listing.list_request.waits or self.renew or bool(self.errors or self.problem)
        if not await settled((issue, comments), waits=waits):
            return await repository.visit.page(replace(self._page(), pending_href=repository.pending()))
        try:
            about, replies = issue.result(), comments.result()
        except FluxStudioError as error:
            return await repository.visit.page(replace(self._page(), problem=problem_banner(error)))
        if self.renew and replies.problem is None:
            return await repository.visit.go(repository.path(self.rest))
        opened, texts = await asyncio.to_thread(self._read, about.value, replies.value)
        page = replace(
            self._page(str(about.value.get("title") or "Untitled")),
            issue=self._issue(about.value, opened, texts),
            freshness=listing.view(replies).freshness,
        )
        status = REFUSED_STATUS if self.errors or self.problem else 200
        return await repository.visit.page(page, status=status)

    def _page(self, title: str = "Issue") -> IssuePage:
        repository, current = self.repository, self.repository.listing.current
        account = f" · Seen as {current.account.name}." if current else ""
        return IssuePage(
            head=HeadView(
                title=title,
                sentence=f"Issue #{self.number}{account}",
                parent=LinkView(label=repository.name, href=repository.path()),
            ),
            icon=mark(repository.listing.registered),
        )

    def _read(
        self, issue: Mapping[str, Any], comments: list[Mapping[str, Any]]
    ) -> tuple[IssueCommentView, tuple[IssueCommentView, ...]]:
        """What was written, as HTML. Long texts take a while, so that it is not done in the event loop."""
        read = self.repository.reader.read
        return written(issue, read), tuple(written(entry, read) for entry in comments)

    def _issue(
        self, entry: Mapping[str, Any], opened: IssueCommentView, comments: tuple[IssueCommentView, ...]
    ) -> IssueView:
        repository, number = self.repository, self.repository.listing.list_request.page
        more = len(comments) == COMMENTS_A_PAGE
        pager = PagerView(
            words=f"Page {number:,}",
            newer_href=repository.path(self.rest, page=str(number - 1)) if number > 1 else None,
            older_href=repository.path(self.rest, page=str(number + 1)) if more else None,
        )
        return IssueView(
            is_open=entry.get("state") != "closed",
            opened=opened,
            href=repository.at_host("issue", self.number),
            open_label=repository.open_label,
            labels=labels(entry),
            assignees=tuple(login(user) for user in entry.get("assignees") or ()),
            closed_at=moment(entry.get("closed_at")),
            comments=comments,
            pager=pager,
            comment_action=repository.action(f"{self.rest}/comments"),
            state_action=repository.action(f"{self.rest}/state"),
            hidden=repository.listing.hidden,
            typed=self.typed,
            errors=self.errors,
            problem=self.problem,
        )


async def _issue(
    visit: Visit, provider: str, names: tuple[str, str], number: int, fields: Mapping[str, str]
) -> IssueVisit:
    repository = await RepositoryVisit.of(visit, provider, names, f"issues/{number}", fields)
    return IssueVisit(repository, number)


@router.get(ISSUE)
async def issue_page(request: Request, provider: str, owner: str, repo: str, number: int) -> Response:
    """An issue with its comments."""
    visit = await Visit.of(request)
    return await (await _issue(visit, provider, (owner, repo), number, request.query_params)).show()


@router.post(ISSUE + "/refresh")
async def refresh(request: Request, provider: str, owner: str, repo: str, number: int) -> Response:
    """An issue as the host has it now."""
    visit = await Visit.of(request)
    issue = await _issue(visit, provider, (owner, repo), number, await visit.form())
    issue.renew = True
    return await issue.show()


@router.post(ISSUE + "/comments")
async def comment(request: Request, provider: str, owner: str, repo: str, number: int) -> Response:
    """Comment on an issue; what was written is kept where the host does not take it."""
    visit = await Visit.of(request)
    fields = await visit.form()
    body = fields.get("body", "")
    shown = {name: text for name, text in fields.items() if name != "body"}
    issue = await _issue(visit, provider, (owner, repo), number, shown)
    issue.typed = body
    if not body.strip():
        issue.errors = FormErrors({"body": EMPTY_COMMENT})
        return await issue.show()
    repository = issue.repository
    try:
        made = await repository.listing.ask(repository.reader.comment, **issue.names, body=body)
    except FluxStudioError as error:
        issue.errors = FormErrors.of(error, {"body"}, {"body": LONG_TEXT})
        return await issue.show()
    return await visit.go(f"{repository.path(issue.rest)}#comment-{made.value.get('id', '')}")


@router.post(ISSUE + "/state")
async def change_state(request: Request, provider: str, owner: str, repo: str, number: int) -> Response:
    """Close an issue, or open it again."""
    visit = await Visit.of(request)
    fields = await visit.form()
    issue = await _issue(visit, provider, (owner, repo), number, fields)
    repository = issue.repository
    state = "closed" if fields.get("state") == "closed" else "open"
    try:
        await repository.listing.ask(repository.reader.change, **issue.names, state=state)
    except FluxStudioError as error:
        issue.problem = FormErrors.of(error, ()).problem
        return await issue.show()
    return await visit.go(repository.path(issue.rest))
