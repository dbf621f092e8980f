"""The timeline of every try to connect: what happened, why it failed and what mends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/connections/attempts.sql")


# How long the page that people land on says more than that a connect has ended.
LANDING_LASTS = timedelta(minutes=15)
RECENT_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class ConnectFailure:
    """Why a connect failed: a stable code, the cause and the mend, in words for the person."""

    code: str
    cause: str
    mend: str
    outcome: str = "failed"

    def as_columns(self) -> tuple[str, str, str, str]:
        """Outcome, code, cause and mend, as statements take them."""
        return self.outcome, self.code, self.cause, self.mend


def step(name: str, outcome: str = "done", note: str = "") -> dict[str, Any]:
    """A step of an attempt, taken now."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"at": at, "step": name, "outcome": outcome, "note": note}


@dataclass(slots=True)
class Timeline:
    """The steps of one attempt as they happen, none of which holds anything secret."""

    id: UUID = field(default_factory=uuid4)
    steps: list[dict[str, Any]] = field(default_factory=list)

    def step(self, name: str, outcome: str = "done", note: str = "") -> None:
        """Add a step."""
        self.steps.append(step(name, outcome, note))

    def as_json(self) -> list[dict[str, Any]]:
        """The steps so far, which somebody keeps; how it ends adds those to come."""
        steps, self.steps = self.steps, []
        return steps

    async def fail(self, db: Database, failure: ConnectFailure) -> None:
        """Keep the remaining steps and why it ended without a connection."""
        await db.execute(sql.fail, self.id, self.steps, *failure.as_columns())


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt as its user sees it; `outcome` is waiting, connected, declined, failed or abandoned."""

    id: UUID
    provider: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    code: str | None
    cause: str | None
    mend: str | None
    steps: list[dict[str, Any]]


async def recent_attempts(
    db: Database, user_id: UUID, provider: str | None = None, *, limit: int = RECENT_ATTEMPTS
) -> list[Attempt]:
    """The user's last attempts, newest first; those that nobody came back from have no cause."""
    async with db.as_user(user_id) as connected:
        rows = await connected.fetch(sql.recent, provider, limit)
    return [Attempt(**dict(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class LandingAttempt:
    """An attempt as the page shows it that people land on: how it ended, and where it began."""

    id: UUID
    provider: str
    outcome: str
    code: str | None
    cause: str | None
    mend: str | None
    return_to: str | None
    origin: str | None
    popup: bool
    connection_id: UUID | None
    account_name: str | None
    scopes: list[str] | None


async def landing_attempt(db: Database, attempt_id: UUID) -> LandingAttempt | None:
    """The attempt of an id, which only those know who came back from it; None once that is a while ago."""
    row = await db.fetchrow(sql.landing, attempt_id, LANDING_LASTS)
    return None if row is None else LandingAttempt(**dict(row))
