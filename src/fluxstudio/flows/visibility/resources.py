"""Whom events concern that belong to no account of theirs: whoever may see what they are about.

The receiving path only reads what that is. Providers are asked beside the handling of events, one account at
a time and with its own token, so that nobody's events wait for anybody else's answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from cachetools import TTLCache

from fluxstudio.core.jobs import queue
from fluxstudio.core.services import Services
from fluxstudio.core.visibility.resources import ResourceAccess, VisibilityQuestion, to_ask
from fluxstudio.errors import FluxStudioError, ProviderRateLimited, ProviderUnavailable
from fluxstudio.flows.connections.grant_api import api_of_grant
from fluxstudio.kit.postgres.database import Connection
from fluxstudio.sdk import Provider, Resource

log = structlog.get_logger(__name__)

# The kind of the jobs that ask, and what they are for: an event and a grant.
JOB = "concern"
LONGEST_ID = 300
RESOURCE_LOOKUP_SECONDS = 20.0
# What one look at a page asks for at most, and how long people wait for that.
MOST_ON_PAGE, AT_ONCE, PAGE_SECONDS = 30, 6, 3.0
# Whoever is refused by one of these may be answered in a minute.
TRANSIENT = (ProviderUnavailable, ProviderRateLimited, TimeoutError)
RESOURCE_REST_SECONDS = 20.0
_resting: TTLCache[tuple[int, UUID], bool] = TTLCache(10_000, RESOURCE_REST_SECONDS)

Event = Mapping[str, Any]


def resource_of(provider: Provider, event_type: str, payload: Mapping[str, Any]) -> Resource | None:
    """What an event is about, as its provider declares it."""
    resource = (
        provider.visibility.resources.of(event_type, payload)
        if provider.visibility.resources is not None
        else None
    )
    return resource if resource is not None and len(resource.id) <= LONGEST_ID else None


async def note(services: Services, events: Iterable[Event]) -> None:
    """Keep what events are about; where one changes who may see that, it has to be asked again.

    Each event has `provider, event_type, payload, resource`.
    """
    noted: list[tuple[str, Resource]] = []
    changed: dict[str, list[str]] = {}
    for event in events:
        if event["resource"] is None:
            continue
        provider = services.registry[event["provider"]].provider
        resource = resource_of(provider, event["event_type"], event["payload"])
        if resource is None or provider.visibility.resources is None:
            continue
        noted.append((provider.id, resource))
        if provider.visibility.resources.changes(event["event_type"], event["payload"]):
            changed.setdefault(provider.id, []).append(resource.id)
    access = ResourceAccess(services.db)
    await access.note(noted)
    for provider_id, resources in changed.items():
        await access.forget(provider_id, resources)


async def enqueue(connected: Connection, events: Iterable[Event]) -> int:
    """Have it asked after the caller's commit whom else events concern; how many questions there are."""
    alike: dict[tuple[str, str, str, str | None], list[UUID]] = {}
    for event in events:
        if event["resource"] is not None and event["owner_id"] is None:
            key = (event["provider"], event["resource"], event["event_type"], event["account_id"])
            alike.setdefault(key, []).append(event["id"])
    count = 0
    for key, event_ids in alike.items():
        for grant_id in await to_ask(connected, *key):
            payloads = [event_id.bytes + grant_id.bytes for event_id in event_ids]
            await queue.enqueue(connected, JOB, payloads, share=str(grant_id))
            count += len(payloads)
    return count


async def is_visible(
    services: Services, grant_id: UUID, provider: str, resource: str
) -> VisibilityQuestion | None:
    """Whether an account may see a resource: the question with its answer, None where it cannot be asked.

    Raises one of `TRANSIENT` while the provider does not answer.
    """
    access = ResourceAccess(services.db)
    question = await access.question(grant_id, provider, resource)
    declared = services.registry[provider].provider
    if question is None or question.is_fresh or declared.visibility.resources is None:
        return question
    api = api_of_grant(services, declared, question.grant)
    try:
        async with asyncio.timeout(RESOURCE_LOOKUP_SECONDS):
            visible = await declared.visibility.resources.visible(api, question.resource, question.wanted)
    except TRANSIENT:
        raise
    except FluxStudioError as error:
        log.info("resource_not_asked", provider=provider, code=error.code)
        return None
    await access.keep(question, visible=visible)
    return await access.question(grant_id, provider, resource)


async def refresh(services: Services, user_id: UUID) -> None:
    """Ask what a user may see of what events were about lately; whoever cannot be asked sees the less."""
    unchecked = await ResourceAccess(services.db).unchecked(user_id, MOST_ON_PAGE)
    turns = asyncio.Semaphore(AT_ONCE)

    async def ask(grant_id: UUID, provider: str, resource: str) -> None:
        async with turns:
            if (id(services), grant_id) in _resting:
                return
            try:
                await is_visible(services, grant_id, provider, resource)
            except TRANSIENT as error:
                _resting[id(services), grant_id] = True
                log.info("resources_not_refreshed", provider=provider, kind=type(error).__name__)

    try:
        async with asyncio.timeout(PAGE_SECONDS):
            await asyncio.gather(*(ask(*entry) for entry in unchecked if entry[1] in _registered(services)))
    except TimeoutError:
        log.info("resources_not_refreshed", kind="TimeoutError")


def _registered(services: Services) -> Sequence[str]:
    return [
        entry.provider.id for entry in services.registry if entry.provider.visibility.resources is not None
    ]
