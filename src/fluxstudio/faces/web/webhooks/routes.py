"""Settings → Webhooks: what providers were asked to tell, and whether all of it arrives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.core.webhooks import subscriptions
from fluxstudio.core.webhooks.subscriptions import SubscriptionHealth
from fluxstudio.errors import FluxStudioError, NotFound
from fluxstudio.faces.web.components.banners import problem_banner
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.components.views import (
    BannerView,
    EmptyView,
    FieldView,
    HeadView,
    LinkView,
    SearchView,
)
from fluxstudio.faces.web.shell.deferred import in_time, waits_for_all
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors
from fluxstudio.faces.web.shell.paging import LIST_PAGE_SIZE, Window, page_in, pager, search_in
from fluxstudio.faces.web.shell.paths import INTEGRATIONS, WEBHOOKS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.faces.web.webhooks.presenter import account_view, grant_view, hook_view
from fluxstudio.faces.web.webhooks.views import (
    NewWebhookPage,
    RemoveWebhookPage,
    TypeView,
    WebhooksPage,
)
from fluxstudio.flows import call
from fluxstudio.flows.automations.authoring.choices import MOST_SUGGESTED
from fluxstudio.flows.directory import names_in, spoken
from fluxstudio.flows.webhooks import reconcile, subscribe
from fluxstudio.sdk import Subscribable

router = APIRouter(include_in_schema=False)

PARENT = LinkView(label="Webhooks", href=WEBHOOKS)
SENTENCE = "Live event subscriptions and their health."
NONE = EmptyView(
    title="No accounts yet",
    words="Connect a tool your team works in, then choose which events to receive.",
    icon="webhook",
    action=LinkView(label="Open Integrations", href=INTEGRATIONS),
)
GONE = "You have no such connection any more. Look at Integrations for those you have."
DONE = {
    "added": "Events will show up in Activity.",
    "checked": "Checked just now. What was found is shown with the webhook.",
    "removed": "The webhook is removed.",
    "gone": "The webhook was gone already. It is removed here, too.",
}


@router.get(WEBHOOKS)
async def webhooks(request: Request) -> Response:
    """Every account with its webhooks, fifty of them on a page."""
    visit = await Visit.of(request)
    query = request.query_params
    search, number = search_in(query.get("q")), page_in(query.get("page"))
    listed = await visit.services.connections.of_user(visit.actor.user_id)
    hooks = await subscriptions.of_user(visit.services.db, visit.actor.user_id)
    names = await names_in(visit.services, visit.actor, [hook.details for hook in hooks])
    registry = visit.services.registry
    usable = [
        entry
        for entry in listed
        if entry.is_active and registry.get(entry.provider).provider.webhooks is not None
    ]
    own = [
        hook
        for entry in usable
        for hook in hooks
        if hook.connection_id == entry.id and search.lower() in _place(visit, hook, names).lower()
    ]
    window = Window.of(own, number)
    long = len(hooks) > LIST_PAGE_SIZE or bool(search)
    accounts = tuple(
        account_view(
            registry.get(entry.provider),
            entry,
            registry.get(entry.provider).provider.capability(Subscribable),
            own_hooks,
            names,
        )
        for entry in usable
        # Further pages and what was found show those accounts only that have something there.
        if (own_hooks := [hook for hook in window.rows if hook.connection_id == entry.id])
        or not (search or window.page > 1)
    )
    head = HeadView(title="Webhooks", sentence=SENTENCE)
    done = DONE.get(request.query_params.get("done", ""))
    banners = [BannerView(tone="good", title=done)] if done else []
    return await visit.page(
        WebhooksPage(
            head=head,
            accounts=accounts,
            empty=None if usable else NONE,
            search=SearchView(label="Find a webhook", action=WEBHOOKS, query=search) if long else None,
            pager=pager(window, partial(_address, search), "webhook", search=search) if long else None,
        ),
        banners=banners,
    )


def _place(visit: Visit, hook: SubscriptionHealth, names: Mapping[str, str]) -> str:
    """Where a webhook listens, in words."""
    capability = visit.services.registry.get(hook.provider).provider.capability(Subscribable)
    return spoken(capability.spot(hook.details).name, names) if capability is not None else ""


def _address(search: str, page: int) -> str:
    """The address of a page of the list."""
    fields = {name: value for name, value in (("q", search), ("page", page if page > 1 else "")) if value}
    return f"{WEBHOOKS}?{urlencode(fields)}" if fields else WEBHOOKS


@dataclass(frozen=True, slots=True)
class SubscribeForm:
    """Somebody who asks for a webhook: for which account, and how its provider is asked."""

    visit: Visit
    listed: ListedConnection
    registered: RegisteredProvider
    capability: Subscribable

    @classmethod
    async def of(cls, visit: Visit, connection: str | None) -> SubscribeForm:
        """Raises `NotFound` for a connection that is not the user's, or whose provider cannot be asked."""
        listed = await _own_connection(visit, connection)
        capability = subscribe.subscribable(visit.services, listed.provider)
        return cls(visit, listed, visit.services.registry.get(listed.provider), capability)

    async def suggestions(
        self, search: str = "", *, waits: bool = True
    ) -> tuple[tuple[str, str], ...] | None:
        """Places with these letters in them, 50 at most; none where the provider lists none.

        None when it takes longer than a page waits, unless this one `waits`.
        """
        visit = self.visit
        name, connection = self.capability.nearby.full_name, str(self.listed.id)
        asking = call.run(visit.services, visit.actor, name, {}, connection=connection, brief=True)
        asked = await in_time(asking, waits=waits)
        if asked is None:
            return None
        with suppress(FluxStudioError):
            places = self.capability.suggest(asked.result().value, self.registered.hosts["web"])
            needle = search.lower()
            matching = (entry for entry in places if any(needle in text.lower() for text in entry))
            return tuple(islice(matching, MOST_SUGGESTED))
        return ()

    async def page(
        self, *, typed: str = "", types: Sequence[str] | None = None, error: FluxStudioError | None = None
    ) -> Response:
        """The form, as it was sent and with what is wrong with it."""
        visit = self.visit
        grant = grant_view(self.registered, self.listed, self.capability)
        waits = waits_for_all(visit.request.query_params)
        choices = () if grant else await self.suggestions(waits=waits)
        errors = NO_ERRORS if error is None else FormErrors.of(error, {"where", "types"})
        problem = problem_banner(error) if error is not None and errors.problem and grant is None else None
        page = NewWebhookPage(
            head=HeadView(
                title="Add a webhook",
                sentence=f"Subscribe as {self.listed.account.name}.",
                parent=PARENT,
            ),
            icon=mark(self.registered),
            action=f"{WEBHOOKS}/new",
            connection=str(self.listed.id),
            place=FieldView(
                name="where",
                label=self.capability.label,
                value=typed,
                help=self.capability.help,
                error=errors.get("where"),
                placeholder=self.capability.example,
            ),
            types=self._types(self.capability.usual if types is None else types),
            several=self.capability.several,
            types_error=errors.get("types"),
            suggestions=choices or (),
            suggest_href=f"{WEBHOOKS}/places?connection={self.listed.id}",
            pending_href=f"{WEBHOOKS}/new?connection={self.listed.id}&part=places"
            if choices is None
            else None,
            problem=problem,
            grant=grant,
        )
        return await visit.page(page, status=errors.status)

    def _types(self, chosen: Sequence[str]) -> tuple[TypeView, ...]:
        webhook = self.registered.provider.webhooks
        means = webhook.event_labels if webhook is not None else {}
        return tuple(
            TypeView(name=name, words=means.get(name, name), chosen=name in chosen)
            for name in self.capability.events
        )


