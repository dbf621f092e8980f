"""Calling a provider: connection → scopes → cache → fresh token → provider, for every face alike."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import structlog

from fluxstudio.core.cache import (
    CachedAnswer,
    GrantEtagCache,
    GrantResponseCache,
    brief_key,
    key_of,
    personal_key,
)
from fluxstudio.core.connections.connections import StoredConnectionSettings, UsableConnection
from fluxstudio.core.design_tokens.connection_syncs import ConnectionSyncs
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.metrics import counters
from fluxstudio.core.rate_limits.provider import GrantBudget
from fluxstudio.core.services import Services
from fluxstudio.core.visibility.conversations import AskableGrant
from fluxstudio.errors import (
    ConnectionAmbiguous,
    FluxStudioError,
    NotConnected,
    ProviderRateLimited,
    ProviderUnavailable,
    ReauthorizationRequired,
    ScopeMissing,
)
from fluxstudio.flows.connections.grant_api import GrantToken, api_of_grant
from fluxstudio.flows.connections.places import grant_url
from fluxstudio.flows.identity.access_tokens import operation_scopes
from fluxstudio.flows.visibility.conversations import ConversationsOf
from fluxstudio.kit.trace import step
from fluxstudio.sdk import Account, Api, Operation, PartialList, Provider

log = structlog.get_logger(__name__)


class Outcome(msgspec.Struct, frozen=True):
    """An answer: its value, whether it came from the cache, and whether it is older than it should be.

    `problem` is why the provider did not give a newer one although it was asked for.
    """

    value: Any
    cached: bool
    stale: bool
    fetched_at: datetime
    connection_id: UUID
    account: Account
    problem: FluxStudioError | None = None

    def body(self, operation: Operation) -> Any:
        """The JSON answer of the API: lists under their key, reads labelled `cached` and `stale`."""
        value = self.value
        if operation.returns_list:
            cursor = value.next_cursor if isinstance(value, PartialList) else None
            value = {operation.list_key: value, "hasMore": cursor is not None, "nextCursor": cursor}
        if operation.fresh_for is not None and isinstance(value, dict):
            return {**value, "cached": self.cached, "stale": self.stale}
        return value


class CallOptions(NamedTuple):
    """Which of several connections is meant, and what kind of answer will do; see `run`."""

    connection: str | None
    account: str | None
    renew: bool | timedelta
    brief: bool


NO_KEY = bytes(32)
# What is not older is as good as new, however often somebody asks for a newer one.
AS_GOOD_AS_NEW = timedelta(seconds=10)

_under_way: dict[tuple[int, UUID, str, bytes], asyncio.Task[Any]] = {}


async def run(  # noqa: PLR0913 - named by every caller
    services: Services,
    actor: Actor,
    name: str,
    arguments: Mapping[str, Any],
    *,
    connection: str | None = None,
    account: str | None = None,
    renew: bool | timedelta = False,
    brief: bool = False,
    story: Mapping[str, str] | None = None,
) -> Outcome:
    """Run the operation `provider.name` for a user.

    `arguments` come under their public names. `connection` (its id) or `account` (the provider's id of it)
    choose among several connections. An answer that is still fresh comes from the cache; when the provider
    is down or its budget is gone, an older one is served and labelled stale. With `renew` the provider is
    asked although the kept answer is fresh, unless that is only seconds old, or no older than a length of
    time that `renew` gives. With `brief` what lists need of the answer will do, and what more there is of it
    may be left out. `story` says for the audit log what led to the call: the run of an automation, or an
    agent. Raises the product's errors.
    """
    operation = services.registry.operation(name)
    if actor.rights is not None:
        actor.require(*operation_scopes(operation))
    checked = operation.check(arguments)
    try:
        options = CallOptions(connection, account, renew, brief)
        with step(f"call {operation.full_name}", {"fluxstudio.operation": operation.full_name}):
            outcome = await _run(services, actor, operation, checked, options, story or {})
    except (ConnectionAmbiguous, NotConnected):
        raise
    except FluxStudioError as error:
        services.insights.call(actor.user_id, operation.provider.id, operation.full_name, error.code)
        raise
    source = "stale" if outcome.stale else "cached" if outcome.cached else "done"
    services.insights.call(actor.user_id, operation.provider.id, operation.full_name, source)
    return outcome


async def recall(
    services: Services, actor: Actor, operation: Operation, arguments: Mapping[str, Any], *, connection: str
) -> Outcome | None:
    """What is kept of an operation, in brief, as the user may see it now, however old.

    The provider is not asked for it. None where nothing is kept. Raises as `run` does.
    """
    checked = operation.check(arguments)
    picked = await services.connections.pick(
        actor.user_id,
        operation.provider,
        connection=connection,
        operation=operation.full_name,
        key=_key(operation, checked, brief=True),
        personal=operation.personal_for(checked),
    )
    _check(services, operation, picked)
    picked = await _as_visible(services, operation, checked, picked)
    if picked.cached is None:
        return None
    return _from_cache(operation, picked, picked.cached, stale=not picked.cached.fresh)


async def _run(
    services: Services,
    actor: Actor,
    operation: Operation,
    checked: dict[str, Any],
    options: CallOptions,
    story: Mapping[str, str],
) -> Outcome:
    picked = await services.connections.pick(
        actor.user_id,
        operation.provider,
        connection=options.connection,
        account=options.account,
        operation=operation.full_name,
        key=_key(operation, checked, brief=options.brief),
        personal=operation.personal_for(checked),
    )
    _check(services, operation, picked)
    if picked.cached is not None:
        picked = await _as_visible(services, operation, checked, picked)
    if picked.cached is not None and _serves(picked.cached, picked.asked_at, renew=options.renew):
        counters.looked_up(operation.provider.id, "hit")
        return _from_cache(operation, picked, picked.cached, stale=False)
    if picked.touch:
        await services.connections.touch(actor.user_id, picked.id)
    if operation.writes:
        return await _write(services, actor, operation, checked, picked, story)
    try:
        value = await _read_once(services, operation, checked, picked)
    except (ProviderUnavailable, ProviderRateLimited) as error:
        if picked.cached is None:
            raise
        counters.looked_up(operation.provider.id, "stale")
        outcome = _from_cache(operation, picked, picked.cached, stale=not picked.cached.fresh)
        return msgspec.structs.replace(outcome, problem=error)
    if operation.fresh_for is not None:
        counters.looked_up(operation.provider.id, "miss")
    return Outcome(
        value,
        cached=False,
        stale=False,
        fetched_at=datetime.now(UTC),
        connection_id=picked.id,
        account=picked.account,
    )


def _key(operation: Operation, arguments: Mapping[str, Any], *, brief: bool) -> bytes:
    """The key that an answer is kept under."""
    if operation.fresh_for is None:
        return NO_KEY
    return brief_key(key_of(arguments)) if brief and operation.brief is not None else key_of(arguments)


def _serves(cached: CachedAnswer, now: datetime, *, renew: bool | timedelta) -> bool:
    """Whether a kept answer will do."""
    age = renew if isinstance(renew, timedelta) else AS_GOOD_AS_NEW
    return cached.fresh and (renew is False or cached.fetched_at >= now - age)


def _from_cache(
    operation: Operation, picked: UsableConnection, cached: CachedAnswer, *, stale: bool
) -> Outcome:
    value = operation.from_json(cached.body)
    return Outcome(
        value,
        cached=True,
        stale=stale,
        fetched_at=cached.fetched_at,
        connection_id=picked.id,
        account=picked.account,
    )


def require_active(provider: Provider, picked: UsableConnection) -> None:
    """Raises `ReauthorizationRequired` for a connection whose grant no longer works."""
    if picked.status == "reauthorize":
        raise ReauthorizationRequired(
            f"{provider.name} no longer accepts the access for {picked.account.name}. Reconnect it in "
            "Settings → Integrations; your settings are kept.",
            provider=provider.id,
            connection=str(picked.id),
        )


def _check(services: Services, operation: Operation, picked: UsableConnection) -> None:
    provider = operation.provider
    require_active(provider, picked)
    missing = provider.oauth.missing(operation.scopes, picked.scopes)
    if missing:
        raise ScopeMissing(
            f"{provider.name} has not been allowed to do this for {picked.account.name}. "
            "Choose Grant access in Settings → Integrations, then try again.",
            missing,
            connection=str(picked.id),
            grantUrl=grant_url(services.settings, provider, picked.id, missing),
        )


async def _as_visible(
    services: Services, operation: Operation, arguments: Mapping[str, Any], picked: UsableConnection
) -> UsableConnection:
    """The same with what is kept as the person may see it now; without it where they may not see it.

    While nobody can say which private conversations they are in, they are in none.
    """
    cached, visible = picked.cached, operation.visible if operation.personal_for(arguments) else None
    if cached is None or (visible is None and operation.conversation is None):
        return picked
    api = api_of(services, operation, picked)
    admitted, private = True, frozenset[str]()
    with suppress(FluxStudioError):
        if operation.conversation is not None:
            admitted = False
            admitted = await api.admits(arguments[operation.conversation])
        if visible is not None:
            private = frozenset(await api.private_conversations())
    body = cached.body
    if visible is not None:
        body = operation.to_json(visible(operation.from_json(body), private))
    visible_answer = msgspec.structs.replace(cached, body=body) if admitted and body is not None else None
    return msgspec.structs.replace(picked, cached=visible_answer)


def api_of(services: Services, operation: Operation, picked: UsableConnection) -> Api:
    """The way to the provider for one call of one connection."""
    registered = services.registry[operation.provider.id]
    return Api(
        provider=operation.provider,
        http=services.http,
        hosts=registered.hosts,
        token=GrantToken(services, picked.grant_id),
        budget=GrantBudget(services.db, picked.grant_id, operation.provider.name),
        account=picked.account,
        memory=StoredConnectionSettings(
            services.db, services.vault, operation.provider.id, picked.id, dict(picked.settings)
        ),
        revalidation=GrantEtagCache(services.db, picked.grant_id) if operation.provider.http.etags else None,
        answers=GrantResponseCache(services.db, picked.grant_id, picked.asked_at, picked.id),
        limit=operation.limit,
        bounds=operation.bounds,
        scopes=picked.scopes,
        public_url=services.settings.base_url,
        conversations=ConversationsOf(services, operation.provider, picked.account.id, picked.person),
        syncs=ConnectionSyncs(services, picked.id),
    )


def raw_api_of(services: Services, provider: Provider, picked: UsableConnection) -> Api:
    """The way to the provider for a connection, for no operation in particular."""
    grant = AskableGrant(picked.grant_id, picked.account, picked.scopes)
    conversations = ConversationsOf(services, provider, picked.account.id, picked.person)
    return replace(api_of_grant(services, provider, grant), conversations=conversations)


async def _read_once(
    services: Services, operation: Operation, arguments: dict[str, Any], picked: UsableConnection
) -> Any:
    """Ask the provider; callers who want the same at the same time share one asking."""
    own = key_of(arguments)
    if operation.personal_for(arguments):
        own = personal_key(own, picked.id)
    flight = (id(services), picked.grant_id, operation.full_name, own)
    task = _under_way.get(flight)
    if task is None or operation.fresh_for is None:
        task = asyncio.create_task(_read(services, operation, arguments, picked))
        if operation.fresh_for is not None:
            _under_way[flight] = task
            task.add_done_callback(lambda _: _under_way.pop(flight, None))
    return await asyncio.shield(task)


async def _answer(
    services: Services, operation: Operation, arguments: dict[str, Any], picked: UsableConnection
) -> Any:
    """What the provider answers; one that the operation stumbles over is one that cannot be read."""
    try:
        value = await operation.run(api_of(services, operation, picked), **arguments)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        log.error("answer_unreadable", operation=operation.full_name, exc_info=error)
    except FluxStudioError as error:
        counters.called(operation.provider.id, error.code)
        log.info("call_failed", operation=operation.full_name, code=error.code)
        if isinstance(error, ScopeMissing):
            needed = error.details["needed"]
            link = grant_url(services.settings, operation.provider, picked.id, needed)
            error.details |= {"connection": str(picked.id), "grantUrl": link}
        raise
    else:
        if operation.fits(value):
            counters.called(operation.provider.id, "done")
            return value
    counters.called(operation.provider.id, ProviderUnavailable.code)
    raise ProviderUnavailable(
        f"{operation.provider.name} sent an answer that cannot be read right now. Try again in a minute."
    )


async def _read(
    services: Services, operation: Operation, arguments: dict[str, Any], picked: UsableConnection
) -> Any:
    value = await _answer(services, operation, arguments, picked)
    if operation.fresh_for is not None:
        connection = picked.id if operation.personal_for(arguments) else None
        await services.cache.store(
            picked.grant_id, operation, arguments, value, picked.asked_at, connection=connection
        )
    return value


async def _write(
    services: Services,
    actor: Actor,
    operation: Operation,
    arguments: dict[str, Any],
    picked: UsableConnection,
    story: Mapping[str, str],
) -> Outcome:
    outcome = "done"
    try:
        value = await _answer(services, operation, arguments, picked)
    except FluxStudioError:
        outcome = "failed"
        raise
    finally:
        stale = [operation.provider[name].full_name for name in operation.makes_stale]
        await services.cache.outdate(picked.grant_id, stale)
        await services.audit.record(
            "call",
            operation.provider.id,
            operation.full_name,
            user_id=actor.user_id,
            outcome=outcome,
            connection=str(picked.id),
            **story,
        )
    return Outcome(
        value,
        cached=False,
        stale=False,
        fetched_at=datetime.now(UTC),
        connection_id=picked.id,
        account=picked.account,
    )
