"""Connecting an account: off to the provider's consent page, and back with a grant."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from fluxstudio.core.connections import authorization_requests, links
from fluxstudio.core.connections.attempts import ConnectFailure, Timeline
from fluxstudio.core.connections.authorization import AuthorizationResult, save_authorization
from fluxstudio.core.connections.authorization_requests import AuthorizationRequest, BegunAt
from fluxstudio.core.connections.connections import as_id
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.metrics import counters
from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, InvalidRequest, NotFound, StateInvalid
from fluxstudio.flows.connections.departures import authorization_url
from fluxstudio.flows.connections.identification import identify
from fluxstudio.flows.connections.places import (
    Beginning,
    Returning,
    checked_return,
    comes_back_here,
    departure_path,
    known_origins,
    origin_to_post_to,
)
from fluxstudio.flows.connections.refusals import (
    EXPIRED,
    OF_ANOTHER_PROVIDER,
    ConnectStopped,
    declined,
    not_exchanged,
    unanswered,
)
from fluxstudio.kit.http import HttpError, origin
from fluxstudio.kit.pkce import new_verifier
from fluxstudio.kit.postgres.database import DatabaseUnavailable
from fluxstudio.kit.signatures import sha256
from fluxstudio.sdk import Account, OAuthClient, OAuthRefused, Provider, TokenAnswer
from fluxstudio.sdk.oauth import TokenEndpointDown

log = structlog.get_logger(__name__)

FIRST_ANSWER_WITHIN_SECONDS = 20
FIRST_ANSWER_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class StartedConnect:
    """Where to send the person, and the state that will come back with them."""

    authorization_url: str
    state: str
    provider: str
    expires_at: datetime
    attempt_id: UUID


@dataclass(frozen=True, slots=True)
class CompletedConnect:
    """A connect that worked. `other_account` says that a reconnect was answered by another account."""

    provider: str
    connection_id: UUID
    account: Account
    scopes: tuple[str, ...]
    place: BegunAt
    other_account: bool = False


class ConnectFailed(FluxStudioError):
    """A connect that did not work. `code` is stable; nothing that existed before was changed."""

    def __init__(self, failure: ConnectFailure, provider: str, place: BegunAt) -> None:
        super().__init__(f"{failure.cause} {failure.mend}", provider=provider)
        self.failure = failure
        self.place = place
        self.status = {"PROVIDER_UNAVAILABLE": 502, "UNAVAILABLE": 503}.get(failure.code, 400)

    def body(self) -> dict[str, Any]:
        return {**super().body(), "code": self.failure.code}


async def begin(services: Services, actor: Actor, provider_id: str, beginning: Beginning) -> StartedConnect:
    """Prepare a request for authorization, bound to the user and to the browser that holds the binding.

    Raises `UnknownProvider`, `ProviderNotConfigured`, `InvalidRequest` for a `return_to` or a scope that is
    not to be had, `NotFound` for a connection that is not the user's.
    """
    registered = services.registry[provider_id]
    client = registered.client(services.http)
    return_to = checked_return(beginning.return_to, known_origins(services.settings))
    renewed = as_id(beginning.connection)
    granted: Sequence[str] = ()
    if renewed is not None:
        mine = await services.connections.of_user(actor.user_id)
        connection = next((e for e in mine if e.id == renewed and e.provider == provider_id), None)
        if connection is None:
            raise NotFound("You have no such connection to renew. `GET /api/integrations` lists yours.")
        granted = connection.scopes
    oauth = registered.provider.oauth
    scopes = asked_scopes(registered.provider, beginning.scopes, granted)
    state = secrets.token_urlsafe(32)
    verifier = new_verifier() if registered.uses_pkce else None
    timeline = Timeline()
    timeline.step("prepared", note=f"asks for {len(scopes)} permissions")
    request = AuthorizationRequest(
        attempt_id=timeline.id,
        user_id=actor.user_id,
        provider=provider_id,
        browser_hash=sha256(beginning.binding),
        verifier=verifier,
        client_id=client.client_id,
        redirect_uri=registered.settings.redirect_uri,
        token_endpoint=client.url(oauth.token),
        issuer=oauth.issuer and client.url(oauth.issuer),
        scopes=scopes,
        return_to=return_to,
        connection_id=renewed,
        in_session=beginning.in_session,
        popup=beginning.popup,
        origin=origin_to_post_to(services.settings, beginning.origin, return_to),
        # Where a front end receives the redirect itself, its token takes the place of a cookie.
        unbound=beginning.crosses_sites and comes_back_here(services.settings, registered.settings),
    )
    timeline.step("sent to the provider")
    expires_at = await authorization_requests.store(services.db, services.vault, state, request, timeline)
    counters.attempted(provider_id, "begun")
    log.info("connect_begun", provider=provider_id, attempt=str(timeline.id))
    address = (
        f"{services.settings.base_url}{departure_path(state)}"
        if request.unbound
        else authorization_url(registered, client, request, state)
    )
    return StartedConnect(address, state, provider_id, expires_at, timeline.id)


def asked_scopes(provider: Provider, further: Sequence[str], granted: Iterable[str] = ()) -> tuple[str, ...]:
    """What to ask for: the usual scopes, the further ones, and the optional ones that were granted before.

    Raises `InvalidRequest` for a scope that the provider does not declare.
    """
    declared = [scope.name for scope in provider.oauth.described_scopes()]
    unknown = [scope for scope in further if scope not in declared]
    if unknown:
        raise InvalidRequest(
            f"{provider.name} has no scope “{unknown[0][:60]}” here. Ask for some of: {', '.join(declared)}.",
            {"scopes": "must be scopes that the provider declares"},
        )
    wanted = {*provider.oauth.asked_scopes(), *further, *granted}
    return tuple(scope for scope in declared if scope in wanted)


async def complete(
    services: Services,
    provider_id: str,
    answer: Mapping[str, str],
    returning: Returning,
    *,
    address: str | None = None,
) -> CompletedConnect:
    """Take the provider's answer (`code` or `error`, `state`, `iss`) and make it a connection.

    Whoever is `returning` has to be the one that began. Raises `StateInvalid`, `UnknownProvider`, or
    `ConnectFailed`, whose attempt tells the cause and the mend.

    An answer that comes a second time within a minute, as browsers and scanners send them, has no effect and
    ends as the first one did.
    """
    registered = services.registry[provider_id]
    if answer.get("error") and not answer.get("state") and returning.browser:
        await _refused_without_state(services, registered, answer, returning.browser)
    if returning.is_stranger:
        raise StateInvalid("This browser did not begin the connect. Begin it here.")
    try:
        request = await authorization_requests.consume(
            services.db,
            services.vault,
            provider_id,
            answer.get("state", ""),
            expired=EXPIRED,
            of_another_provider=OF_ANOTHER_PROVIDER,
        )
    except StateInvalid:
        first = await _first_answer(services, provider_id, answer.get("state", ""), returning)
        if first is None:
            raise
        return first
    timeline = Timeline(request.attempt_id)
    timeline.step("came back")
    try:
        tokens, account = await _fetch(services, registered, request, timeline, answer, returning)
        connected = await _keep(services, registered, request, timeline, tokens, account, address)
    except ConnectStopped as failed:
        _tell(request, failed.failure.outcome, failed.failure.code)
        await timeline.fail(services.db, failed.failure)
        await services.audit.record(
            "connect", provider_id, request.attempt_id, user_id=request.user_id, outcome="failed",
            address=address, code=failed.failure.code,
        )  # fmt: skip
        if failed.failure.code == StateInvalid.code:
            raise StateInvalid(f"{failed.failure.cause} {failed.failure.mend}") from None
        raise ConnectFailed(failed.failure, provider_id, request.place) from failed.__cause__
    _tell(request, "connected")
    await links.use_up(services.db, request.attempt_id)
    return connected


async def _refused_without_state(
    services: Services, registered: RegisteredProvider, answer: Mapping[str, str], browser: Sequence[bytes]
) -> None:
    """Raise `ConnectFailed` for the connect that this browser began last, where there is one.

    Nothing in such an answer proves what it belongs to, so the request stays good for a real one.
    """
    provider = registered.provider
    pending = await authorization_requests.latest_of_browser(services.db, provider.id, browser)
    if pending is None:
        return
    timeline = Timeline(pending.attempt_id)
    stopped = declined(provider.name, {"error": answer["error"]}, timeline)
    await timeline.fail(services.db, stopped.failure)
    raise ConnectFailed(stopped.failure, provider.id, pending.place)


async def _first_answer(
    services: Services, provider_id: str, state: str, returning: Returning
) -> CompletedConnect | None:
    """What became of a state that was used a moment ago; None where it was not, or not by the same person.

    Raises `ConnectFailed` where it failed. An attempt that is still under way is waited for.
    """
    first = await authorization_requests.consumed(services.db, provider_id, state)
    if first is None or not returning.began(first.user_id, first.browser_hash, in_session=first.in_session):
        return None
    waits_until = asyncio.get_running_loop().time() + FIRST_ANSWER_WITHIN_SECONDS
    while first.outcome == "waiting" and asyncio.get_running_loop().time() < waits_until:
        await asyncio.sleep(FIRST_ANSWER_POLL_SECONDS)
        first = await authorization_requests.consumed(services.db, provider_id, state) or first
    if first.failure is not None and first.failure.code != StateInvalid.code:
        raise ConnectFailed(first.failure, provider_id, first.place)
    connections = await services.connections.of_user(first.user_id)
    connection = next((entry for entry in connections if entry.id == first.connection_id), None)
    if connection is None:
        return None
    return CompletedConnect(provider_id, connection.id, connection.account, connection.scopes, first.place)


def _tell(request: AuthorizationRequest, outcome: str, code: str = "") -> None:
    counters.attempted(request.provider, outcome)
    attempt = str(request.attempt_id)
    log.info("connect_ended", provider=request.provider, attempt=attempt, outcome=outcome, code=code)


async def _fetch(
    services: Services,
    registered: RegisteredProvider,
    request: AuthorizationRequest,
    timeline: Timeline,
    answer: Mapping[str, str],
    returning: Returning,
) -> tuple[TokenAnswer, Account]:
    """The tokens that the answer's code is good for, and the account they open."""
    if not returning.began(request.user_id, request.browser_hash, in_session=request.in_session):
        raise ConnectStopped(
            StateInvalid.code,
            "This connect was begun in another browser or by another person.",
            "Begin it again here.",
        )
    timeline.step("state checked")
    name = registered.provider.name
    client = registered.client(services.http)
    if client.url(client.oauth.token) != request.token_endpoint or client.client_id != request.client_id:
        raise ConnectStopped(
            "SETTINGS_CHANGED", f"The settings for {name} changed on the way.", "Connect once more."
        )
    if not _issued_by(request, client.url(client.oauth.authorize), answer.get("iss")):
        raise ConnectStopped(
            "ISSUER_MISMATCH",
            f"The answer did not come from {name}.",
            "Connect once more, and tell an administrator if it happens again.",
        )
    if answer.get("error"):
        raise declined(name, answer, timeline)
    code = answer.get("code")
    if not code:
        raise ConnectStopped("NO_CODE", f"{name} sent you back without a code.", "Connect once more.")
    tokens = await _exchange(client, request, name, code)
    timeline.step("code exchanged")
    account = await _identify(services, registered, tokens)
    timeline.step("account identified", note=account.name)
    return tokens, account


