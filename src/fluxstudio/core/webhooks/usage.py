"""How much is stored for each account, and for the webhooks of each user: counted in memory, added up.

The figures are approximate: what a process has counted in the last seconds is lost with it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/webhooks/usage.sql")
log = structlog.get_logger(__name__)

SECONDS_BETWEEN_FLUSHES = 5.0
# Seconds after which a source that was over its limit is believed again until it is counted next.
SECONDS_REFUSED = 60.0


@dataclass(frozen=True, slots=True)
class UsageLimits:
    """Events in 24 hours, and bytes for as long as events are kept."""

    events_per_day: int
    bytes_stored: int


@dataclass(frozen=True, slots=True)
class SourceUsage:
    """What one source has used; `source` is an account's id, or `user ID`."""

    provider: str
    source: str
    events: int
    bytes: int


def source_of(account_id: str | None, owner: UUID | None) -> str:
    """Under which name an event counts: its account, or whose own secret proved it."""
    return account_id or "" if owner is None else f"user {owner}"


class EventUsage:
    """Counts what one process receives."""

    def __init__(self, db: Database, limits: UsageLimits) -> None:
        self._db = db
        self.limits = limits
        self._counted: dict[tuple[str, str], list[int]] = {}
        self._refused: dict[tuple[str, str], float] = {}
        self._flushed = time.monotonic()
        self._flushing: asyncio.Task[None] | None = None

    def count(self, provider: str, source: str, size: int) -> None:
        """Count an event; every few seconds what was counted is added up with that of other processes."""
        counted = self._counted.setdefault((provider, source), [0, 0])
        counted[0] += 1
        counted[1] += size
        due = time.monotonic() - self._flushed >= SECONDS_BETWEEN_FLUSHES
        if due and (self._flushing is None or self._flushing.done()):
            self._flushed = time.monotonic()
            self._flushing = asyncio.create_task(self._flush_quietly())

    def is_exceeded(self, provider: str, source: str) -> bool:
        """Whether a source was over its limit when it was counted last."""
        until = self._refused.get((provider, source))
        return until is not None and time.monotonic() < until

    async def flush(self) -> None:
        """Add up what was counted, and find out who is over the limit."""
        counted, self._counted = self._counted, {}
        if not counted:
            return
        providers, sources = [key[0] for key in counted], [key[1] for key in counted]
        events, sizes = zip(*counted.values(), strict=True)
        try:
            await self._db.execute(sql.add, providers, sources, events, sizes)
        except BaseException:
            for (provider, source), (many, size) in counted.items():
                again = self._counted.setdefault((provider, source), [0, 0])
                again[0] += many
                again[1] += size
            raise
        limits = (self.limits.events_per_day, self.limits.bytes_stored)
        now = time.monotonic()
        self._refused = {key: until for key, until in self._refused.items() if until > now}
        for row in await self._db.fetch(sql.exceeded, providers, sources, *limits):
            self._refused[row["provider"], row["source"]] = now + SECONDS_REFUSED
            log.warning("event_limit_exceeded", provider=row["provider"], source=row["source"])

    async def _flush_quietly(self) -> None:
        try:
            await self.flush()
        except Exception as error:
            log.warning("event_usage_waits", kind=type(error).__name__)


async def totals(db: Database, user_id: UUID | None) -> Sequence[SourceUsage]:
    """What a user's accounts and webhooks have used; everybody's where `user_id` is None."""
    return [SourceUsage(**row) for row in await db.fetch(sql.totals, user_id)]


async def sweep(db: Database, keep_for: timedelta) -> None:
    """Forget hours of longer ago than that."""
    await db.execute(sql.sweep, keep_for)
