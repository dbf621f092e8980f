"""Private conversations: whom an event concerns, and what the person behind a connection may see now.

A grant may see more than the people who share it. Whatever only some of them may see is shown to those of
whom the provider has said so within some minutes, and to nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from cachetools import TTLCache

from fluxstudio.core.services import Services
from fluxstudio.core.visibility.conversations import Memberships, UncheckedPerson
from fluxstudio.errors import (
    FluxStudioError,
    Forbidden,
    ProviderRateLimited,
    ProviderUnavailable,
    ReauthorizationRequired,
    ScopeMissing,
    UnknownProvider,
)
from fluxstudio.flows.connections.grant_api import api_of_grant
from fluxstudio.flows.webhooks.large_events import with_payload
from fluxstudio.sdk import EVERYBODY, NOBODY, UNDETERMINED, Api, Audience, Membership, Provider

log = structlog.get_logger(__name__)

# Others of the same order wait while an event is handled, and give it up as lost after three seconds.
MEMBERS_LOOKUP_SECONDS = 2.0
PAGE_LOOKUP_SECONDS = 3.0
OLDER_AT_ONCE = 50
LOOKUPS_AT_ONCE = 20
# Whoever is refused by one of these may be admitted in a minute.
TRANSIENT = (ProviderUnavailable, ProviderRateLimited)
# These say that the app may not ask at all, and nothing of the conversation.
REFUSED = (Forbidden, ReauthorizationRequired)
UNSEEN = Membership(public=False)
# People whom the provider could not be asked about just now: pages must not wait for that each time.
MEMBERS_REST_SECONDS = 20.0
_resting: TTLCache[tuple[int, UUID, str], bool] = TTLCache(10_000, MEMBERS_REST_SECONDS)
# What a provider refused to say, of a conversation or of a person's: it may be said in a minute, and must not
# be asked for at each turn until then.
_refusals: TTLCache[tuple[int, str, str, str], bool] = TTLCache(10_000, MEMBERS_REST_SECONDS)
# Lists of the public conversations of an account, by whoever asked first; not asked for again that soon.
_listings: TTLCache[tuple[int, str, str], asyncio.Task[None]] = TTLCache(10_000, MEMBERS_REST_SECONDS)


def audience_of(provider: Provider, event_type: str, payload: Mapping[str, Any]) -> str:
    """Whom of its account an event concerns, as far as it says so itself."""
    declared = provider.visibility.audience
    return EVERYBODY if declared is None else declared.conversation(event_type, payload)


@dataclass(frozen=True, slots=True)
class ConversationsOf:
    """What one person may see in an account; implements `sdk.audience.Conversations`."""

    services: Services = field(repr=False)
    provider: Provider
    account_id: str
    person: str | None

    async def admits(self, api: Api, conversation: str) -> bool:
        """Whether a conversation is open to everybody, or the person is in it."""
        declared = self.provider.visibility.audience
        if declared is None:
            return True
        memberships, place = Memberships(self.services.db), (self.provider.id, self.account_id, conversation)
        access = await memberships.access(*place, self.person)
        if access.checked:
            return access.admitted
        membership = await _ask_members(self.services, declared, api, place, access.asked_at)
        return membership.public or self.person in membership.people

    async def private(self, api: Api) -> Collection[str]:
        """The ids of the private conversations that the person is in."""
        declared = self.provider.visibility.audience
        if declared is None or self.person is None:
            return ()
        memberships, place = Memberships(self.services.db), (self.provider.id, self.account_id, self.person)
        conversations, asked_at = await memberships.private(*place)
        if conversations is not None:
            return conversations
        if (id(self.services), *place) in _refusals:
            return ()
        try:
            conversations = await declared.conversations(api, self.person)
        except TRANSIENT:
            raise
        except FluxStudioError as error:
            log.info("conversations_unknown", provider=self.provider.id, code=error.code)
            _refusals[(id(self.services), *place)] = True
            return ()
        await memberships.keep_private(*place, conversations, asked_at)
        return conversations


async def _members(declared: Audience, api: Api, conversation: str) -> Membership | None:
    """Who is in a conversation; None where the provider does not say.

    Raises what passes by itself, and what says that the app may not ask at all. A missing scope is missing
    for some kinds of conversations only, so that it would tell of which kind this one is.
    """
    try:
        return await declared.members(api, conversation)
    except TRANSIENT:
        raise
    except FluxStudioError as error:
        if isinstance(error, REFUSED) and not isinstance(error, ScopeMissing):
            raise
        log.info("members_unknown", provider=api.provider.id, code=error.code)
        return None


async def _ask_members(
    services: Services, declared: Audience, api: Api, place: tuple[str, str, str], asked_at: datetime
) -> Membership:
    """Ask who is in a conversation, and keep it.

    Where no more single ones may be asked about for now, the list of the public ones is asked for instead.
    Raises as `_members` does; then nothing is kept, and what was known counts no more where the provider
    does not say.
    """
    memberships, refusal = Memberships(services.db), (id(services), *place)
    if refusal in _refusals:
        return UNSEEN
    try:
        membership = await _members(declared, api, place[-1])
    except ProviderRateLimited:
        if declared.public is None:
            raise
        await _list_public(services, declared.public, api, place[:2])
        # What has changed since the list was asked for is not kept of it.
        if not (await memberships.access(*place, None)).admitted:
            raise
        return Membership(public=True)
    if membership is None:
        # They may be let in at any moment, and nobody would tell: this is no answer to keep.
        await memberships.forget(*place)
        _refusals[refusal] = True
        return UNSEEN
    await memberships.keep_members(*place, membership, asked_at)
    return membership


async def _list_public(
    services: Services,
    public: Callable[[Api], Awaitable[Collection[str]]],
    api: Api,
    account: tuple[str, str],
) -> None:
    """Keep which conversations of an account are open to everybody; once for all who want it at that time."""

    async def keep() -> None:
        memberships = Memberships(services.db)
        _, asked_at = await memberships.private(*account, "")
        await memberships.keep_public(*account, await public(api), asked_at)

    key = (id(services), *account)
    listing = _listings.get(key)
    if listing is None:
        listing = _listings[key] = asyncio.create_task(keep())
    await asyncio.shield(listing)


async def settle(services: Services, event: Mapping[str, Any]) -> str:
    """Make sure that it is known who may see an event; its audience, which is kept where it was another.

    `event` has `id, provider, event_type, account_id, audience, payload`. Raises `ProviderUnavailable` and
    `ProviderRateLimited` while the provider cannot be asked.
    """
    provider = services.registry.get(event["provider"]).provider
    declared, account_id = provider.visibility.audience, event["account_id"]
    audience: str = event["audience"]
    memberships = Memberships(services.db)
    if declared is not None and account_id is not None:
        changed = declared.changes(event["event_type"], event["payload"])
        if changed is not None:
            await memberships.forget(provider.id, account_id, changed)
            _refusals.pop((id(services), provider.id, account_id, changed), None)
    if audience == UNDETERMINED:
        audience = audience_of(provider, event["event_type"], event["payload"])
    if declared is not None and account_id is not None and audience not in {EVERYBODY, NOBODY}:
        try:
            async with asyncio.timeout(MEMBERS_LOOKUP_SECONDS):
                public = await _learn(services, provider, declared, account_id, audience)
        except TimeoutError:
            raise ProviderUnavailable(
                f"{provider.name} did not say in time who is in a conversation."
            ) from None
        audience = EVERYBODY if public else audience
    if audience != event["audience"]:
        await memberships.settle({event["id"]: audience})
    return audience


async def _learn(
    services: Services, provider: Provider, declared: Audience, account_id: str, conversation: str
) -> bool:
    """Have it known who is in a conversation; whether it is open to everybody."""
    memberships, place = Memberships(services.db), (provider.id, account_id, conversation)
    access = await memberships.access(*place, None)
    if access.checked:
        return access.admitted
    grant = await memberships.askable_grant(provider.id, account_id)
    if grant is None:
        return False
    api = api_of_grant(services, provider, grant)
    try:
        membership = await _ask_members(services, declared, api, place, access.asked_at)
    except REFUSED as error:
        log.info("members_refused", provider=provider.id, code=error.code)
        return False
    return membership.public


async def refresh(services: Services, user_id: UUID) -> None:
    """Ask which private conversations a user is in, where that was not asked lately.

    Whoever cannot be asked about sees the less for it.
    """
    providers = [
        entry.provider.id for entry in services.registry if entry.provider.visibility.audience is not None
    ]
    if providers:
        unchecked = await Memberships(services.db).unchecked(user_id, providers)
        await asyncio.gather(*(_refresh_one(services, entry) for entry in unchecked))


async def _refresh_one(services: Services, entry: UncheckedPerson) -> None:
    provider, who = (
        services.registry.get(entry.provider).provider,
        (id(services), entry.grant.id, entry.person),
    )
    if who in _resting:
        return
    conversations = ConversationsOf(services, provider, entry.grant.account.id, entry.person)
    try:
        async with asyncio.timeout(PAGE_LOOKUP_SECONDS):
            await conversations.private(api_of_grant(services, provider, entry.grant))
    except (FluxStudioError, TimeoutError) as error:
        _resting[who] = True
        log.info("conversations_not_refreshed", provider=provider.id, kind=type(error).__name__)


async def determine_older(services: Services) -> int:
    """Determine whom stored events concern that came before this was kept; how many there were."""
    memberships, determined = Memberships(services.db), 0
    while events := await memberships.undetermined(OLDER_AT_ONCE):
        audiences = {
            event["id"]: _audience_of_stored(services, await with_payload(services, event))
            for event in events
        }
        await memberships.settle(audiences)
        determined += len(events)
        concerned: dict[tuple[str, str, str], list[UUID]] = {}
        for event in events:
            audience = audiences[event["id"]]
            if event["account_id"] is not None and audience not in {EVERYBODY, NOBODY}:
                concerned.setdefault((event["provider"], event["account_id"], audience), []).append(
                    event["id"]
                )
        for place, ids in list(concerned.items())[:LOOKUPS_AT_ONCE]:
            await _open_up(services, *place, ids)
    return determined


async def _open_up(
    services: Services, provider_id: str, account_id: str, conversation: str, ids: list[UUID]
) -> None:
    """Show everybody the stored events of a conversation that turns out to be open to them."""
    provider = services.registry.get(provider_id).provider
    with suppress(FluxStudioError):
        if provider.visibility.audience is not None and await _learn(
            services, provider, provider.visibility.audience, account_id, conversation
        ):
            await Memberships(services.db).settle(dict.fromkeys(ids, EVERYBODY))


def _audience_of_stored(services: Services, event: Mapping[str, Any]) -> str:
    try:
        provider = services.registry.get(event["provider"]).provider
    except UnknownProvider:
        # Who may see what is told there, only the provider that is no longer installed knows.
        return NOBODY
    return audience_of(provider, event["event_type"], event["payload"])
