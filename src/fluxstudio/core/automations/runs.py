"""Runs of automations from their claim to their end, and which run caused which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/automations/runs.sql")


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """A run that a worker has claimed, with its rule's owner and the rule as it was when the run was queued.

    Either `event_id` or `due_at` says what started it. `attempts` counts this one. `late` says that it was
    queued longer ago than retries may take, `wanted` that its rule is on and its owner not disabled.
    `action_connection_id` is the connection its rule acts through, None where the rule has changed since or
    nobody has chosen one. `origin` is what led to it, see `kit.trace`. `depth` counts the runs before it in
    its chain.
    """

    id: UUID
    automation_id: UUID
    event_id: UUID | None
    due_at: datetime | None
    attempts: int
    depth: int
    late: bool
    user_id: UUID
    subject: str
    role: str
    email: str | None
    user_name: str | None
    wanted: bool
    action_connection_id: UUID | None
    origin: str | None
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cause:
    """A run that caused an event, and how many runs stand before it in its chain."""

    id: UUID
    depth: int


class Runs:
    """Reads and writes runs as they are carried out, whoever's they are."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def claim(self, run_id: UUID, claim_for: timedelta, retry_window: timedelta) -> ClaimedRun | None:
        """Claim a queued run and count an attempt; None where it has ended or another worker has claimed it.

        The run is `late` when it was queued longer ago than `retry_window`.
        """
        row = await self._db.fetchrow(sql.claim, run_id, claim_for, retry_window)
        return None if row is None else ClaimedRun(**row)

    async def claimed_for(self, run_id: UUID) -> float | None:
        """Seconds for which a queued run is still claimed; None where it is not, or has ended."""
        seconds: float | None = await self._db.fetchval(sql.claimed_for, run_id)
        return seconds

    async def renew(self, run_id: UUID, claim_for: timedelta) -> None:
        """Let the claim of a run hold for that long from now on."""
        await self._db.execute(sql.renew, run_id, claim_for)

    async def put_off(
        self, run_id: UUID, problem: Mapping[str, str] | None, *, count_attempt: bool = True
    ) -> None:
        """Give up the claim of a run that is to be tried again, and keep why where a problem is given.

        An attempt that found out nothing, such as one that has to wait, does not have to count.
        """
        await self._db.execute(sql.put_off, run_id, 0 if count_attempt else 1, problem)

    async def event_for(self, user_id: UUID, event_id: UUID) -> dict[str, Any] | None:
        """The event that started a run, None where the run's user may not see it (any more).

        Gives `id, provider, event_type, account_id, audience, received_at, payload, is_large`; the payload of
        a large one is its short copy, None where it has none yet.
        """
        async with self._db.as_user(user_id, read_only=True) as connected:
            row = await connected.fetchrow(sql.event, event_id)
        return None if row is None else dict(row)

    async def save_rendered(self, run_id: UUID, arguments: Any, call: Mapping[str, str]) -> None:
        """Keep what is about to be called, `{operation, connection}`, and the arguments it is called with.

        Raises `Unstorable` or `asyncpg.DataError` for arguments that the database cannot hold.
        """
        await self._db.execute(sql.rendered, run_id, arguments, call)

    async def finish(
        self,
        run_id: UUID,
        status: str,
        *,
        output: Any,
        made: Sequence[str],
        problem: Mapping[str, str] | None,
        call: Mapping[str, Any] | None,
    ) -> UUID | None:
        """End a queued run, and begin or end its rule's series of failures; the user whose run it was.

        `made` names what it changed at the provider, `call` adds to what was kept of its call. None where it
        has ended already. Raises `Unstorable` or `asyncpg.DataError` for an output that the database cannot
        hold.
        """
        user: UUID | None = await self._db.fetchval(
            sql.finish, run_id, status, output, list(made), problem, call
        )
        return user

    async def add_made(self, run_id: UUID, names: Sequence[str]) -> None:
        """Count further changes at a provider as made by a run."""
        await self._db.execute(sql.add_made, run_id, list(names))

    async def cause(self, names: Sequence[str], actor: str | None, provider: str) -> Cause | None:
        """The latest run that made something of these names, None where no run did.

        With `actor`, the provider's id of an account, only runs of users who have connected that account.
        """
        row = await self._db.fetchrow(sql.cause, list(names), actor, provider)
        return None if row is None else Cause(**row)

    async def causes_under_way(
        self, run_id: UUID, received_at: datetime, provider: str, actor: str | None
    ) -> bool:
        """Whether other runs may yet turn out to have caused an event that was received lately.

        They act at that provider, and began before the event came; `actor` as for `cause`.
        """
        return bool(await self._db.fetchval(sql.causes_under_way, run_id, received_at, provider, actor))

    async def set_cause(self, run_id: UUID, cause: Cause) -> None:
        """Keep that another run caused the event that started this one."""
        await self._db.execute(sql.set_cause, run_id, cause.id, cause.depth + 1)

    async def chain_has(self, run_id: UUID, automation_id: UUID) -> bool:
        """Whether a run of that rule is the given run, or among the runs that led to it."""
        return bool(await self._db.fetchval(sql.in_chain, run_id, automation_id))
