"""What this process counted since the last time, added to what all processes count."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from uuid import UUID

import structlog

from fluxstudio.core.insights.latency import bucket_of
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

log = structlog.get_logger(__name__)
sql = Queries.load("fluxstudio.sql", "queries/insights/counts.sql")

FigureName = Literal["calls", "runs", "events", "handling"]
# Figure, provider, subject, outcome, user, account.
InsightKey = tuple[str, str, str, str, UUID | None, str | None]

SECONDS_BETWEEN_ADDING = 15.0
# Users and accounts that are counted apart until the next time; the whole product always is.
MOST_COUNTED_APART = 20_000
# Single hours are shown for a week.
HOURS_KEPT_FOR = timedelta(days=8)
# A year can be compared with the year before.
DAYS_KEPT_FOR = timedelta(days=731)


@dataclass(slots=True)
class InsightCounts:
    """Counts in memory; nothing that is counted waits for the database."""

    db: Database
    _counted: Counter[InsightKey] = field(default_factory=Counter)
    _adding: asyncio.Lock = field(default_factory=asyncio.Lock)

    def call(self, user_id: UUID, provider: str, operation: str, outcome: str) -> None:
        """An operation ended: `done`, from the cache (`cached`, `stale`), or with an error's stable code."""
        self._count("calls", provider, operation, outcome.lower(), user_id=user_id)

    def run(self, user_id: UUID, provider: str, operation: str, outcome: str) -> None:
        """A run of an automation ended with one of the outcomes that runs have."""
        self._count("runs", provider, operation, outcome, user_id=user_id)

    def event(
        self,
        provider: str,
        event_type: str,
        outcome: str,
        *,
        account: str | None,
        seconds: float | None = None,
    ) -> None:
        """A webhook event was handled, so long after it came, or an attempt failed.

        `account` is whose event it is; None where not everybody of the account may see it.
        """
        self._count("events", provider, event_type, outcome, account_id=account)
        if seconds is not None:
            self._count("handling", provider, str(bucket_of(1000 * seconds)), "", account_id=account)

    def _count(
        self,
        figure: FigureName,
        provider: str,
        subject: str,
        outcome: str,
        *,
        user_id: UUID | None = None,
        account_id: str | None = None,
    ) -> None:
        self._counted[figure, provider, subject, outcome, None, None] += 1
        if (user_id is not None or account_id is not None) and len(self._counted) < MOST_COUNTED_APART:
            self._counted[figure, provider, subject, outcome, user_id, account_id] += 1

    async def add(self) -> None:
        """Add what was counted to what all processes have counted. What cannot be added waits for next time.

        Raises `DatabaseUnavailable`.
        """
        async with self._adding:
            counted, self._counted = self._counted, Counter()
            if not counted:
                return
            try:
                await self.db.execute(sql.add, *_columns(counted))
            except BaseException:
                self._counted.update(counted)
                raise

    async def close(self) -> None:
        """Add what is left. What cannot be added now is lost with this process."""
        try:
            await self.add()
        except Exception as error:
            log.warning("insights_lost", kind=type(error).__name__)

    async def compact(self) -> None:
        """Make one row a day of hours that nobody looks at one by one, and delete what is too old."""
        await self.db.execute(sql.compact, HOURS_KEPT_FOR)
        await self.db.execute(sql.sweep, DAYS_KEPT_FOR)


def _columns(counted: Counter[InsightKey]) -> Iterator[list[object]]:
    for column in zip(*counted, strict=True):
        yield list(column)
    yield list(counted.values())
