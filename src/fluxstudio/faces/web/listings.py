"""The pages that show what a connected account holds, for every provider with the capability."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from fluxstudio.core.connections import Listed
from fluxstudio.core.registry import Registered
from fluxstudio.errors import FluxStudioError, NotFound
from fluxstudio.faces.web.cards import HOME, mark
from fluxstudio.faces.web.errors import SHOWN_IN_PLACE
from fluxstudio.faces.web.integrations import PARENT, problem_banner
from fluxstudio.faces.web.templating import Pages
from fluxstudio.faces.web.views import (
    ChannelsPage,
    ChannelView,
    FieldView,
    FilesPage,
    FileView,
    FreshnessView,
    HeadView,
    LinkView,
    ListingView,
    Page,
    ProjectView,
    RepositoriesPage,
    RepositoryView,
    ResultView,
    SourceForm,
    TabView,
)
from fluxstudio.faces.web.visit import Visit
from fluxstudio.flows import call
from fluxstudio.flows.call import Outcome
from fluxstudio.sdk import CodeHost, DesignSource, Notifier, Operation

router = APIRouter(prefix="/integrations/{provider}", include_in_schema=False)

PATIENCE = 0.12
GONE = "You have no such connection any more. Look at Integrations for those you have."
SUGGESTION = "Hello from FluxStudio. This channel is connected."


class Listing:
    """One page of one connection: picks the account, asks the provider, and waits only briefly for it."""

    def __init__(
        self, visit: Visit, registered: Registered, listed: list[Listed], title: str, noun: str
    ) -> None:
        self.visit = visit
        self.registered = registered
        self.title = title
        self.noun = noun
        self.home: LinkView | None = None
        self.query = visit.request.query_params.get("q", "").strip()[:100]
        self.accounts = [
            entry for entry in listed if entry.provider == registered.provider.id and entry.is_active
        ]
        self.current = self.accounts[0] if self.accounts else None

    @classmethod
    async def of(cls, request: Request, provider: str, title: str, noun: str) -> Listing:
        """The listing that a request asks for. Raises `NotFound` for an account that is not the user's."""
        wanted = request.query_params.get("connection")
        return await cls.chosen(await Visit.of(request), provider, wanted, title, noun)

    @classmethod
    async def chosen(
        cls, visit: Visit, provider: str, connection: str | None, title: str, noun: str
    ) -> Listing:
        """The listing of a connection, or of the first. Raises `NotFound` for one that is not the user's."""
        listed = await visit.services.connections.of_user(visit.actor.user_id)
        listing = cls(visit, visit.services.registry[provider], listed, title, noun)
        if connection is not None:
            listing.current = next((entry for entry in listing.accounts if str(entry.id) == connection), None)
            if listing.current is None:
                raise NotFound(GONE)
        return listing

    @property
    def hidden(self) -> Mapping[str, str]:
        """The fields that keep the chosen account in a form."""
        return {"connection": str(self.current.id)} if self.current else {}

    def path(self, page: str, **query: str) -> str:
        """The address of a page of this account."""
        return f"/integrations/{self.registered.provider.id}/{page}?{urlencode({**self.hidden, **query})}"

    async def ask(self, operation: Operation, **arguments: Any) -> Outcome:
        """Run an operation for the chosen account."""
        return await call.run(
            self.visit.services,
            self.visit.actor,
            operation.full_name,
            arguments,
            connection=self.hidden.get("connection"),
        )

    async def show(
        self, page: str, operation: Operation, make: Callable[[ListingView, Any], Page]
    ) -> Response:
        """The page with what the provider answers, a skeleton while it thinks, or what is in the way."""
        task = asyncio.create_task(self.ask(operation))
        waiting = "part" not in self.visit.request.query_params
        done, _ = await asyncio.wait({task}, timeout=PATIENCE if waiting else None)
        if not done:
            task.add_done_callback(lambda late: late.exception())
            further = {"q": self.query} if self.query else {}
            return await self.visit.page(
                make(self.view(pending=self.path(page, part="results", **further)), None)
            )
        try:
            outcome = task.result()
        except FluxStudioError as error:
            return await self.visit.page(make(self.view(error=error), None))
        return await self.visit.page(make(self.view(outcome), outcome.value))

    def view(
        self,
        outcome: Outcome | None = None,
        *,
        pending: str | None = None,
        error: FluxStudioError | None = None,
    ) -> ListingView:
        """What listing pages share."""
        name = self.registered.provider.name
        freshness = None
        if outcome is not None and outcome.cached:
            reason = f"{name} cannot be asked right now." if outcome.stale else None
            freshness = FreshnessView(read_at=outcome.fetched_at, stale=outcome.stale, reason=reason)
        tabs = tuple(
            TabView(
                label=entry.account.name,
                href=f"{self.visit.request.url.path}?connection={entry.id}",
                current=entry is self.current,
            )
            for entry in self.accounts
        )
        return ListingView(
            head=HeadView(
                title=self.title,
                sentence=f"{self.noun} of {self.current.account.name}." if self.current else None,
                parent=PARENT,
                action=self.home,
            ),
            icon=mark(self.registered),
            tabs=tabs if len(tabs) > 1 else (),
            freshness=freshness,
            pending_href=pending,
            problem=problem_banner(error) if error else None,
        )


