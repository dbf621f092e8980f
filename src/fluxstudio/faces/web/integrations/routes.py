"""Settings → Integrations."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.automations.bindings import DependentRule, dependents
from fluxstudio.core.connections.attempts import Attempt, recent_attempts
from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.errors import NotFound
from fluxstudio.faces.browser_binding import bind, new_binding
from fluxstudio.faces.web.components.banners import INTEGRATIONS_LINK
from fluxstudio.faces.web.components.views import BannerView, HeadView
from fluxstudio.faces.web.integrations.presenter import attempt_view, card_of, card_version, disconnect_view
from fluxstudio.faces.web.integrations.views import (
    AttemptsPage,
    CardView,
    DisconnectPage,
    IntegrationsPage,
)
from fluxstudio.faces.web.shell.paths import INTEGRATIONS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.connections import connect
from fluxstudio.flows.connections.disconnect import disconnect
from fluxstudio.flows.connections.places import Beginning
from fluxstudio.flows.connections.refusals import explained

router = APIRouter(include_in_schema=False)


@router.get(INTEGRATIONS)
async def integrations(request: Request) -> Response:
    """Every provider with its accounts."""
    visit = await Visit.of(request)
    listed, attempts = await _connections_and_attempts(visit)
    registry = visit.services.registry
    active = dict.fromkeys(entry.provider for entry in listed if entry.is_active)
    retired = [entry for entry in map(registry.get, active) if entry.retired]
    rules = await _rules(visit, listed)
    cards = tuple(_card(visit, entry, listed, attempts, rules) for entry in (*registry, *retired))
    page = IntegrationsPage(
        head=HeadView(
            title="Integrations",
            sentence="Connect the tools your team works in. You decide what each one can access.",
        ),
        cards=cards,
    )
    return await visit.page(page, banners=_outcome(visit, listed, attempts))


async def _connections_and_attempts(visit: Visit) -> tuple[list[ListedConnection], list[Attempt]]:
    user = visit.actor.user_id
    return (
        await visit.services.connections.of_user(user),
        explained(visit.services.registry, await recent_attempts(visit.services.db, user)),
    )


async def _rules(visit: Visit, listed: Sequence[ListedConnection]) -> list[DependentRule]:
    """The automations that use these connections."""
    live = [entry.id for entry in listed if entry.is_active]
    return await dependents(visit.services.db, visit.actor.user_id, live)


def _card(
    visit: Visit,
    entry: RegisteredProvider,
    listed: list[ListedConnection],
    attempts: list[Attempt],
    rules: Sequence[DependentRule],
) -> CardView:
    own = [attempt for attempt in attempts if attempt.provider == entry.provider.id]
    return card_of(entry, visit.actor, listed, own, rules)


def _outcome(
    visit: Visit, listed: Sequence[ListedConnection], attempts: Sequence[Attempt]
) -> list[BannerView]:
    """What just happened, as the address tells."""
    query = visit.request.query_params
    provider = query.get("provider", "")
    ids = {entry.provider.id for entry in visit.services.registry} | {entry.provider for entry in listed}
    if provider not in ids:
        return []
    name = visit.services.registry.get(provider).provider.name
    if query.get("status") == "success":
        return [_connected(name, query.get("connection"), query.get("notice"), listed)]
    if query.get("status") == "disconnected":
        return [
            BannerView(
                tone="neutral", title=f"{name} is disconnected.", detail=_gone(query.get("notice"), name)
            )
        ]
    if query.get("status") != "error":
        return []
    code = query.get("code")
    latest = next((entry for entry in attempts if entry.provider == provider and entry.code == code), None)
    if code == "ACCESS_DENIED":
        return [BannerView(tone="neutral", title=f"You did not connect {name}. Nothing was changed.")]
    if latest is not None and latest.cause:
        return [BannerView(tone="bad", title=latest.cause, detail=latest.mend)]
    if code == "STATE_INVALID":
        title = f"This connect of {name} was already finished, too old, or begun in another browser."
        return [BannerView(tone="bad", title=title, detail=f"Choose Connect {name} to begin again.")]
    return [
        BannerView(tone="bad", title=f"{name} was not connected.", detail="Nothing was changed. Try again.")
    ]


def _connected(
    name: str, connection: str | None, notice: str | None, listed: Sequence[ListedConnection]
) -> BannerView:
    entry = next((entry for entry in listed if str(entry.id) == connection), None)
    account = entry.account.name if entry else "your account"
    detail = None
    if notice == "OTHER_ACCOUNT":
        detail = "You chose another account than the one you wanted to renew, so it was added beside it."
    return BannerView(tone="good", title=f"{name} is connected to {account}.", detail=detail)


def _gone(notice: str | None, name: str) -> str | None:
    if notice == "UNCONFIRMED":
        return f"{name} did not confirm the end of the access; our copy is deleted. Remove the app there too."
    return None


@router.get(INTEGRATIONS + "/{provider}/card")
async def card(request: Request, provider: str) -> Response:
    """One card, for a page that waits for a connect to end; 204 while nothing has changed."""
    visit = await Visit.of(request)
    registered = visit.services.registry[provider]
    listed, attempts = await _connections_and_attempts(visit)
    own = [attempt for attempt in attempts if attempt.provider == provider]
    if request.query_params.get("seen") == card_version(own):
        return await visit.send(Response(status_code=204))
    view = _card(visit, registered, listed, attempts, await _rules(visit, listed))
    return await visit.part("integrations/card.html", card=view)


@router.post(INTEGRATIONS + "/{provider}/connect")
async def begin(request: Request, provider: str) -> Response:
    """Off to the provider's consent page."""
    visit = await Visit.of(request)
    fields = await visit.form()
    binding = new_binding()
    beginning = Beginning(
        binding=binding,
        in_session=True,
        return_to=fields.get("returnTo"),
        connection=fields.get("connection") or None,
        scopes=fields.get("scopes", "").split(),
    )
    connect_start = await connect.begin(visit.services, visit.actor, provider, beginning)
    response = await visit.go(connect_start.authorization_url)
    bind(request, response, connect_start.state, binding)
    return response


