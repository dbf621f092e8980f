"""Going through events that earlier releases kept: what opens anything is taken out, and owners are noted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from fluxstudio.core.registry import Registry
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks import revisions
from fluxstudio.core.webhooks.events import MAX_EVENT_LOOP_PAYLOAD_BYTES, MAX_LISTED_PAYLOAD_BYTES
from fluxstudio.flows.webhooks import event_text
from fluxstudio.flows.webhooks.large_events import READING_BUDGET, joined, parted, written_payload
from fluxstudio.kit.json import abridged, decode, encode, without_fields
from fluxstudio.kit.postgres.database import Connection

REVISED_AT_ONCE = 500
BATCHES_A_TURN = 40


class EventMetadata(msgspec.Struct, frozen=True):
    """What an event is kept with beside its payload; `size` is that of its JSON in bytes."""

    provider: str
    event_type: str
    delivery_key: str
    size: int


class RevisedEvent(msgspec.Struct, frozen=True):
    """What becomes of an event; a large payload is JSON as it is written."""

    payload: Any
    delivery_key: str
    summary: dict[str, Any] | None
    abridged: Any


async def revise(services: Services) -> int:
    """Go through the next events; how many were changed. Each of them is locked for its own change only."""
    changed = 0
    for _ in range(BATCHES_A_TURN):
        cursor = await revisions.cursor(services.db)
        if cursor is None:
            return changed
        end = await revisions.batch_end(services.db, cursor, REVISED_AT_ONCE)
        if end is None:
            return changed
        for event_id in await revisions.events_to_revise(services.db, cursor, end, _patterns(services)):
            async with services.db.transaction() as connected:
                await _revise_one(services, connected, event_id)
            changed += 1
        await revisions.move_cursor(services.db, end)
    return changed


def _patterns(services: Services) -> list[str]:
    webhooks = [entry.provider.webhooks for entry in services.registry]
    names = {name for webhook in webhooks if webhook is not None for name in webhook.opens_something}
    return [f'%"{name.replace("_", chr(92) + "_")}"%' for name in sorted(names)]


async def _revise_one(services: Services, connected: Connection, event_id: UUID) -> None:
    event = await revisions.stored_event(connected, event_id)
    webhooks = {entry.provider.id: entry.provider.webhooks for entry in services.registry}
    webhook = None if event is None else webhooks.get(event.provider)
    if event is None or webhook is None:
        # Events outlive a provider that is no longer installed.
        return
    metadata = EventMetadata(event.provider, event.event_type, event.delivery_key, event.size)
    if event.payload is not None:
        revised = _revised(services.registry, metadata, event.payload)
    else:
        head = encode(metadata)
        content = bytes(await written_payload(services, event_id))
        answer = await services.workers.run_apart("revise_event", joined(head, content), READING_BUDGET)
        head, content = parted(answer)
        revised = replace(msgspec.json.decode(head, type=RevisedEvent), payload=msgspec.Raw(content))
    await revisions.save(
        connected,
        event_id,
        payload=revised.payload,
        delivery_key=revised.delivery_key,
        size=event.size,
        summary=revised.summary,
        abridged=revised.abridged,
    )


def _revised(registry: Registry, metadata: EventMetadata, payload: dict[str, Any]) -> RevisedEvent:
    webhook = registry[metadata.provider].provider.webhooks
    assert webhook is not None
    delivery, summary = metadata.delivery_key, None
    if webhook.former_id is not None and webhook.former_id(payload) == delivery:
        delivery = webhook.event_id({}, payload, b"")
    without_fields(payload, webhook.opens_something)
    if metadata.size > MAX_LISTED_PAYLOAD_BYTES:
        summary = event_text.summary(registry, metadata.provider, metadata.event_type, payload)
    short = abridged(payload) if metadata.size > MAX_EVENT_LOOP_PAYLOAD_BYTES else None
    return RevisedEvent(payload, delivery, summary, short)


def revise_in_worker(registry: Registry, argument: bytes) -> bytes:
    """What a worker does with a large event."""
    head, content = parted(argument)
    revised = _revised(registry, msgspec.json.decode(head, type=EventMetadata), decode(content))
    return joined(encode(replace(revised, payload=None)), encode(revised.payload))