def needed(found: Any, registered: Registered) -> Any:
    """The capability a page stands on. Raises `NotFound` where the provider does not have it."""
    if found is None:
        raise NotFound(f"{registered.provider.name} has no such page.")
    return found


def moment(text: object) -> datetime | None:
    """A time of the provider's, or None where it gave none."""
    try:
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else None


@router.get("/files")
async def files(
    request: Request, provider: str, *, field_error: str | None = None, typed: str = ""
) -> Response:
    """Design files by project."""
    listing = await Listing.of(request, provider, "Files", "Design files")
    source: DesignSource = needed(listing.registered.provider.capability(DesignSource), listing.registered)
    name = listing.registered.provider.name
    listing.home = LinkView(
        label=f"Open {name}", href=listing.registered.hosts["web"] + source.home, external=True
    )
    form = SourceForm(
        action=f"/integrations/{provider}/sources",
        address=FieldView(
            name="url",
            label="Team, project or file address",
            value=typed,
            help=f"Open it in {name} and copy the address from your browser.",
            error=field_error,
            placeholder=f"{listing.registered.hosts['web']}/files/team/…",
        ),
        button="Add",
        hidden=listing.hidden,
    )

    def page(view: ListingView, value: Any) -> Page:
        projects = tuple(
            ProjectView(
                name=project["name"], files=tuple(_file(listing, entry) for entry in project["files"])
            )
            for project in (value or {}).get("projects", [])
        )
        return FilesPage(listing=view, projects=projects, source=form)

    return await listing.show("files", source.files, page)


def _file(listing: Listing, entry: Mapping[str, Any]) -> FileView:
    return FileView(
        name=entry["name"],
        href=f"{listing.registered.hosts['web']}/design/{entry['key']}",
        edited_at=moment(entry.get("last_modified")),
        thumbnail_href=entry.get("thumbnail_url"),
    )


@router.post("/sources")
async def follow(request: Request, provider: str) -> Response:
    """Remember a team, project or file by its address."""
    visit = await Visit.of(request)
    fields = await visit.form()
    registered = visit.services.registry[provider]
    source: DesignSource = needed(registered.provider.capability(DesignSource), registered)
    connection = fields.get("connection")
    try:
        await call.run(
            visit.services,
            visit.actor,
            source.follow.full_name,
            {"url": fields.get("url", "")},
            connection=connection,
        )
    except FluxStudioError as error:
        if error.status not in SHOWN_IN_PLACE:
            raise
        request.scope["query_string"] = urlencode({"connection": connection} if connection else {}).encode()
        request.scope["method"] = "GET"
        fresh = Request(request.scope)
        reason = next(iter(error.details.get("fields", {}).values()), error.message)
        return await files(fresh, provider, field_error=reason, typed=fields.get("url", ""))
    return await visit.go(
        f"/integrations/{provider}/files" + (f"?connection={connection}" if connection else "")
    )