def _own(listed: Sequence[ListedConnection], provider: str, connection: str | None) -> ListedConnection:
    for entry in listed:
        if entry.provider == provider and entry.is_active and str(entry.id) == connection:
            return entry
    raise NotFound("You have no such connection any more. Look at Integrations for those you have.")


@router.get(INTEGRATIONS + "/{provider}/disconnect")
async def ask(request: Request, provider: str) -> Response:
    """The question before a disconnect."""
    visit = await Visit.of(request)
    listed = await visit.services.connections.of_user(visit.actor.user_id)
    entry = _own(listed, provider, request.query_params.get("connection"))
    registered = visit.services.registry.get(entry.provider)
    name = registered.provider.name
    page = DisconnectPage(
        head=HeadView(title=f"Disconnect {name}", parent=INTEGRATIONS_LINK),
        disconnect=disconnect_view(registered, entry, await _rules(visit, [entry])),
    )
    return await visit.page(page)


@router.post(INTEGRATIONS + "/{provider}/disconnect")
async def end(request: Request, provider: str) -> Response:
    """End one connection."""
    visit = await Visit.of(request)
    fields = await visit.form()
    entry = _own(
        await visit.services.connections.of_user(visit.actor.user_id), provider, fields.get("connection")
    )
    done = await disconnect(visit.services, visit.actor, provider, str(entry.id))
    unconfirmed = "&notice=UNCONFIRMED" if "did not confirm" in done.message else ""
    return await visit.go(f"{INTEGRATIONS}?provider={provider}&status=disconnected{unconfirmed}")


@router.get(INTEGRATIONS + "/{provider}/attempts")
async def attempts(request: Request, provider: str) -> Response:
    """The recent tries to connect, step by step."""
    visit = await Visit.of(request)
    registered = visit.services.registry[provider]
    entries = explained(
        visit.services.registry,
        await recent_attempts(visit.services.db, visit.actor.user_id, provider),
    )
    name = registered.provider.name
    page = AttemptsPage(
        head=HeadView(
            title=f"{name} connection history",
            sentence="Each attempt, and how to fix it.",
            parent=INTEGRATIONS_LINK,
        ),
        attempts=tuple(attempt_view(registered, attempt) for attempt in entries),
    )
    return await visit.page(page)
