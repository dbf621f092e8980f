"""Automations as they are kept: rules, every version of them, and what each run did.

Definitions are plain JSON here; `flows.automations` knows what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from fluxstudio.core.automations.bindings import BoundConnection, as_bound, with_connections
from fluxstudio.errors import InvalidRequest, NotFound
from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/automations/rules.sql")

MAX_RULES_PER_USER = 200


@dataclass(frozen=True, slots=True)
class StoredRule:
    """What is kept of a rule beside its definition: `event` it waits for, or when it is due next."""

    name: str
    enabled: bool
    event: str | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class RuleName:
    """What a rule is called, and whether it is on."""

    id: UUID
    name: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class CurrentRule:
    """What a rule is at the moment, and which moment that is by the database's clock.

    `definition` names the connections that the rule is bound to, also where it was written without.
    """

    name: str
    enabled: bool
    definition: Mapping[str, Any]
    now: datetime


@dataclass(frozen=True, slots=True)
class LastRun:
    """The latest run of a rule."""

    id: UUID
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FailureNotice:
    """Where a rule tells its owner that it fails: a channel, and the connection that sends it there."""

    channel: str
    connection: str | None = None


@dataclass(frozen=True, slots=True)
class Automation:
    """A rule as its user sees it.

    `trigger` and `action` are the connections it is bound to, None where nobody has chosen one (and for
    `trigger` where a schedule starts it). `listening_problem` is why no events could be asked for when it was
    switched on, `{code, message, fix}`.
    `paused` is `{code, message, fix}` of one that was switched off because of how it behaved.
    `failing_since` is when it failed first since it last worked.
    """

    id: UUID
    name: str
    enabled: bool
    version: int
    definition: Mapping[str, Any]
    next_at: datetime | None
    created_at: datetime
    updated_at: datetime
    last_run: LastRun | None
    trigger: BoundConnection | None
    action: BoundConnection | None
    listening_problem: Mapping[str, Any] | None
    paused: Mapping[str, Any] | None = None
    failing_since: datetime | None = None
    failure_notice: FailureNotice | None = None


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """What a rule said from then on."""

    version: int
    definition: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `status` is queued, done, failed, dead (failed after many tries) or skipped.

    `made` names what it made at the provider, `call` is `{operation, connection, at, status, link}`;
    `retry_of` is the failed run it repeats, `retried_as` the one that repeats it.
    """

    id: UUID
    number: int
    version: int
    event_id: UUID | None
    due_at: datetime | None
    status: str
    attempts: int
    inputs: Any
    output: Any
    problem: Mapping[str, Any] | None
    created_at: datetime
    began_at: datetime | None
    finished_at: datetime | None
    made: Sequence[str] = ()
    call: Mapping[str, Any] | None = None
    retry_of: UUID | None = None
    retried_as: UUID | None = None


def no_such() -> NotFound:
    """The error for a rule that is not there, or not the caller's."""
    return NotFound("You have no automation with this id. `GET /api/automations` lists yours.")


def too_many() -> InvalidRequest:
    """The error for one rule more than a user may have."""
    return InvalidRequest(
        f"You have {MAX_RULES_PER_USER} automations, which is as many as there can be. Delete one first.",
        {"automations": f"no more than {MAX_RULES_PER_USER}"},
    )


def automation_id(text: str) -> UUID:
    """The id in a text. Raises `NotFound` for what cannot be one."""
    try:
        return UUID(text)
    except ValueError:
        raise no_such() from None


async def enqueue_runs(connected: Connection, kind: str, run_ids: Sequence[UUID]) -> None:
    """Enqueue a job of this kind for each run, within the caller's transaction and their users' shares."""
    if run_ids:
        await connected.execute(sql.enqueue_runs, kind, list(run_ids))


