"""How much more a provider may be asked for one grant, counted in the database for every process at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from fluxstudio.errors import ProviderRateLimited
from fluxstudio.kit.postgres.database import Database
from fluxstudio.sdk import Limit, Usage

SPEND = "SELECT spend_budget($1, $2, $3, $4)"
BLOCKED = """
SELECT extract(epoch FROM blocked_until - clock_timestamp())::float8
FROM provider_budgets
WHERE grant_id = $1 AND bucket = $2 AND blocked_until > clock_timestamp()
"""
BLOCK = """
INSERT INTO provider_budgets AS b (grant_id, bucket, blocked_until)
VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
ON CONFLICT (grant_id, bucket) DO UPDATE SET blocked_until = greatest(b.blocked_until, excluded.blocked_until)
"""


@dataclass(frozen=True, slots=True)
class GrantBudget:
    """The rate budget of one grant; implements `sdk.limits.Budget`."""

    db: Database
    grant_id: UUID
    provider_name: str

    async def spend(self, bucket: str, limit: Limit | None) -> None:
        """Take one call from a bucket. Raises `ProviderRateLimited` when it is empty or blocked."""
        if limit is None:
            wait = await self.db.fetchval(BLOCKED, self.grant_id, bucket)
        else:
            period = timedelta(seconds=limit.seconds)
            wait = await self.db.fetchval(SPEND, self.grant_id, bucket, limit.calls, period)
        if wait:
            raise ProviderRateLimited(
                f"The budget for calls to {self.provider_name} is used up for now. "
                f"Try again in {max(1, round(wait))} seconds.",
                wait,
            )

    async def note(self, bucket: str, usage: Usage) -> None:
        """Stop calling when the provider reports that nothing is left."""
        if usage.remaining <= 0:
            await self.block(bucket, usage.resets_in)

    async def block(self, bucket: str, seconds: float) -> None:
        """Make no call from this bucket for that long."""
        await self.db.execute(BLOCK, self.grant_id, bucket, max(0.0, seconds))
