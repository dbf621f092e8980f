"""Work for later, kept in the database: put in by whoever commits, taken by one worker at a time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

import asyncpg
import msgspec
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import FailingListenerError, RetryRequested
from pgqueuer.domain.models import HealthCheckEvent, Job
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.queries import Queries

from fluxstudio.kit.postgres.connection import connect_arguments
from fluxstudio.kit.postgres.database import (
    UNUSED_SECONDS,
    Connection,
    Database,
    DatabaseUnavailable,
    Target,
)

log = structlog.get_logger(__name__)

# A worker that shows no sign of life for this long has lost its jobs to others.
TAKEN_OVER_AFTER = timedelta(seconds=6)
# How long a worker may take to hear its own sign of life, and how many it sends meanwhile.
HEARS_WITHIN, SIGNS = timedelta(seconds=10), 5
MOST_ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 3600.0
# Seconds to let jobs under way come to their end when stopping.
PATIENCE = 10.0

Handler = Callable[[bytes], Awaitable[None]]


class Retry(Exception):
    """A job is to be tried again in this many seconds."""

    def __init__(self, seconds: float, reason: str = "") -> None:
        super().__init__(reason or f"again in {seconds:.1f} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Lane:
    """Jobs of these kinds, so many at once in a process; what one lane waits for holds up no other."""

    handlers: Mapping[str, Handler]
    at_once: int


def pause_before(attempt: int) -> float:
    """Seconds before the attempt after this one: fourfold each time, up to half of it off by chance."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 4.0 ** (attempt - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries


@lru_cache
def _builders() -> tuple[QueryBuilderEnvironment, QueryQueueBuilder]:
    """What writes the queue's statements; it looks the whole environment through when it is made."""
    names = DBSettings(durability=Durability.balanced)
    return QueryBuilderEnvironment(names), QueryQueueBuilder(names)


def _queries(driver: AsyncpgDriver | AsyncpgPoolDriver) -> Queries:
    environment, builder = _builders()
    return Queries(driver, qbe=environment, qbq=builder)


# For other functions of the database, so that what is kept and its jobs need one round trip. The library's
# own statement also notes each job in its log, which nobody reads here and which costs as much as the rest.
ENQUEUE = """
CREATE OR REPLACE FUNCTION enqueue_jobs(kind text, payloads bytea[]) RETURNS void LANGUAGE sql AS $body$
    INSERT INTO pgqueuer (priority, entrypoint, payload, execute_after, status)
    SELECT 0, kind, payload, now(), 'queued' FROM unnest(payloads) AS given (payload);
$body$;
DROP FUNCTION IF EXISTS enqueue_jobs_batch;
REVOKE EXECUTE ON FUNCTION enqueue_jobs FROM PUBLIC;
"""


async def install(target: Target) -> None:
    """Bring the queue's own tables up to date; several processes may do this at once."""
    connection = await asyncpg.connect(**connect_arguments(target))
    try:
        queries = _queries(AsyncpgDriver(connection))
        names = queries.qbe.settings
        async with queries.schema_lock():
            if not await queries.schema_is_installed():
                await queries.install()
            for table in (
                names.queue_table,
                names.queue_table_log,
                names.statistics_table,
                names.schedules_table,
            ):
                await connection.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            await connection.execute(ENQUEUE)
    finally:
        await connection.close()


class _PythonJson(AsyncpgDriver):
    """Enqueues over a connection of ours, whose JSON columns take Python values and not text."""

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        *others, headers = args
        return await super().fetch(
            query, *others, [msgspec.json.decode(text) for text in cast("list[str]", headers)]
        )


async def enqueue(
    connected: Connection, kind: str, payloads: Sequence[bytes], *, seconds: float = 0, priority: int = 0
) -> None:
    """Put jobs into the queue, within the caller's transaction; they begin `seconds` after its commit."""
    if payloads:
        count = len(payloads)
        await _queries(_PythonJson(cast("asyncpg.Connection[Any]", connected))).enqueue(
            [kind] * count, list(payloads), [priority] * count, [timedelta(seconds=seconds)] * count
        )


async def work(target: Target, lanes: Sequence[Lane]) -> None:
    """Do jobs for as long as this runs; when the database goes away, go on once it is back."""
    async with _pool(target, len(lanes)) as pool, asyncio.TaskGroup() as group:
        for lane in lanes:
            group.create_task(_keep_working(pool, lane))


async def _keep_working(pool: asyncpg.Pool[Any], lane: Lane) -> None:
    while True:
        try:
            await _work(pool, lane)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, FailingListenerError) as error:
            log.warning("worker_waits_for_database", kind=type(error).__name__)
        except Exception as error:
            log.error("worker_failed", kind=type(error).__name__, exc_info=error)
        await asyncio.sleep(random.uniform(0.2, 1.0))  # noqa: S311 - spreads reconnects


