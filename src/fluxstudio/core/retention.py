"""How long what happened is kept: each sweep goes in small batches, and locks nothing for long."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from fluxstudio.errors import UnknownProvider
from fluxstudio.kit.json import pruned
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.settings import Retention

Summarizer = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]

sql = Queries.load("fluxstudio.sql", "queries/retention.sql")

DELETED_AT_ONCE = 2000
PAYLOADS_AT_ONCE = 200
# Deliveries may come again for as long as anybody has captured them: their keys, which say nothing of
# anybody, are kept for this long at least.
KEYS_KEPT_FOR = timedelta(days=90)
# Events lie in partitions of a week. Where a week more or less matters, they are also deleted one by one.
ROWS_BELOW = timedelta(days=14)
# What was taken in within a day counts against a limit, however soon it goes.
USAGE_KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Deletes what is older than it is kept.

    `summarize` makes the `{text, link}` that stay of an event of provider, type and payload.
    """

    db: Database
    retention: Retention
    summarize: Summarizer

    async def events(self) -> None:
        """Drop whole weeks of events with the attempts to handle them, and keys a few at a time."""
        keep_for = self.retention.events
        for row in await self.db.fetch(sql.old_partitions, keep_for):
            await self._drop(row)
        if keep_for < ROWS_BELOW:
            await self._in_batches(sql.sweep_attempts_of_events, keep_for, DELETED_AT_ONCE)
            await self._in_batches(sql.sweep_events, keep_for, DELETED_AT_ONCE)
        await self._in_batches(sql.sweep_keys, max(keep_for, KEYS_KEPT_FOR), DELETED_AT_ONCE)
        await self._in_batches(sql.sweep_former_keys, DELETED_AT_ONCE)

    async def payloads(self) -> int:
        """Delete what providers sent with events, which stay with a summary; of how many.

        An event that is still to be handled, or has a run that has not ended, keeps its payload until then.
        """
        if self.retention.payloads >= self.retention.events:
            return 0
        deleted = 0
        while rows := await self.db.fetch(sql.next_payloads, self.retention.payloads, PAYLOADS_AT_ONCE):
            deleted += await self._delete_payloads(rows, rows[-1]["id"])
        while rows := await self.db.fetch(sql.left_payloads, PAYLOADS_AT_ONCE):
            deleted += await self._delete_payloads(rows)
        return deleted

    async def runs(self) -> None:
        """Delete runs of automations that have ended."""
        await self._in_batches(sql.sweep_runs, self.retention.runs, DELETED_AT_ONCE)

    async def audit(self) -> None:
        """Delete lines of the audit log."""
        await self._in_batches(sql.sweep_audit, self.retention.audit, DELETED_AT_ONCE)

    async def attempts(self) -> None:
        """Delete the timelines of tries to connect."""
        await self._in_batches(sql.sweep_attempts, self.retention.runs, DELETED_AT_ONCE)

    @property
    def usage(self) -> timedelta:
        """How long it is kept how much has arrived: as long as it takes up room."""
        return max(USAGE_KEPT_FOR, min(self.retention.events, self.retention.payloads))

    async def _in_batches(self, statement: str, *args: object) -> None:
        while await self.db.execute(statement, *args) != "DELETE 0":
            continue

    async def _drop(self, row: asyncpg.Record) -> None:
        # Gone from the parent first, which stops nobody.
        parent, partition = row["parent"], row["partition"]
        if not row["is_ours"]:
            # Whoever holds its table up for so long has an hour until the next time.
            with suppress(asyncpg.LockNotAvailableError):
                await self.db.execute(sql.drop_as_owner, partition)
            return
        if row["pending"]:
            await self.db.execute(await self.db.fetchval(sql.finish_detaching, parent, partition))
        elif row["attached"]:
            await self.db.execute(await self.db.fetchval(sql.detach, parent, partition))
        await self.db.execute(await self.db.fetchval(sql.drop, partition))

    async def _delete_payloads(self, rows: Sequence[asyncpg.Record], cursor: UUID | None = None) -> int:
        ended = [row for row in rows if not row["open"]]
        ids = [row["id"] for row in ended]
        summaries = [self._summary(row) for row in ended]
        async with self.db.transaction() as connected:
            deleted = await connected.fetch(sql.delete_payloads, ids, summaries)
            if cursor is None:
                await connected.execute(sql.payloads_done, ids)
            else:
                await connected.execute(sql.leave_payloads, [row["id"] for row in rows if row["open"]])
                await connected.execute(sql.payloads_moved, cursor)
        return len(deleted)

    def _summary(self, row: asyncpg.Record) -> dict[str, Any]:
        if row["summary"] is not None:
            return dict(row["summary"])
        provider, kind = row["provider"], row["event_type"]
        try:
            return self.summarize(provider, kind, pruned(row["payload"]))
        except UnknownProvider:
            return {"text": f"{provider}: {kind}", "link": None}
