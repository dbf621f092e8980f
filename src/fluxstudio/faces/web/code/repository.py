"""A repository's page: issues, pull requests, commits, branches, and whether it sends its events."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.webhooks import subscriptions
from fluxstudio.core.webhooks.subscriptions import SubscriptionHealth
from fluxstudio.errors import FluxStudioError, NotFound
from fluxstudio.faces.web.code.repository_presenter import NONE, ROWS, facts
from fluxstudio.faces.web.code.repository_views import (
    NewIssueView,
    RepositoryEventsView,
    RepositoryPage,
    RepositorySummaryView,
)
from fluxstudio.faces.web.components.banners import problem_banner
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.components.views import HeadView, LinkView, PagerView, TabView
from fluxstudio.faces.web.components.webhook_health import webhook_health
from fluxstudio.faces.web.shell.account_list import (
    AccountListing,
    ListRequest,
    ListSection,
    capability_required,
    moment,
)
from fluxstudio.faces.web.shell.deferred import settled
from fluxstudio.faces.web.shell.form_errors import FormErrors
from fluxstudio.faces.web.shell.paths import ACCOUNT_PAGES
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.call import Outcome
from fluxstudio.flows.webhooks import subscribe
from fluxstudio.sdk import CodeHost, PartialList, RepositoryReader, Subscribable

router = APIRouter(prefix=ACCOUNT_PAGES, include_in_schema=False)

ListTab = Literal["issues", "pulls", "commits", "branches"]
LISTS: Mapping[str, str] = {
    "issues": "Issues",
    "pulls": "Pull requests",
    "commits": "Commits",
    "branches": "Branches",
}
ROWS_A_PAGE = 30
STATES = ("open", "closed")
LONG_TEXT = "Shorten it to 65,536 characters."
WRONG_ISSUE = {"title": "Give it a title of at most 256 characters.", "body": LONG_TEXT}


@dataclass
class RepositoryVisit:
    """One repository of one account, as somebody looks at it."""

    listing: AccountListing
    reader: RepositoryReader
    owner: str
    repo: str
    fields: Mapping[str, str]

    @classmethod
    async def of(
        cls, visit: Visit, provider: str, names: tuple[str, str], rest: str, fields: Mapping[str, str]
    ) -> RepositoryVisit:
        """The page at `rest` below a repository. Raises `NotFound` for somebody else's connection."""
        path = "/".join(
            ["repositories", *(quote(name, safe="") for name in names), *([rest] if rest else [])]
        )
        request = ListRequest.of(fields)
        listing = await AccountListing.of(visit, provider, ListSection(path, "", "", ""), request)
        host: CodeHost = capability_required(
            listing.registered.provider.capability(CodeHost), listing.registered
        )
        reader: RepositoryReader = capability_required(host.repository, listing.registered)
        return cls(listing, reader, *names, fields)

    @property
    def visit(self) -> Visit:
        """Who looks at it."""
        return self.listing.visit

    @property
    def name(self) -> str:
        """Owner and name."""
        return f"{self.owner}/{self.repo}"

    def path(self, rest: str = "", **query: str) -> str:
        """The address of a page of this repository."""
        base = f"repositories/{quote(self.owner, safe='')}/{quote(self.repo, safe='')}"
        return self.listing.path(f"{base}/{rest}" if rest else base, **query)

    def action(self, rest: str) -> str:
        """Where a form of this repository goes."""
        return self.path(rest).partition("?")[0]

    def address(self, kind: str, entry: Any) -> str:
        """Where something is: an issue has a page here, all else is at the host."""
        if kind == "issue":
            return self.path(f"issues/{entry}")
        return self.at_host(kind, entry)

    def at_host(self, kind: str, entry: Any = "") -> str:
        """Where something is at the host."""
        path = self.reader.paths[kind].format(
            repository=quote(self.name, safe="/"), id=quote(str(entry), safe="/")
        )
        return self.listing.registered.hosts["web"] + path

    def pending(self) -> str:
        """The address of this page with all of it."""
        query = {**{name: text for name, text in self.fields.items() if name != "csrf"}, "part": "results"}
        provider = self.listing.registered.provider.id
        return f"/integrations/{provider}/{self.listing.section.path}?{urlencode(query)}"

    @property
    def open_label(self) -> str:
        """What the way to the host is called."""
        return f"Open in {self.listing.registered.provider.name}"

    async def hook(self) -> SubscriptionHealth | None:
        """The webhook by which this account has the repository send its events; None where there is none."""
        capability, current = self.listing.registered.provider.capability(Subscribable), self.listing.current
        if capability is None or current is None:
            return None
        hooks = await subscriptions.of_user(self.visit.services.db, self.visit.actor.user_id)
        return next(
            (
                hook
                for hook in hooks
                if hook.connection_id == current.id and capability.covers(hook.details, self.name, None)
            ),
            None,
        )