def _issued_by(request: AuthorizationRequest, authorize: str, issuer: str | None) -> bool:
    """Whether the `iss` of an answer (RFC 9207) names the provider that the person was sent to.

    Where a provider declares no issuer it need not send one, but one that is sent has to be of the host that
    `authorize` is at.
    """
    if request.issuer is not None:
        return issuer == request.issuer
    return issuer is None or (bool(origin(issuer)) and origin(issuer) == origin(authorize))


async def _exchange(client: OAuthClient, request: AuthorizationRequest, name: str, code: str) -> TokenAnswer:
    try:
        return await client.exchange(code, request.redirect_uri, request.verifier)
    except OAuthRefused as refused:
        raise not_exchanged(request.provider, name, request.redirect_uri, refused) from refused
    except (HttpError, TokenEndpointDown) as error:
        raise unanswered(name) from error


async def _identify(services: Services, registered: RegisteredProvider, tokens: TokenAnswer) -> Account:
    """Whose account it is. The new access is not revoked where this fails: that could end a grant we hold."""
    try:
        return await identify(services, registered, tokens)
    except (FluxStudioError, HttpError, KeyError, TypeError, ValueError) as error:
        raise ConnectStopped(
            "IDENTITY_UNKNOWN",
            f"{registered.provider.name} did not say whose account this is.",
            "Nothing was changed. Connect again in a minute.",
        ) from error


