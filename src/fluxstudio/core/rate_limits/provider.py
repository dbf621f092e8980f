"""How much more a provider may be asked for one grant, counted in the database for every process at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from fluxstudio.errors import ProviderRateLimited
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.sdk import Limit, Usage

sql = Queries.load("fluxstudio.sql", "queries/rate_limits/provider.sql")

# What a worker may wait for a turn; longer waits are the queue's. And seconds between those who come back
# after the provider asked us to wait, where no limit says how fast calls may be.
SHORTEST_WAIT, PACE = 0.05, 0.05

_queued_for: ContextVar[UUID | None] = ContextVar("queued_for", default=None)


@contextmanager
def waiting_in_queue(user_id: UUID) -> Iterator[None]:
    """Calls of this user made meanwhile are refused, with when to come back, where they had to wait."""
    token = _queued_for.set(user_id)
    try:
        yield
    finally:
        _queued_for.reset(token)


@dataclass(frozen=True, slots=True)
class BudgetLeft:
    """What is left of a bucket: `calls` of `total` in any `seconds`; none for the next `blocked_seconds`."""

    calls: int
    total: int
    seconds: float
    blocked_seconds: float = 0


async def budget_left(
    db: Database, user_id: UUID, connection_id: UUID, bucket: str, limit: Limit
) -> BudgetLeft:
    """How many calls a user's connection has left in a bucket, as far as they were made here."""
    async with db.as_user(user_id) as connected:
        row = await connected.fetchrow(sql.used, connection_id, bucket)
    busy, blocked = (row["busy"], row["blocked"]) if row is not None else (0.0, 0.0)
    calls = 0 if blocked else int((limit.seconds - busy) * limit.calls / limit.seconds + 1e-6)
    return BudgetLeft(max(0, calls), limit.calls, limit.seconds, blocked)


@dataclass(frozen=True, slots=True)
class GrantBudget:
    """The rate budget of one grant; implements `sdk.limits.Budget`."""

    db: Database
    grant_id: UUID
    provider_name: str

    async def spend(self, bucket: str, limit: Limit | None) -> float:
        """Take one call from a bucket; in how many seconds its turn is.

        Raises `ProviderRateLimited` when it is empty or blocked, or when the turn comes later than the limit
        has patience for.
        """
        queued_for = _queued_for.get()
        pace = timedelta(seconds=PACE if limit is None else limit.seconds / limit.calls)
        if limit is not None and limit.max_wait_seconds:
            max_wait = timedelta(seconds=limit.max_wait_seconds if queued_for is None else SHORTEST_WAIT)
            turn: float | None = await self.db.fetchval(sql.take_turn, self.grant_id, bucket, pace, max_wait)
            if turn is not None:
                return turn
            # It may have come nearer since.
            wait = max(0.001, await self.db.fetchval(sql.next_turn, self.grant_id, bucket) or 0.001)
        elif limit is None:
            wait = await self.db.fetchval(sql.blocked, self.grant_id, bucket)
        else:
            period = timedelta(seconds=limit.seconds)
            wait = await self.db.fetchval(sql.spend, self.grant_id, bucket, limit.calls, period)
        if wait and queued_for is not None:
            wait = await self.db.fetchval(
                sql.wait_in_line, self.grant_id, bucket, queued_for, timedelta(seconds=wait), pace
            )
        if wait:
            raise ProviderRateLimited(
                f"The budget for calls to {self.provider_name} is used up for now. "
                f"Try again in {max(1, round(wait))} seconds.",
                wait,
            )
        return 0

    async def note(self, bucket: str, usage: Usage) -> None:
        """Stop calling when the provider reports that nothing is left."""
        if usage.remaining <= 0:
            await self.block(bucket, usage.resets_in)

    async def block(self, bucket: str, seconds: float) -> None:
        """Make no call from this bucket for that long."""
        await self.db.execute(sql.block, self.grant_id, bucket, max(0.0, seconds))