@router.get("/channels")
async def channels(request: Request, provider: str) -> Response:
    """A workspace's channels, each with a test message."""
    listing = await Listing.of(request, provider, "Channels", "Channels")
    notifier: Notifier = needed(listing.registered.provider.capability(Notifier), listing.registered)

    def page(view: ListingView, value: Any) -> Page:
        found = [channel_view(entry) for entry in (value or [])]
        return ChannelsPage(
            listing=view,
            filter_action=f"/integrations/{provider}/channels",
            message_action=f"/integrations/{provider}/message",
            channels=tuple(
                entry for entry in found if listing.query.lower().lstrip("#") in entry.name.lower()
            ),
            total=len(found),
            query=listing.query,
            suggestion=SUGGESTION,
            hidden=listing.hidden,
        )

    return await listing.show("channels", notifier.channels, page)


def channel_view(entry: Mapping[str, Any], result: ResultView | None = None) -> ChannelView:
    """One channel as its row shows it."""
    return ChannelView(
        id=entry["id"],
        name=entry["name"],
        is_private=bool(entry.get("is_private")),
        is_archived=bool(entry.get("is_archived")),
        is_member=bool(entry.get("is_member")),
        members=entry.get("num_members"),
        result=result,
    )


@router.post("/message")
async def message(request: Request, provider: str) -> Response:
    """Send a test message; the result stands next to its form."""
    visit = await Visit.of(request)
    fields = await visit.form()
    registered = visit.services.registry[provider]
    notifier: Notifier = needed(registered.provider.capability(Notifier), registered)
    channel, connection = fields.get("channel", ""), fields.get("connection")
    listing = await Listing.chosen(visit, provider, connection, "Channels", "Channels")
    try:
        await call.run(
            visit.services,
            visit.actor,
            notifier.send.full_name,
            {"channel": channel, "text": fields.get("text", "")},
            connection=connection,
        )
        result = ResultView(tone="good", text=f"Sent. It stands in {registered.provider.name} now.")
    except FluxStudioError as error:
        if error.status not in SHOWN_IN_PLACE:
            raise
        result = ResultView(tone="bad", text=error.message)
    if request.headers.get("hx-request"):
        view = ChannelView(id=channel, name=fields.get("name", channel), result=result)
        pages: Pages = request.app.state.pages
        return await visit.send(HTMLResponse(pages.message_result(view, result, visit.shell())))
    return await _channels_with(listing, notifier, channel, result)


async def _channels_with(listing: Listing, notifier: Notifier, channel: str, result: ResultView) -> Response:
    """The whole page with the result in it, for browsers without JavaScript."""
    provider = listing.registered.provider.id
    outcome = await listing.ask(notifier.channels)
    found = [channel_view(entry, result if entry["id"] == channel else None) for entry in outcome.value]
    page = ChannelsPage(
        listing=listing.view(outcome),
        filter_action=f"/integrations/{provider}/channels",
        message_action=f"/integrations/{provider}/message",
        channels=tuple(found),
        total=len(found),
        suggestion=SUGGESTION,
        hidden=listing.hidden,
    )
    return await listing.visit.page(page)


@router.get("/repositories")
async def repositories(request: Request, provider: str) -> Response:
    """An account's repositories."""
    listing = await Listing.of(request, provider, "Repositories", "Repositories")
    host: CodeHost = needed(listing.registered.provider.capability(CodeHost), listing.registered)

    def page(view: ListingView, value: Any) -> Page:
        found = [_repository(entry) for entry in (value or [])]
        return RepositoriesPage(
            listing=view,
            filter_action=f"/integrations/{provider}/repositories",
            repositories=tuple(entry for entry in found if listing.query.lower() in entry.name.lower()),
            total=len(found),
            query=listing.query,
            hidden=listing.hidden,
        )

    return await listing.show("repositories", host.repositories, page)


def _repository(entry: Mapping[str, Any]) -> RepositoryView:
    return RepositoryView(
        name=entry["name"],
        owner=entry["owner"]["login"],
        href=entry["html_url"],
        description=entry.get("description"),
        language=entry.get("language"),
        is_private=bool(entry.get("private")),
        is_archived=bool(entry.get("archived")),
        is_fork=bool(entry.get("fork")),
        stars=entry.get("stargazers_count") or 0,
        open_issues=entry.get("open_issues_count") or 0,
        pushed_at=moment(entry.get("pushed_at")),
    )


__all__ = ["HOME", "router"]