@router.get(f"{WEBHOOKS}/new")
async def ask_for(request: Request) -> Response:
    """The form for another webhook; with `part` it waits for the places that are suggested."""
    visit = await Visit.of(request)
    return await (await SubscribeForm.of(visit, request.query_params.get("connection"))).page()


@router.get(f"{WEBHOOKS}/places")
async def places(request: Request) -> Response:
    """`{suggestions: [{value, words}]}`: where one may listen, by a few letters of it."""
    visit, query = await Visit.of(request), request.query_params
    form = await SubscribeForm.of(visit, query.get("connection"))
    choices = await form.suggestions(search_in(query.get("q"))) or ()
    entries = [{"value": value, "words": words} for value, words in choices]
    return await visit.send(JSONResponse({"suggestions": entries}))


@router.post(f"{WEBHOOKS}/new")
async def add(request: Request) -> Response:
    """Have a provider tell of something."""
    visit = await Visit.of(request)
    fields = await visit.form()
    form = await SubscribeForm.of(visit, fields.get("connection"))
    prefix = "type."
    types = [name.removeprefix(prefix) for name in fields if name.startswith(prefix)]
    types += [fields["type"]] if "type" in fields else []
    listed, where = form.listed, fields.get("where", "")
    try:
        await subscribe.subscribe(visit.services, visit.actor, listed.provider, listed.id, where, types)
    except FluxStudioError as error:
        # What the provider refused may have shown that access is missing or over.
        form = await SubscribeForm.of(visit, str(listed.id))
        return await form.page(typed=where, types=types, error=error)
    return await visit.go(f"{WEBHOOKS}?done=added#account-{listed.id}")


