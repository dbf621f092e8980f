"""Runs by the events they belong to, runs that repeat others, and failures that nobody has looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.trace import current_text

sql = Queries.load("fluxstudio.sql", "queries/automations/run_history.sql")

# The worst first.
Outcome = Literal["run_failed", "dead_letter", "pending", "done"]
UNSEEN_LIMIT = 100


@dataclass(frozen=True, slots=True)
class EventRun:
    """A run as the event that started it lists it.

    `call` is `{operation, connection, at, status, link}` of what it called; `retried_as` is the run that
    repeats it.
    """

    id: UUID
    automation_id: UUID
    user_id: UUID
    automation_name: str
    deleted: bool
    status: str
    problem: Mapping[str, Any] | None
    call: Mapping[str, Any] | None
    retry_of: UUID | None
    retried_as: UUID | None
    created_at: datetime
    began_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run that failed, whose rule it belongs to, and why."""

    id: UUID
    automation_id: UUID
    user_id: UUID
    message: str | None


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """The worst that became of an event, and the latest of its `failed_runs` runs that failed."""

    outcome: Outcome
    failed_runs: int = 0
    failed_run: FailedRun | None = None


@dataclass(frozen=True, slots=True)
class UnseenFailures:
    """Failures that a user has not looked at, runs and events, `UNSEEN_LIMIT` of each at most.

    `connections` counts those that need their user, until they work again.
    """

    runs: int = 0
    events: int = 0
    connections: int = 0


@dataclass(frozen=True, slots=True)
class RuleInTrouble:
    """A rule that needs its owner: it fails, it was paused, or nobody has looked at runs that failed.

    `unseen` counts those; `run_id` is the latest of its runs that failed, and `problem` why. `paused` is
    `{code, message, fix}`.
    """

    automation_id: UUID
    name: str
    paused: Mapping[str, Any] | None
    unseen: int
    run_id: UUID | None
    problem: Mapping[str, Any] | None
    run_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunToRetry:
    """A run and its rule as it is today, which would be run again; `retried_as` is the run that repeats it.

    Either `event_id` or `due_at` says what started it. `deleted` is the rule's.
    """

    id: UUID
    status: str
    event_id: UUID | None
    due_at: datetime | None
    automation_id: UUID
    name: str
    user_id: UUID
    version: int
    enabled: bool
    deleted: bool
    definition: Mapping[str, Any]
    retried_as: UUID | None


class RunHistory:
    """Reads runs by the events they belong to: as a user one's own, with None for the user everybody's."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of_event(self, user_id: UUID | None, event_id: UUID) -> list[EventRun]:
        """The runs that an event started, the earliest first."""
        return [EventRun(**row) for row in await self._rows(user_id, sql.of_event, event_id)]

    async def outcomes(
        self, user_id: UUID | None, statuses: Mapping[UUID, str]
    ) -> Mapping[UUID, EventOutcome]:
        """What became of events, given each one's own status."""
        if not statuses:
            return {}
        rows = {row["event_id"]: row for row in await self._rows(user_id, sql.outcomes, list(statuses))}
        return {event_id: _outcome(status, rows.get(event_id)) for event_id, status in statuses.items()}

    async def failed_of_event(self, user_id: UUID | None, event_id: UUID) -> list[UUID]:
        """Runs of an event that failed and were not run again."""
        return [row["id"] for row in await self._db.fetch(sql.failed_of_event, event_id, user_id)]

    async def to_retry(
        self, run_id: UUID, *, automation_id: UUID | None = None, owner: UUID | None = None
    ) -> RunToRetry | None:
        """A run with its rule of today, None where there is none, or none of that rule or that user."""
        row = await self._db.fetchrow(sql.to_retry, run_id, automation_id, owner)
        return None if row is None else RunToRetry(**row)

    async def sees_event(self, user_id: UUID, event_id: UUID) -> bool:
        """Whether a user may see an event, and its payload is there."""
        async with self._db.as_user(user_id, read_only=True) as connected:
            return bool(await connected.fetchval(sql.event_visible, event_id))

    async def retried_as(self, run_id: UUID) -> UUID | None:
        """The run that repeats another one, if there is any."""
        repeated_as: UUID | None = await self._db.fetchval(sql.retried_as, run_id)
        return repeated_as

    async def unseen(self, user_id: UUID) -> UnseenFailures:
        """How much has failed that a user has not looked at."""
        row = await self._db.fetchrow(sql.unseen, user_id)
        return UnseenFailures() if row is None else UnseenFailures(**row)

    async def failing(self, user_id: UUID) -> list[RuleInTrouble]:
        """Rules of a user that need their owner, the latest failure first; 20 at most."""
        return [RuleInTrouble(**row) for row in await self._rows(user_id, sql.failing)]

    async def see_runs(self, user_id: UUID, automation_id: UUID) -> None:
        """The user has looked at the failed runs of a rule."""
        await self._see(user_id, sql.see_runs, automation_id)

    async def see_event(self, user_id: UUID, event_id: UUID) -> None:
        """The user has looked at the failed runs of an event."""
        await self._see(user_id, sql.see_runs_of_event, event_id)

    async def see_events(self, user_id: UUID) -> None:
        """The user has looked at the events that failed."""
        await self._see(user_id, sql.see_events)

    async def _see(self, user_id: UUID, statement: str, *args: object) -> None:
        async with self._db.as_user(user_id) as connected:
            await connected.execute(statement, *args)

    async def _rows(self, user_id: UUID | None, query: str, *args: object) -> Sequence[Any]:
        if user_id is None:
            return await self._db.fetch(query, *args)
        async with self._db.as_user(user_id, read_only=True) as connected:
            return list(await connected.fetch(query, *args))


async def repeat(connected: Connection, run_id: UUID) -> UUID | None:
    """Add the run that repeats a failed one, with today's rule; its id.

    None where the run was run again already, or its rule was switched off meanwhile.
    """
    added: UUID | None = await connected.fetchval(sql.retry, run_id, current_text())
    return added


def _outcome(status: str, row: Mapping[str, Any] | None) -> EventOutcome:
    if row is not None and row["failed"]:
        run = row["failed_run"]
        latest = FailedRun(UUID(run["id"]), UUID(run["automation"]), UUID(run["owner"]), run["message"])
        return EventOutcome("run_failed", row["failed"], latest)
    if status == "dead":
        return EventOutcome("dead_letter")
    if status != "handled" or (row is not None and row["pending"]):
        return EventOutcome("pending")
    return EventOutcome("done")