@asynccontextmanager
async def _pool(target: Target, lanes: int) -> AsyncIterator[asyncpg.Pool[Any]]:
    """Connections without our own way with JSON, which the queue does not expect; none until one is needed.

    Each lane keeps one to listen on.
    """
    pool = asyncpg.create_pool(
        **connect_arguments(target),
        min_size=0,
        max_size=3 * lanes,
        timeout=10,
        max_inactive_connection_lifetime=UNUSED_SECONDS,
    )
    try:
        yield await pool
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(pool.close(), 5)
        pool.terminate()


class Worker(QueueManager):
    """The library's worker, which begins to ask whether it is heard before it listens, and asks once only."""

    async def listener_healthy(self, timeout: timedelta = HEARS_WITHIN) -> HealthCheckEvent:  # noqa: ASYNC109
        """A sign of life that was sent and heard. Raises `FailingListenerError` when none of several is."""
        for _ in range(SIGNS - 1):
            with suppress(FailingListenerError):
                return await super().listener_healthy(timeout / SIGNS)
        return await super().listener_healthy(timeout / SIGNS)


async def _work(pool: asyncpg.Pool[Any], lane: Lane) -> None:
    manager = Worker(_queries(AsyncpgPoolDriver(pool)))
    for kind, handler in lane.handlers.items():
        manager.entrypoint(kind, on_failure="hold")(_entrypoint(handler))
    running = asyncio.create_task(
        manager.run(
            batch_size=min(20, lane.at_once // 2),
            max_concurrent_tasks=lane.at_once,
            heartbeat_timeout=TAKEN_OVER_AFTER,
            shutdown_on_listener_failure=True,
            dequeue_timeout=timedelta(seconds=5),
        )
    )
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        manager.shutdown.set()
        await asyncio.wait({running}, timeout=PATIENCE)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        raise


def _entrypoint(handler: Handler) -> Callable[[Job], Awaitable[None]]:
    async def perform(job: Job) -> None:
        try:
            await handler(job.payload or b"")
        except Retry as retry:
            raise RetryRequested(delay=timedelta(seconds=retry.seconds), reason=str(retry)) from retry
        except DatabaseUnavailable as error:
            raise RetryRequested(delay=timedelta(seconds=pause_before(1)), reason="database") from error

    return perform


QUEUE = """
SELECT count(*) FILTER (WHERE status = 'queued' AND execute_after <= now()) AS waiting,
       count(*) FILTER (WHERE status = 'queued' AND execute_after > now()) AS later,
       count(*) FILTER (WHERE status = 'picked') AS under_way,
       count(*) FILTER (WHERE status = 'failed') AS held,
       coalesce(extract(epoch FROM now() - min(execute_after) FILTER (WHERE status = 'queued'
                AND execute_after <= now())), 0)::float8 AS oldest_seconds
FROM pgqueuer
"""

DUE = """
SELECT min(execute_after) FROM pgqueuer WHERE entrypoint = $1 AND payload = $2 AND status = 'queued'
"""

MOVE = """
UPDATE pgqueuer SET execute_after = now() + $3::interval
WHERE entrypoint = $1 AND payload = $2 AND status = 'queued'
"""

TAKE_UP = """
UPDATE pgqueuer SET status = 'queued', execute_after = now(), updated = now(), queue_manager_id = NULL
WHERE status = 'failed'
"""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Jobs that wait, come later, are under way or are held, and how long the oldest has waited."""

    waiting: int
    later: int
    under_way: int
    held: int
    oldest_seconds: float


async def backlog(db: Database) -> Backlog:
    """How much there is to do. Raises `DatabaseUnavailable`."""
    row = await db.fetchrow(QUEUE)
    assert row is not None
    return Backlog(**row)


async def due(db: Database, kind: str, payload: bytes) -> datetime | None:
    """When a job of this kind and payload begins next; None where none waits."""
    found: datetime | None = await db.fetchval(DUE, kind, payload)
    return found


async def put_off(db: Database, kind: str, payload: bytes, seconds: float) -> None:
    """Let the jobs of this kind and payload that wait begin that many seconds from now."""
    await db.execute(MOVE, kind, payload, timedelta(seconds=seconds))


async def take_up_held(db: Database) -> int:
    """Queue again what is held; how many there were.

    The queue holds a job when the database went away under it, whose fault that is not. What is itself at
    fault counts its attempts and ends for good.
    """
    taken = await db.execute(TAKE_UP)
    return int(taken.rpartition(" ")[2])


async def sweep(db: Database) -> None:
    """Delete the queue's own notes on jobs that ended an hour ago."""
    await db.execute("DELETE FROM pgqueuer_log WHERE created < now() - interval '1 hour'")
