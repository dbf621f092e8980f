"""Going through events that earlier releases stored: how far that has come, and what becomes of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/webhooks/revisions.sql")


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it is to be revised; `size` is that of its JSON in bytes.

    `payload` is None where it is too large for the event loop.
    """

    provider: str
    event_type: str
    delivery_key: str
    size: int
    payload: dict[str, Any] | None


async def cursor(db: Database) -> UUID | None:
    """The last event that was gone through; None once the revision is over."""
    event_id: UUID | None = await db.fetchval(sql.cursor)
    return event_id


async def batch_end(db: Database, after: UUID, limit: int) -> UUID | None:
    """The last of the next `limit` events after one; None where none is left that is older than a minute."""
    event_id: UUID | None = await db.fetchval(sql.batch_end, after, limit)
    return event_id


async def events_to_revise(db: Database, after: UUID, end: UUID, patterns: Sequence[str]) -> list[UUID]:
    """Events after one and up to another that an earlier release stored and that need a change.

    They are large, came through a webhook of ours, or their JSON is LIKE one of the patterns.
    """
    return [row["id"] for row in await db.fetch(sql.to_revise, after, end, list(patterns))]


async def move_cursor(db: Database, event_id: UUID) -> None:
    """Keep that everything up to an event was gone through."""
    await db.execute(sql.move_cursor, event_id)


async def stored_event(connected: Connection, event_id: UUID) -> StoredEvent | None:
    """One event to revise; None where it is gone."""
    row = await connected.fetchrow(sql.stored_event, event_id)
    return None if row is None else StoredEvent(**row)


async def save(
    connected: Connection,
    event_id: UUID,
    *,
    payload: Any,
    delivery_key: str,
    size: int,
    summary: Mapping[str, Any] | None,
    abridged: Any,
) -> None:
    """Keep what became of an event, and whose webhook told it."""
    await connected.execute(sql.save, event_id, payload, delivery_key, size, summary, abridged)