@dataclass
class RepositoryList:
    """A repository with one of its lists."""

    repository: RepositoryVisit
    tab: ListTab
    new_issue: NewIssueView | None = None
    events_problem: str | None = None
    renew: bool = False

    @property
    def query(self) -> dict[str, str]:
        """What of the address belongs to the list."""
        state = self.repository.fields.get("state", "")
        page = self.repository.listing.list_request.page
        return {"state": state if state in STATES[1:] else "", "page": str(page) if page > 1 else ""}

    async def show(self) -> Response:
        """The page, or its skeleton while the host thinks."""
        repository, listing = self.repository, self.repository.listing
        listing.list_request = replace(listing.list_request, renew=self.renew)
        names = {"owner": repository.owner, "repo": repository.repo}
        about = asyncio.create_task(listing.ask(repository.reader.about, **names))
        rows = asyncio.create_task(self._rows(names))
        waits = listing.list_request.waits or self.renew or bool(self.new_issue or self.events_problem)
        if not await settled((about, rows), waits=waits):
            return await repository.visit.page(replace(self._page(), pending_href=repository.pending()))
        try:
            outcome = about.result()
        except FluxStudioError as error:
            return await repository.visit.page(replace(self._page(), tabs=(), problem=problem_banner(error)))
        page = replace(self._page(), summary=await self._summary(outcome.value), new_issue=self._form())
        try:
            listed = rows.result()
        except FluxStudioError as error:
            return await repository.visit.page(replace(page, problem=problem_banner(error)))
        if self.renew and listed.problem is None:
            return await repository.visit.go(repository.path(self._rest, **self.query))
        status = self.new_issue.errors.status if self.new_issue else 200
        return await repository.visit.page(self._filled(page, listed), status=status)

    async def _rows(self, names: Mapping[str, str]) -> Outcome:
        operation = getattr(self.repository.reader, self.tab)
        arguments: dict[str, Any] = {
            "page": self.repository.listing.list_request.page,
            "per_page": ROWS_A_PAGE,
        }
        if self.tab in {"issues", "pulls"}:
            arguments["state"] = self.query["state"] or STATES[0]
        return await self.repository.listing.ask(operation, **names, **arguments)

    @property
    def _rest(self) -> str:
        return "" if self.tab == "issues" else self.tab

    def _page(self) -> RepositoryPage:
        repository, listing = self.repository, self.repository.listing
        account = listing.current.account.name if listing.current else ""
        return RepositoryPage(
            head=HeadView(
                title=f"{repository.owner} / {repository.repo}",
                sentence=f"Seen as {account}." if account else None,
                parent=LinkView(label="Repositories", href=listing.path("repositories")),
            ),
            icon=mark(listing.registered),
            tab=self.tab,
            tabs=tuple(
                TabView(
                    label=label,
                    href=repository.path("" if name == "issues" else name),
                    current=name == self.tab,
                )
                for name, label in LISTS.items()
            ),
            picks=self._picks(),
        )

    def _picks(self) -> tuple[TabView, ...]:
        if self.tab not in {"issues", "pulls"}:
            return ()
        shown = self.query["state"] or STATES[0]
        return tuple(
            TabView(
                label=state.capitalize(),
                href=self.repository.path(self._rest, state=state if state != STATES[0] else ""),
                current=state == shown,
            )
            for state in STATES
        )

    def _filled(self, page: RepositoryPage, listed: Outcome) -> RepositoryPage:
        rows = tuple(ROWS[self.tab](entry, self.repository.address) for entry in listed.value)
        number = self.repository.listing.list_request.page
        more = isinstance(listed.value, PartialList) and listed.value.next_cursor is not None
        pager = PagerView(
            words=f"Page {number:,}",
            newer_href=self._href(number - 1) if number > 1 else None,
            older_href=self._href(number + 1) if more else None,
        )
        return replace(
            page,
            rows=rows,
            pager=pager,
            empty=None if rows else NONE[self.tab],
            freshness=self.repository.listing.view(listed).freshness,
        )

    def _href(self, number: int) -> str:
        query = {**self.query, "page": str(number) if number > 1 else ""}
        return self.repository.path(self._rest, **query)

    def _form(self) -> NewIssueView | None:
        if self.tab != "issues":
            return None
        blank = NewIssueView(action=self.repository.action("issues"), hidden=self.repository.listing.hidden)
        return self.new_issue or blank

    async def _summary(self, entry: Mapping[str, Any]) -> RepositorySummaryView:
        return RepositorySummaryView(
            href=self.repository.at_host("repository"),
            open_label=self.repository.open_label,
            description=entry.get("description") or None,
            facts=facts(entry),
            pushed_at=moment(entry.get("pushed_at")),
            is_private=bool(entry.get("private")),
            is_archived=bool(entry.get("archived")),
            events=await self._events(entry),
        )

    async def _events(self, entry: Mapping[str, Any]) -> RepositoryEventsView | None:
        listing = self.repository.listing
        if listing.registered.provider.capability(Subscribable) is None or listing.current is None:
            return None
        hook = await self.repository.hook()
        permissions = entry.get("permissions")
        view = RepositoryEventsView(
            action=self.repository.action("events"),
            may_switch=not isinstance(permissions, Mapping) or bool(permissions.get("admin")),
            hidden=listing.hidden,
            problem=self.events_problem,
        )
        if hook is None:
            return view
        works = listing.current.problem is None
        state, note = webhook_health(listing.registered, hook.missed_deliveries, works=works)
        return replace(view, on=True, state=state, note=note, last_event_at=hook.last_event_at)


