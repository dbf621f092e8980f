"""What the pages of a connected account share: which account, what is searched for, asking its provider."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.errors import FluxStudioError, NotFound
from fluxstudio.faces.web.components.banners import INTEGRATIONS_LINK, problem_banner
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.components.views import BannerView, HeadView, LinkView, SearchView, TabView
from fluxstudio.faces.web.shell.deferred import in_time, waits_for_all
from fluxstudio.faces.web.shell.list_views import FreshnessView, ListingView, RefreshForm
from fluxstudio.faces.web.shell.paging import page_in, search_in
from fluxstudio.faces.web.shell.templating import Page
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows import call
from fluxstudio.flows.call import Outcome
from fluxstudio.sdk import Operation

# What else of an address belongs to a list: the order it is in, and which part of it is shown.
OPTIONS = ("sort", "show")
LONGEST_OPTION = 20
GONE = "You have no such connection any more. Look at Integrations for those you have."


@dataclass(frozen=True, slots=True)
class ListRequest:
    """What an address or a form asks for: an account, a search, a page, and an order or a part of the list.

    `waits` says that the results are wanted in this answer, `renew` that the provider is to be asked whatever
    is kept.
    """

    connection: str | None = None
    search: str = ""
    page: int = 1
    options: Mapping[str, str] = field(default_factory=dict)
    waits: bool = False
    renew: bool = False

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> ListRequest:
        """What these fields of an address or a form ask for."""
        return cls(
            connection=fields.get("connection"),
            search=search_in(fields.get("q")),
            page=page_in(fields.get("page")),
            options={name: fields[name][:LONGEST_OPTION] for name in OPTIONS if fields.get(name)},
            waits=waits_for_all(fields),
        )


@dataclass(frozen=True, slots=True)
class ListSection:
    """One of the pages: the last part of its path, its title, the label of its search, and whose it is.

    `sentence` has `{}` where the account's name goes.
    """

    path: str
    title: str
    search_label: str
    sentence: str


class AccountListing:
    """One page of one connection: picks the account, asks the provider, and waits only briefly for it."""

    def __init__(
        self,
        visit: Visit,
        registered: RegisteredProvider,
        listed: list[ListedConnection],
        section: ListSection,
        list_request: ListRequest,
    ) -> None:
        self.visit = visit
        self.registered = registered
        self.section = section
        self.list_request = list_request
        self.action: LinkView | None = None
        self.banners: Sequence[BannerView] = ()
        self.status = 200
        self.accounts = [
            entry for entry in listed if entry.provider == registered.provider.id and entry.is_active
        ]
        self.current = self._current()

    @classmethod
    async def of(
        cls, visit: Visit, provider: str, section: ListSection, list_request: ListRequest
    ) -> AccountListing:
        """The listing of a connection, or of the first. Raises `NotFound` for one that is not the user's."""
        listed = await visit.services.connections.of_user(visit.actor.user_id)
        return cls(visit, visit.services.registry[provider], listed, section, list_request)

    def _current(self) -> ListedConnection | None:
        if self.list_request.connection is None:
            return self.accounts[0] if self.accounts else None
        for entry in self.accounts:
            if str(entry.id) == self.list_request.connection:
                return entry
        raise NotFound(GONE)

    @property
    def hidden(self) -> Mapping[str, str]:
        """The fields that keep the chosen account in a form."""
        return {"connection": str(self.current.id)} if self.current else {}

    def path(self, section: str = "", **query: str) -> str:
        """The address of a page of this account; empty fields are left out."""
        options = {} if section else self.list_request.options
        fields = {name: value for name, value in {**self.hidden, **options, **query}.items() if value}
        address = f"/integrations/{self.registered.provider.id}/{section or self.section.path}"
        return f"{address}?{urlencode(fields)}" if fields else address

    def page_href(self, page: int) -> str:
        """The address of a page of this list, by its number."""
        return self.path(q=self.list_request.search, page=str(page) if page > 1 else "")

    def matches(self, *texts: str | None) -> bool:
        """Whether one of these texts holds what is searched for."""
        needle = self.list_request.search.lower()
        return any(needle in (text or "").lower() for text in texts)

    async def ask(self, operation: Operation, **arguments: Any) -> Outcome:
        """Run an operation for the chosen account."""
        return await call.run(
            self.visit.services,
            self.visit.actor,
            operation.full_name,
            arguments,
            connection=self.hidden.get("connection"),
            renew=self.list_request.renew and not operation.writes,
            brief=True,
        )

    async def show(
        self, operation: Operation, make: Callable[[ListingView, Any], Page], **arguments: Any
    ) -> Response:
        """The page with what the provider answers, a skeleton while it thinks, or what is in the way.

        What was renewed leads to the page's own address.
        """
        waits = self.list_request.waits or self.list_request.renew
        asked = await in_time(self.ask(operation, **arguments), waits=waits)
        if asked is None:
            pending = self.path(
                part="results",
                q=self.list_request.search,
                page=str(self.list_request.page) if self.list_request.page > 1 else "",
            )
            return await self.visit.page(make(self.view(pending=pending), None), banners=self.banners)
        try:
            outcome = asked.result()
        except FluxStudioError as error:
            return await self.visit.page(make(self.view(error=error), None), banners=self.banners)
        if self.list_request.renew and outcome.problem is None:
            return await self.visit.go(self.page_href(self.list_request.page))
        page = make(self.view(outcome), outcome.value)
        return await self.visit.page(page, banners=self.banners, status=self.status)

    def view(
        self,
        outcome: Outcome | None = None,
        *,
        pending: str | None = None,
        error: FluxStudioError | None = None,
    ) -> ListingView:
        """What listing pages share."""
        tabs = tuple(
            TabView(
                label=entry.account.name,
                href=f"/integrations/{entry.provider}/{self.section.path}?connection={entry.id}",
                current=entry is self.current,
            )
            for entry in self.accounts
        )
        name = self.current.account.name if self.current else None
        return ListingView(
            head=HeadView(
                title=self.section.title,
                sentence=self.section.sentence.format(name) if name else None,
                parent=INTEGRATIONS_LINK,
                action=self.action,
            ),
            icon=mark(self.registered),
            tabs=tabs if len(tabs) > 1 else (),
            search=SearchView(
                label=self.section.search_label,
                action=f"/integrations/{self.registered.provider.id}/{self.section.path}",
                query=self.list_request.search,
                hidden={**self.hidden, **self.list_request.options},
            ),
            freshness=self._freshness(outcome),
            pending_href=pending,
            problem=problem_banner(error) if error else None,
        )

    def _freshness(self, outcome: Outcome | None) -> FreshnessView | None:
        if outcome is None:
            return None
        reason = outcome.problem.message if outcome.problem is not None else None
        if reason is None and outcome.stale:
            reason = f"{self.registered.provider.name} can't be reached right now."
        refresh = RefreshForm(
            action=f"/integrations/{self.registered.provider.id}/{self.section.path}/refresh",
            hidden={
                **self.hidden,
                **self.list_request.options,
                "q": self.list_request.search,
                "page": str(self.list_request.page),
            },
        )
        return FreshnessView(read_at=outcome.fetched_at, stale=outcome.stale, reason=reason, refresh=refresh)


async def refreshed(
    request: Request, provider: str, page_of: Callable[[Visit, str, ListRequest], Awaitable[Response]]
) -> Response:
    """Ask the provider, then show the list; with what is in the way where it does not answer."""
    visit = await Visit.of(request)
    fields = await visit.form()
    return await page_of(visit, provider, replace(ListRequest.of(fields), renew=True))


def capability_required(capability: Any, registered: RegisteredProvider) -> Any:
    """The capability a page stands on. Raises `NotFound` where the provider does not have it."""
    if capability is None:
        raise NotFound(f"{registered.provider.name} has no such page.")
    return capability


def moment(text: object) -> datetime | None:
    """A time of the provider's, or None where it gave none."""
    try:
        at = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return at if at.tzinfo else None