@router.post(f"{WEBHOOKS}/check")
async def check(request: Request) -> Response:
    """Look now whether a webhook is there, and what it missed."""
    visit = await Visit.of(request)
    await visit.form()
    query = visit.request.query_params
    listed, hook = await _own(visit, query.get("connection"), query.get("id"))
    await reconcile.check(visit.services, visit.actor, listed.provider, hook.webhook_id)
    return await visit.go(f"{WEBHOOKS}?done=checked#account-{listed.id}")


@router.get(f"{WEBHOOKS}/remove")
async def ask_to_remove(request: Request) -> Response:
    """The question before a webhook ends."""
    visit = await Visit.of(request)
    query = request.query_params
    return await _removal(visit, *await _own(visit, query.get("connection"), query.get("id")))


async def _removal(
    visit: Visit, listed: ListedConnection, hook: SubscriptionHealth, error: FluxStudioError | None = None
) -> Response:
    registered = visit.services.registry.get(listed.provider)
    names = await names_in(visit.services, visit.actor, [hook.details])
    view = hook_view(registered, listed, subscribe.subscribable(visit.services, listed.provider), hook, names)
    head = HeadView(title="Remove a webhook", parent=PARENT)
    page = RemoveWebhookPage(head=head, icon=mark(registered), remove=view.remove)
    errors = NO_ERRORS if error is None else FormErrors.of(error, ())
    banners = [problem_banner(error)] if error is not None else []
    return await visit.page(page, banners=banners, status=errors.status)


@router.post(f"{WEBHOOKS}/remove")
async def remove(request: Request) -> Response:
    """End a webhook."""
    visit = await Visit.of(request)
    fields = await visit.form()
    listed, hook = await _own(visit, fields.get("connection"), fields.get("id"))
    try:
        was_there = await subscribe.unsubscribe(visit.services, visit.actor, hook)
    except FluxStudioError as error:
        return await _removal(visit, listed, hook, error)
    return await visit.go(f"{WEBHOOKS}?done={'removed' if was_there else 'gone'}")


async def _own_connection(visit: Visit, connection: str | None) -> ListedConnection:
    listed = await visit.services.connections.of_user(visit.actor.user_id)
    for entry in listed:
        if entry.is_active and str(entry.id) == connection:
            return entry
    raise NotFound(GONE)


async def _own(
    visit: Visit, connection: str | None, webhook_id: str | None
) -> tuple[ListedConnection, SubscriptionHealth]:
    listed = await _own_connection(visit, connection)
    hook = await subscribe.own(visit.services, visit.actor, listed.id, webhook_id or "")
    if hook is None:
        raise NotFound("You have no such webhook any more. Check webhooks for those you have.")
    return listed, hook
