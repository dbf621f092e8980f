"""Payloads that are too large for the event loop: their whole text, and the short copies it works with."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/webhooks/large_events.sql")


async def written_payload(db: Database, event_id: UUID) -> bytes | None:
    """The whole payload of an event as UTF-8 JSON; None once the event or its payload is gone."""
    content: bytes | None = await db.fetchval(sql.written, event_id)
    return content


async def save_abridged(db: Database, event_id: UUID, abridged: Any) -> None:
    """Keep a short copy of an event's payload, unless there is one."""
    await db.execute(sql.abridge, event_id, abridged)