async def _keep(
    services: Services,
    registered: RegisteredProvider,
    request: AuthorizationRequest,
    timeline: Timeline,
    tokens: TokenAnswer,
    account: Account,
    address: str | None,
) -> CompletedConnect:
    """Make it a connection."""
    audience = registered.provider.visibility.audience
    authorization = AuthorizationResult(
        user_id=request.user_id,
        provider=request.provider,
        client_id=request.client_id,
        account=account,
        answer=tokens,
        scopes=tokens.scopes if tokens.scopes is not None else request.scopes,
        renewed=request.connection_id,
        person=audience.person(tokens) if audience is not None else None,
        consent=registered.provider.oauth.consent,
    )
    before = len(timeline.steps)
    timeline.step("saved")
    missing = registered.provider.oauth.missing(request.scopes, authorization.scopes)
    if missing:
        timeline.step("some access was not given", note=", ".join(missing))
    try:
        connection_id = await save_authorization(
            services.db, services.vault, authorization, timeline, address
        )
    except DatabaseUnavailable as error:
        del timeline.steps[before:]
        raise ConnectStopped(
            "UNAVAILABLE", "The connection could not be saved.", "Connect again in a minute."
        ) from error
    other = request.connection_id is not None and connection_id != request.connection_id
    return CompletedConnect(
        request.provider, connection_id, account, authorization.scopes, request.place, other
    )