@router.get("/repositories/{owner}/{repo}")
async def repository_page(request: Request, provider: str, owner: str, repo: str) -> Response:
    """A repository with its issues."""
    return await repository_tab(request, provider, owner, repo, "issues")


@router.get("/repositories/{owner}/{repo}/{tab}")
async def repository_tab(request: Request, provider: str, owner: str, repo: str, tab: str) -> Response:
    """A repository with another of its lists."""
    repository = await _repository(
        await Visit.of(request), provider, (owner, repo), tab, request.query_params
    )
    return await RepositoryList(repository, cast("ListTab", tab)).show()


@router.post("/repositories/{owner}/{repo}/refresh")
async def refresh(request: Request, provider: str, owner: str, repo: str) -> Response:
    """The issues as the host has them now."""
    return await refresh_tab(request, provider, owner, repo, "issues")


@router.post("/repositories/{owner}/{repo}/{tab}/refresh")
async def refresh_tab(request: Request, provider: str, owner: str, repo: str, tab: str) -> Response:
    """A list as the host has it now."""
    visit = await Visit.of(request)
    repository = await _repository(visit, provider, (owner, repo), tab, await visit.form())
    return await RepositoryList(repository, cast("ListTab", tab), renew=True).show()


@router.post("/repositories/{owner}/{repo}/issues")
async def create(request: Request, provider: str, owner: str, repo: str) -> Response:
    """Open an issue; what was written is kept where the host does not take it."""
    visit = await Visit.of(request)
    fields = await visit.form()
    title, body = fields.get("title", "").strip(), fields.get("body", "")
    shown = {name: text for name, text in fields.items() if name not in {"title", "body"}}
    repository = await _repository(visit, provider, (owner, repo), "issues", shown)
    try:
        text = {"body": body} if body.strip() else {}
        created = await repository.listing.ask(
            repository.reader.create, owner=owner, repo=repo, title=title, **text
        )
    except FluxStudioError as error:
        errors = FormErrors.of(error, WRONG_ISSUE, WRONG_ISSUE)
        form = NewIssueView(
            action=repository.action("issues"),
            title=title,
            body=body,
            errors=errors,
            hidden=repository.listing.hidden,
        )
        return await RepositoryList(repository, "issues", form).show()
    return await visit.go(repository.path(f"issues/{created.value['number']}"))


@router.post("/repositories/{owner}/{repo}/events")
async def switch_events(request: Request, provider: str, owner: str, repo: str) -> Response:
    """Have the repository send its events, or end that."""
    visit = await Visit.of(request)
    fields = await visit.form()
    repository = await _repository(visit, provider, (owner, repo), "issues", fields)
    current = repository.listing.current
    capability = subscribe.subscribable(visit.services, provider)
    hook = await repository.hook()
    try:
        if fields.get("on") == "yes" and hook is None and current is not None:
            await subscribe.subscribe(
                visit.services, visit.actor, provider, current.id, repository.name, capability.usual
            )
        elif fields.get("on") == "no" and hook is not None:
            await subscribe.unsubscribe(visit.services, visit.actor, hook)
    except FluxStudioError as error:
        problem = FormErrors.of(error, ()).problem
        return await RepositoryList(repository, "issues", events_problem=problem).show()
    return await visit.go(repository.path())


async def _repository(
    visit: Visit, provider: str, names: tuple[str, str], tab: str, fields: Mapping[str, str]
) -> RepositoryVisit:
    if tab not in LISTS:
        raise NotFound("Page not found. Check the address, or go back to the repository.")
    return await RepositoryVisit.of(visit, provider, names, "" if tab == "issues" else tab, fields)
