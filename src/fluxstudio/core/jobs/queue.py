"""Work for later, kept in the database: enqueued by whoever commits, shared fairly among members."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.trace import current_text

sql = Queries.load("fluxstudio.sql", "queries/jobs/queue.sql")

MOST_MOVED = 500
MOST_ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 3600.0


class Retry(Exception):
    """A job is to be tried again in this many seconds."""

    def __init__(self, seconds: float, reason: str = "") -> None:
        super().__init__(reason or f"again in {seconds:.1f} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Job:
    """A job that a worker has taken, `attempts` times so far by whomever; `origin` is what led to it."""

    id: int
    share: str
    lane: str
    payload: bytes
    attempts: int
    origin: str | None = None


Handler = Callable[[Sequence[Job]], Awaitable[None]]
"""Does one turn: a single job, or several of some lanes of a share, each lane in order.

Raises `Retry` to have them put back.
"""


@dataclass(frozen=True, slots=True)
class Queue:
    """Jobs of one kind, so many turns at once in a process, each for up to `lanes` lanes of one share."""

    kind: str
    handler: Handler
    at_once: int
    lanes: int = 1


def pause_before(attempt: int) -> float:
    """Seconds before the attempt after this one: fourfold each time, up to half of it off by chance."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 4.0 ** (attempt - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries


async def enqueue(
    connected: Connection,
    kind: str,
    payloads: Sequence[bytes],
    *,
    share: str | None = None,
    lane: str = "",
    seconds: float = 0,
) -> None:
    """Enqueue jobs within the caller's transaction; they begin `seconds` after its commit.

    `share` names the member or the account whose part of the workers they take; those of one `lane` of a
    share are done in their order. Call `Wakeups.wake` once it is committed.
    """
    if payloads:
        pause = timedelta(seconds=max(0.0, seconds))
        await connected.execute(sql.enqueue, kind, share or kind, lane, list(payloads), pause, current_text())


@dataclass(frozen=True, slots=True)
class Backlog:
    """Jobs that wait, come later or are under way, and how long the oldest has waited."""

    waiting: int
    later: int
    under_way: int
    oldest_seconds: float


async def backlog(db: Database) -> Backlog:
    """How much there is to do. Raises `DatabaseUnavailable`."""
    row = await db.fetchrow(sql.backlog)
    assert row is not None
    return Backlog(**row)


async def due(db: Database, kind: str, payload: bytes) -> datetime | None:
    """When a job of this kind and payload begins that comes later; None where there is none."""
    moment: datetime | None = await db.fetchval(sql.due, kind, payload)
    return moment


async def move_old(db: Database) -> int:
    """Move the jobs that the version before has enqueued in tables of its own; how many there were."""
    total = 0
    while moved := await db.fetchval(sql.move_old, MOST_MOVED):
        total += moved
    return total
