"""What starts runs: rules that wait for an event, and schedules that are due.

Everything here takes part in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from fluxstudio.kit.postgres.database import Connection
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.trace import new_origin

sql = Queries.load("fluxstudio.sql", "queries/automations/triggers.sql")


class AwaitedEvent(NamedTuple):
    """What decides whose rules wait for an event: events of the same are awaited by the same rules.

    `event` is its kind, `provider.TYPE`. `owner_id` is the only user for whom it counts, None for everybody
    it concerns; `audience` and `resource` as in `WebhookEvent`.
    """

    event: str
    provider: str
    account_id: str | None
    owner_id: UUID | None
    audience: str
    resource: str | None


class VersionId(NamedTuple):
    """Which version of which rule."""

    automation_id: UUID
    version: int


class WaitingRule(NamedTuple):
    """A rule that waits for an event, and whose it is."""

    version: VersionId
    user_id: UUID


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run that an event is to start, within its rule's limit of `runs` in a `period`.

    With a `problem` it is recorded as failed, and beyond the limit as skipped for `beyond_limit`; both are
    `{code, message, mend}`.
    """

    rule: VersionId
    period: timedelta
    runs: int
    problem: Mapping[str, str] | None
    beyond_limit: Mapping[str, str]


class StartedRun(NamedTuple):
    """A run as it was recorded: `queued`, or `failed` or `skipped` already."""

    id: UUID
    status: str
    automation_id: UUID


@dataclass(frozen=True, slots=True)
class DueSchedule:
    """A rule whose time has come. `now` is the moment by the database's clock.

    `ready` says that the account it acts through is connected.
    """

    rule: VersionId
    definition: Mapping[str, Any]
    due_at: datetime
    now: datetime
    ready: bool


async def waiting_for(connected: Connection, event: AwaitedEvent) -> list[WaitingRule]:
    """The rules that wait for such an event, whatever their conditions, by their ids.

    They are on, listen by a connection that the event concerns, and have one to act through.
    """
    rows = await connected.fetch(sql.waiting_for, *event)
    return [WaitingRule(VersionId(row["id"], row["version"]), row["user_id"]) for row in rows]


async def definitions(connected: Connection, versions: Sequence[VersionId]) -> dict[VersionId, Any]:
    """What versions of rules say, without those that are gone."""
    ids, numbers = [version.automation_id for version in versions], [version.version for version in versions]
    rows = await connected.fetch(sql.definitions, ids, numbers)
    return {VersionId(row["automation_id"], row["version"]): row["definition"] for row in rows}


async def lock_rules(connected: Connection, automations: Collection[UUID]) -> None:
    """Lock rules until the transaction ends, always in one order."""
    await connected.execute(sql.lock_rules, sorted(automations))


async def start_on_event(
    connected: Connection,
    event_id: UUID,
    happening: str | None,
    new_runs: Sequence[NewRun],
    origin: str | None = None,
) -> list[StartedRun]:
    """Record the runs that an event starts, without those that it, or its happening, has started before.

    `origin` is kept with them, see `kit.trace`.
    """
    rows = await connected.fetch(
        sql.start_on_event,
        event_id,
        happening,
        [run.rule.automation_id for run in new_runs],
        [run.rule.version for run in new_runs],
        [run.period for run in new_runs],
        [run.runs for run in new_runs],
        [run.problem for run in new_runs],
        [run.beyond_limit for run in new_runs],
        origin,
    )
    return [StartedRun(row["id"], row["status"], row["automation_id"]) for row in rows]


async def begin_failing(connected: Connection, automation: UUID) -> None:
    """Keep that a rule fails from now on, unless it did already."""
    await connected.execute(sql.begin_failing, automation)


async def pause_flooded(
    connected: Connection, automation: UUID, in_a_row: int, problem: Mapping[str, str]
) -> UUID | None:
    """Switch a rule off whose latest runs, so many in a row, all came beyond its limit; its owner.

    Keeps `problem`, `{code, message, fix}`, as the reason. None where it stays on, or was off.
    """
    owner: UUID | None = await connected.fetchval(sql.pause_flooded, automation, in_a_row, problem)
    return owner


async def due_schedules(connected: Connection, limit: int) -> list[DueSchedule]:
    """Rules whose time has come, the earliest first, locked and without those that others have locked."""
    return [
        DueSchedule(
            VersionId(row["id"], row["version"]), row["definition"], row["next_at"], row["now"], row["ready"]
        )
        for row in await connected.fetch(sql.due, limit)
    ]


async def start_on_schedule(connected: Connection, schedule: DueSchedule) -> UUID | None:
    """Record the run of a schedule that is due; None where its time has started one before."""
    run_id: UUID | None = await connected.fetchval(
        sql.start_on_schedule, *schedule.rule, schedule.due_at, new_origin().text
    )
    return run_id


async def set_next_due(connected: Connection, automation: UUID, next_at: datetime | None) -> None:
    """Keep when a rule is due next, None for never again."""
    await connected.execute(sql.set_next_due, automation, next_at)
