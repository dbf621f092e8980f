"""Reads what was counted over a range of time, and over the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/insights/report.sql")

Step = Literal["hour", "day"]
STEPS: dict[Step, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class SubjectCount:
    """How often something of one subject ended in one way, in the range or in the one before."""

    is_current: bool
    figure: str
    provider: str
    subject: str
    outcome: str
    count: int


@dataclass(frozen=True, slots=True)
class StepCount:
    """How often something ended in one way within one step of the range."""

    at: datetime
    figure: str
    outcome: str
    count: int


@dataclass(frozen=True, slots=True)
class ConnectionCount:
    """How many accounts of a provider were connected at a time."""

    at: datetime
    provider: str
    count: int


@dataclass(frozen=True, slots=True)
class ConnectCount:
    """Tries to connect that ended alike, with the latest cause and fix; `code` may be empty."""

    is_current: bool
    provider: str
    outcome: str
    code: str
    count: int
    cause: str | None
    fix: str | None


@dataclass(frozen=True, slots=True)
class BusyBudget:
    """A rate limit in use: calls are planned so many seconds ahead, or have to wait until a time."""

    provider: str
    account: str
    bucket: str
    ahead_seconds: float
    blocked_until: datetime | None


class InsightReader:
    """What was counted, for everybody or for one user. A range begins at `since` and ends before `until`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def counts(
        self, since: datetime, until: datetime, step: Step, user_id: UUID | None
    ) -> tuple[Sequence[SubjectCount], Sequence[StepCount]]:
        """What was counted, by subject and by step. One user's are read with their rights."""
        if user_id is None:
            rows = await self._db.fetch(sql.counted_by_all, since, until, step)
        else:
            async with self._db.as_user(user_id, read_only=True) as connection:
                rows = await connection.fetch(sql.counted_by_one, since, until, step, user_id)
        totals = [
            SubjectCount(*(row[name] for name in SubjectCount.__slots__)) for row in rows if row["at"] is None
        ]
        steps = [StepCount(*(row[name] for name in StepCount.__slots__)) for row in rows if row["at"]]
        return totals, steps

    async def connections(
        self, since: datetime, until: datetime, step: Step, user_id: UUID | None
    ) -> Sequence[ConnectionCount]:
        """Accounts that were connected, at each step."""
        rows = await self._db.fetch(sql.connections, since, until, STEPS[step], user_id)
        return [ConnectionCount(**row) for row in rows]

    async def connects(
        self, since: datetime, until: datetime, user_id: UUID | None
    ) -> Sequence[ConnectCount]:
        """How tries to connect ended."""
        return [ConnectCount(**row) for row in await self._db.fetch(sql.connects, since, until, user_id)]

    async def budgets(self, user_id: UUID | None) -> Sequence[BusyBudget]:
        """Rate limits that are in use now, the fullest first."""
        return [BusyBudget(**row) for row in await self._db.fetch(sql.budgets, user_id)]