class Automations:
    """Reads and writes rules, always as the user they belong to."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of_user(self, user_id: UUID) -> list[Automation]:
        """Every rule of a user, the oldest first."""
        async with self._db.as_user(user_id, read_only=True) as connected:
            return [_automation(row) for row in await connected.fetch(sql.listing, None)]

    async def names(self, user_id: UUID) -> list[RuleName]:
        """What a user's rules are called, the oldest first."""
        async with self._db.as_user(user_id, read_only=True) as connected:
            return [RuleName(**row) for row in await connected.fetch(sql.names)]

    async def get(self, user_id: UUID, automation: UUID) -> Automation:
        """One rule of a user. Raises `NotFound`."""
        async with self._db.as_user(user_id, read_only=True) as connected:
            row = await connected.fetchrow(sql.listing, automation)
        if row is None:
            raise no_such()
        return _automation(row)

    async def add(self, user_id: UUID, rule: StoredRule, definition: Mapping[str, Any]) -> UUID:
        """Keep a new rule as its first version; its id. Raises `InvalidRequest` when there are too many."""
        async with self._db.as_user(user_id) as connected:
            await connected.execute(sql.alone)
            if await connected.fetchval(sql.count) >= MAX_RULES_PER_USER:
                raise too_many()
            made: UUID = await connected.fetchval(sql.add, rule.name, rule.enabled, rule.event, rule.next_at)
            await _add_version(connected, made, 1, definition)
            return made

    async def change(
        self,
        user_id: UUID,
        automation: UUID,
        decide: Callable[[CurrentRule], tuple[StoredRule, Mapping[str, Any]]],
    ) -> None:
        """Keep what `decide` makes of a rule, as another version when it says something else.

        Nobody else changes the rule meanwhile. Raises `NotFound`.
        """
        async with self._db.as_user(user_id) as connected:
            row = await connected.fetchrow(sql.lock, automation)
            if row is None:
                raise no_such()
            present = with_connections(
                row["definition"], row["trigger_connection_id"], row["action_connection_id"]
            )
            rule, definition = decide(CurrentRule(row["name"], row["enabled"], present, row["now"]))
            version = row["version"]
            if present != definition:
                version = 1 + await connected.fetchval(sql.highest_version, automation)
                await _add_version(connected, automation, version, definition)
            await connected.execute(
                sql.change, automation, rule.name, rule.enabled, version, rule.event, rule.next_at
            )

    async def set_failure_notice(self, user_id: UUID, automation: UUID, notice: FailureNotice | None) -> None:
        """Keep where a rule tells that it fails, None for nowhere. Raises `NotFound`."""
        stored_notice = (
            None if notice is None else {"channel": notice.channel, "connection": notice.connection}
        )
        async with self._db.as_user(user_id) as connected:
            if await connected.fetchval(sql.set_failure_notice, automation, stored_notice) is None:
                raise no_such()

    async def remove(self, user_id: UUID, automation: UUID) -> None:
        """Delete a rule; what it did stays on record for as long as runs are kept. Raises `NotFound`."""
        async with self._db.as_user(user_id) as connected:
            if await connected.fetchval(sql.remove, automation) is None:
                raise no_such()

    async def undelete(self, user_id: UUID, automation: UUID) -> None:
        """Take back a deletion of the last hour; the rule is off. Raises `NotFound`, `InvalidRequest`."""
        async with self._db.as_user(user_id) as connected:
            await connected.execute(sql.alone)
            if await connected.fetchval(sql.count) >= MAX_RULES_PER_USER:
                raise too_many()
            if await connected.fetchval(sql.undelete, automation) is None:
                raise no_such()

    async def versions(
        self, user_id: UUID, automation: UUID, *, before: int | None = None, limit: int
    ) -> list[RuleVersion]:
        """Versions of a rule, the newest first; older than the version `before`. Raises `NotFound`."""
        async with self._db.as_user(user_id, read_only=True) as connected:
            if not await connected.fetchval(sql.exists, automation):
                raise no_such()
            rows = await connected.fetch(sql.versions, automation, before, limit)
        return [RuleVersion(**dict(row)) for row in rows]

    async def definition_of(self, user_id: UUID, automation: UUID, version: int) -> Mapping[str, Any] | None:
        """What a rule said in one version; None where there is none."""
        async with self._db.as_user(user_id, read_only=True) as connected:
            definition: Mapping[str, Any] | None = await connected.fetchval(
                sql.definition_of, automation, version
            )
        return definition

    async def runs(
        self, user_id: UUID, automation: UUID, *, before: int | None = None, limit: int
    ) -> list[Run]:
        """Runs of a rule, the newest first; older than the run `before`. Raises `NotFound`."""
        async with self._db.as_user(user_id, read_only=True) as connected:
            if not await connected.fetchval(sql.exists, automation):
                raise no_such()
            rows = await connected.fetch(sql.runs, automation, before, limit)
        return [Run(**dict(row)) for row in rows]

    async def run(self, user_id: UUID, automation: UUID, run_id: UUID) -> Run:
        """One run of a rule. Raises `NotFound`."""
        async with self._db.as_user(user_id, read_only=True) as connected:
            if not await connected.fetchval(sql.exists, automation):
                raise no_such()
            row = await connected.fetchrow(sql.run, automation, run_id)
        if row is None:
            raise NotFound("This automation has no such run. `GET …/runs` lists those of the last 90 days.")
        return Run(**dict(row))

    async def happened(self, user_id: UUID, events: list[UUID]) -> list[Mapping[str, Any]]:
        """Those of these events that the user may see, with what they tell."""
        async with self._db.as_user(user_id, read_only=True) as connected:
            return [dict(row) for row in await connected.fetch(sql.happened, events)]

    async def lately_received(
        self, user_id: UUID, event: str, connection: UUID | None, limit: int
    ) -> list[Mapping[str, Any]]:
        """Events of one kind, `provider.TYPE`, that reached the user in the last week, newest first."""
        provider, _, kind = event.partition(".")
        async with self._db.as_user(user_id, read_only=True) as connected:
            account = None
            if connection is not None:
                row = await connected.fetchrow(sql.accounts, [connection])
                account = "" if row is None else row["account_id"]
            return [
                dict(row)
                for row in await connected.fetch(sql.lately_received, provider, kind, account, limit)
            ]

    async def sweep(self) -> None:
        """Delete old versions, and what is left of deleted rules."""
        await self._db.execute(sql.sweep_versions)
        await self._db.execute(sql.sweep_deleted)


async def _add_version(
    connected: Connection, automation: UUID, version: int, definition: Mapping[str, Any]
) -> None:
    try:
        await connected.execute(sql.add_version, automation, version, dict(definition))
    except asyncpg.ProgramLimitExceededError:
        raise InvalidRequest(
            "Your automations and their earlier versions take up 8 MB, which is all there is. Delete "
            "automations you no longer need and try again tomorrow, or make this one shorter.",
            {"definition": "there is no room left for another version"},
        ) from None


def _automation(row: asyncpg.Record) -> Automation:
    last = None if row["run_id"] is None else LastRun(row["run_id"], row["run_status"], row["run_at"])
    trigger, action = as_bound(row["trigger"]), as_bound(row["action"])
    return Automation(
        id=row["id"],
        name=row["name"],
        enabled=row["enabled"],
        version=row["version"],
        definition=with_connections(
            row["definition"], None if trigger is None else trigger.id, None if action is None else action.id
        ),
        next_at=row["next_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        last_run=last,
        trigger=trigger,
        action=action,
        listening_problem=row["listening_problem"],
        paused=row["paused"],
        failing_since=row["failing_since"],
        failure_notice=None if row["failure_notice"] is None else FailureNotice(**row["failure_notice"]),
    )
