"""Work that comes back: each turn is done by one process of the installation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from fluxstudio.kit.draining import Drain
from fluxstudio.kit.postgres.database import Database, DatabaseUnavailable
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/jobs/scheduler.sql")

log = structlog.get_logger(__name__)

# All of them at once would keep as many connections open, and nobody waits for any.
TASKS_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """Something to do every so often. A turn that fails is not made up for: the next one comes."""

    name: str
    every: timedelta
    work: Callable[[], Awaitable[object]]


async def seconds_since_turn(db: Database, name: str, every: timedelta) -> float | None:
    """How long ago some process last took a turn of the task of this name; None where none ever did."""
    seconds: float | None = await db.fetchval(sql.last_turn, name, every)
    return seconds


async def recur(db: Database, tasks: Sequence[PeriodicTask], drain: Drain | None = None) -> None:
    """Do each task whenever its turn has come and no other process has taken it, a few at a time.

    Once `drain` begins no further turns are taken.
    """
    drain = drain if drain is not None else Drain()
    looking, turns = asyncio.Lock(), asyncio.Semaphore(TASKS_AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for task in tasks:
            group.create_task(_recur(db, task, looking, turns, drain))


async def _recur(
    db: Database, task: PeriodicTask, looking: asyncio.Lock, turns: asyncio.Semaphore, drain: Drain
) -> None:
    pause = min(task.every.total_seconds() / 4, 15)
    while not drain.leaving.is_set():
        try:
            async with looking:
                is_ours = await db.fetchval(sql.take, task.name, task.every)
            if is_ours:
                async with turns:
                    await _work(task, drain)
        except DatabaseUnavailable:
            # The database tells of that itself, once for everybody who waits for it.
            pass
        except Exception as error:
            log.error("periodic_task_failed", task=task.name, kind=type(error).__name__)
        await asyncio.sleep(pause)


async def _work(task: PeriodicTask, drain: Drain) -> None:
    with drain.under_way():
        await task.work()
