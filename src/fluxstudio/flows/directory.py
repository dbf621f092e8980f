"""Names in place of ids: read for a whole page at once, and looked up at the provider in the background."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import structlog

from fluxstudio.core.directory import NameDirectory, NameKey
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.core.visibility.conversations import Memberships
from fluxstudio.core.webhooks.events import Event
from fluxstudio.errors import FluxStudioError, ProviderRateLimited, ProviderUnavailable
from fluxstudio.flows.connections.grant_api import api_of_grant
from fluxstudio.sdk import DirectoryEntry

log = structlog.get_logger(__name__)

LOOKED_UP_AT_ONCE = 20


async def named(services: Services, reader: UUID | None, events: Sequence[Event]) -> list[Event]:
    """The same events with names in their payloads where they are known, by one query for all of them.

    `reader` is who sees them, None for an administrator, who sees no names of private conversations.
    """
    stored = [
        {
            "provider": event.provider,
            "event_type": event.event_type,
            "account_id": event.account_id,
            "payload": None if event.withheld else event.payload,
        }
        for event in events
    ]
    names = await of_stored(services, reader, stored)
    return [
        event if event.withheld else replace(event, payload=with_names["payload"])
        for event, with_names in zip(events, names, strict=True)
    ]


async def of_stored(
    services: Services, reader: UUID | None, events: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The same for events as they are read: `provider`, `event_type`, `account_id`, `payload`."""
    mentions = [_mentioned(services, event) for event in events]
    names = await NameDirectory(services.db).of(reader, (key for keys in mentions for key in keys))
    return [
        _with_names(services, event, {key.id: names[key] for key in keys if key in names})
        for event, keys in zip(events, mentions, strict=True)
    ]


def _mentioned(services: Services, event: Mapping[str, Any]) -> list[NameKey]:
    directory = services.registry.get(event["provider"]).provider.visibility.names
    if directory is None or event["payload"] is None or event["account_id"] is None:
        return []
    ids = directory.mentioned(event["event_type"], event["payload"])
    return [NameKey(event["provider"], event["account_id"], name_id) for name_id in ids]


def _with_names(services: Services, event: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    directory = services.registry.get(event["provider"]).provider.visibility.names
    if directory is None or not names:
        return dict(event)
    return {**event, "payload": directory.with_names(event["payload"], names)}


async def names_in(services: Services, actor: Actor, texts: Sequence[Any]) -> Mapping[str, str]:
    """What the ids stand for that a user's rules, runs and webhooks speak of anywhere in them, by these ids.

    They are looked for in all of the user's accounts: ids of one provider are unique among them.
    """
    name_keys = {
        (provider.id, text)
        for provider in (registered.provider for registered in services.registry)
        if provider.visibility.names is not None
        for entry in texts
        for text in _texts(entry)
        if provider.visibility.names.is_id(text)
    }
    if not name_keys:
        return {}
    live = [entry for entry in await services.connections.of_user(actor.user_id) if entry.is_active]
    keys = [
        NameKey(provider, entry.account.id, text)
        for provider, text in name_keys
        for entry in live
        if entry.provider == provider
    ]
    return {key.id: name for key, name in (await NameDirectory(services.db).of(actor.user_id, keys)).items()}


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def spoken(text: str, names: Mapping[str, str]) -> str:
    """A text with names where it has ids."""
    return re.sub(r"\w+", lambda match: names.get(match[0], match[0]), text) if names else text


async def look_up(services: Services) -> None:
    """Ask providers for names that are wanted; an account whose limit is used up waits its turn."""
    names, tired = NameDirectory(services.db), set[tuple[str, str]]()
    for key in await names.unresolved(LOOKED_UP_AT_ONCE):
        if key[:2] in tired:
            continue
        try:
            await names.keep(key, await _look_up(services, key))
        except (ProviderRateLimited, ProviderUnavailable):
            tired.add(key[:2])
        except FluxStudioError as error:
            log.info("name_not_found", provider=key.provider, code=error.code)
            await names.keep(key, None)


async def _look_up(services: Services, key: NameKey) -> DirectoryEntry | None:
    provider = services.registry.get(key.provider).provider
    grant = await Memberships(services.db).askable_grant(key.provider, key.account_id)
    if provider.visibility.names is None or grant is None:
        return None
    return await provider.visibility.names.lookup(api_of_grant(services, provider, grant), key.id)
