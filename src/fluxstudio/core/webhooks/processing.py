"""Stored events on their way through processing: claimed or taken in batches, handled, failed or reopened.

Events come as `{id, provider, event_type, account_id, subscription, owner_id, happening, audience, resource,
attempts, earlier_attempts, received_at, payload, is_large}`. The payload of a large one is its short copy,
None where it has none yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/webhooks/processing.sql")


class OpenEvent(NamedTuple):
    """An event that still is to be handled.

    Events of one `order_key` come one after the other. `begun` says that there was an attempt, which may have
    ended its worker.
    """

    id: UUID
    order_key: str | None
    begun: bool


class HandledEvent(NamedTuple):
    """An event that was handled, in how many milliseconds, and a note of what was done."""

    id: UUID
    took_ms: int
    note: str


async def open_events(db: Database, event_ids: Sequence[UUID]) -> list[OpenEvent]:
    """Those of some events that still are to be handled, in the order of their arrival."""
    return [OpenEvent(**row) for row in await db.fetch(sql.open, event_ids)]


async def unordered_batch(db: Database, event_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Those of some events that are of no order and that nobody has begun, in the order of their arrival."""
    return [dict(row) for row in await db.fetch(sql.batch, event_ids)]


async def ordered_batch(db: Database, latest: Mapping[str, UUID], limit: int) -> list[dict[str, Any]]:
    """The earliest events of some orders that nobody has begun, `limit` of each at most.

    `latest` has for each order the last event that may be among them.
    """
    rows = await db.fetch(sql.batch_of_orders, list(latest), list(latest.values()), limit)
    return [dict(row) for row in rows]


async def lock_batch(connected: Connection, event_ids: Sequence[UUID]) -> set[UUID]:
    """Lock those of some events that still are to be handled and that nobody has begun; which those are."""
    return {row["id"] for row in await connected.fetch(sql.lock_batch, event_ids)}


async def save_handled_batch(connected: Connection, events: Sequence[HandledEvent]) -> None:
    """Keep that events were handled, each by one attempt. There has to be at least one event."""
    await connected.execute(sql.handled_together, *map(list, zip(*events, strict=True)))


async def claim(db: Database, event_id: UUID, lost_after: timedelta) -> dict[str, Any] | None:
    """Claim an event, or the first before it in its order that nobody has begun, and count an attempt.

    None where there is nothing to claim: it was handled, or others are at one before it. A claim that is not
    renewed for as long as `lost_after` keeps nobody from what comes after it.
    """
    row = await db.fetchrow(sql.claim, event_id, lost_after)
    return None if row is None else dict(row)


async def renew_claim(db: Database, event_id: UUID) -> None:
    """Keep that the claim of an event is not lost."""
    await db.execute(sql.renew_claim, event_id)


async def status(db: Database, event_id: UUID) -> str | None:
    """How it stands with an event: received, failed, handled or dead; None where it is gone."""
    text: str | None = await db.fetchval(sql.status, event_id)
    return text


async def lock(connected: Connection, event_id: UUID) -> bool:
    """Lock an event until the transaction ends; whether it still is to be handled."""
    return bool(await connected.fetchval(sql.lock, event_id))


async def save_handled(connected: Connection, event: HandledEvent, attempt: int) -> None:
    """Keep that an event was handled, by the attempt of that number."""
    await connected.execute(sql.handled, event.id)
    await connected.execute(sql.record_attempt, event.id, attempt, "done", event.took_ms, event.note, None)


async def save_failure(
    connected: Connection,
    event_id: UUID,
    attempt: int,
    *,
    status: str,
    took_ms: int,
    problem: Mapping[str, Any],
) -> None:
    """Keep why an attempt failed, `{code, message}`, and whether it was the last: `status` failed or dead."""
    await connected.execute(sql.failed, event_id, status, problem)
    await connected.execute(sql.record_attempt, event_id, attempt, status, took_ms, "", problem)


async def reopen(connected: Connection, event_id: UUID) -> str | None:
    """Have an event handled again, whatever became of it; the share of its job.

    None where it is gone, or its payload. The attempts before stay on record.
    """
    share: str | None = await connected.fetchval(sql.reopen, event_id)
    return share


async def event_to_replay(connected: Connection | Database, event_id: UUID) -> dict[str, Any] | None:
    """An event whose rules are gone through again; None where it is gone, or its payload.

    Gives `id, provider, event_type, account_id, happening, audience, resource, status, payload, is_large`.
    """
    row = await connected.fetchrow(sql.whole, event_id)
    return None if row is None else dict(row)


async def record_member_replay(connected: Connection, event: HandledEvent) -> None:
    """Keep that an event was replayed for one member, which leaves the event itself as it is."""
    await connected.execute(sql.record_replay, *event)
