"""Jobs are done once, by one worker at a time, and nobody's many keep another's waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from fluxstudio.core.event_stream.publisher import Publisher
from fluxstudio.core.jobs import queue
from fluxstudio.core.jobs.queue import Job, Queue, Retry
from fluxstudio.core.jobs.scheduler import PeriodicTask, recur
from fluxstudio.core.jobs.workers import LEASE, Wakeups, Worker, work
from fluxstudio.kit.draining import Drain
from fluxstudio.kit.postgres.database import Database

Doing = Callable[[Sequence[Job]], Awaitable[None]]


@pytest.fixture
async def db(database: dict[str, Any]) -> AsyncIterator[Database]:
    async with Database(database, max_size=8) as db:
        yield db


async def put(
    db: Database, share: str, *payloads: bytes, lane: str = "", kind: str = "task", seconds: float = 0
) -> None:
    async with db.transaction() as connected:
        await queue.enqueue(connected, kind, payloads, share=share, lane=lane, seconds=seconds)


@asynccontextmanager
async def working(db: Database, handler: Doing, *, at_once: int = 4) -> AsyncIterator[Wakeups]:
    wakeups = Wakeups(Publisher(db))
    task = asyncio.create_task(work(db, wakeups, [Queue("task", handler, at_once)]))
    try:
        yield wakeups
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def emptied(db: Database) -> None:
    async with asyncio.timeout(60):
        while await db.fetchval("SELECT count(*) FROM jobs"):
            await asyncio.sleep(0.01)


async def taken(worker: Worker, most: int, together: int = 20) -> list[tuple[str, bytes]]:
    """What a worker without anything under way would take."""
    rows = await worker.db.fetch(
        queue.sql.take, *("task", worker.id, LEASE, most, most, together, 1, "", [], [], [])
    )
    return [(row["share"], row["payload"]) for row in rows]


async def nothing(turn: Sequence[Job]) -> None:
    """Does a turn."""


async def test_every_job_is_done_once_whoever_takes_it(db: Database) -> None:
    done: list[bytes] = []

    async def note(turn: Sequence[Job]) -> None:
        await asyncio.sleep(0.001)
        done.extend(job.payload for job in turn)

    for share in "abc":
        await put(db, share, *(f"{share}{number}".encode() for number in range(30)))
    async with working(db, note), working(db, note):
        await emptied(db)
    assert sorted(done) == sorted(f"{share}{number}".encode() for share in "abc" for number in range(30))


async def test_a_members_backlog_leaves_the_next_turn_to_a_neighbour(db: Database) -> None:  # R60
    begun: list[str] = []
    neighbour = asyncio.Event()

    async def note(turn: Sequence[Job]) -> None:
        begun.append(turn[0].share)
        if turn[0].share == "mei":
            neighbour.set()
        elif not neighbour.is_set():
            # As slow as it likes: there is always a turn left for somebody else.
            await neighbour.wait()

    await put(db, "ada", *(b"%d" % number for number in range(500)))
    async with working(db, note) as wakeups:
        async with asyncio.timeout(60):
            while len(begun) < 2:
                await asyncio.sleep(0.01)
        await put(db, "mei", b"one")
        wakeups.wake("task")
        await asyncio.wait_for(neighbour.wait(), 60)
        assert begun.index("mei") == 2


async def test_shares_get_their_turns_one_after_the_other(db: Database) -> None:  # R60
    for share in ("ada", "mei", "noor"):
        await put(db, share, b"1", b"2", b"3")
    order: list[str] = []

    async def note(turn: Sequence[Job]) -> None:
        order.append(turn[0].share)

    async with working(db, note, at_once=1):
        await emptied(db)
    assert order == ["ada", "mei", "noor"] * 3


async def test_jobs_of_one_lane_are_done_in_their_order_by_one_worker(db: Database) -> None:
    done: list[bytes] = []
    at_it = 0

    async def note(turn: Sequence[Job]) -> None:
        nonlocal at_it
        at_it += 1
        assert at_it == 1
        await asyncio.sleep(0.002)
        done.extend(job.payload for job in turn)
        at_it -= 1

    await put(db, "ada", *(b"%03d" % number for number in range(100)), lane="order")
    async with working(db, note), working(db, note):
        await emptied(db)
    assert done == sorted(done)
    assert len(done) == 100


async def test_a_lane_that_somebody_is_at_keeps_no_other_lane_waiting(db: Database) -> None:
    await put(db, "ada", b"1", b"2", lane="busy")
    await put(db, "ada", b"3", lane="other")
    one, two = (Worker(db, Queue("task", nothing, 4)) for _ in range(2))
    assert await taken(one, 1, together=1) == [("ada", b"1")]
    assert await taken(two, 4) == [("ada", b"3")]


async def test_what_fails_comes_back_and_what_asks_to_wait_comes_back_then(db: Database) -> None:
    tries: list[int] = []

    async def twice(turn: Sequence[Job]) -> None:
        tries.append(turn[0].attempts)
        if len(tries) == 1:
            raise Retry(0.01)
        if len(tries) == 2:
            raise ValueError("a fault in here")

    await put(db, "ada", b"1")
    async with working(db, twice):
        await emptied(db)
    assert tries == [1, 2, 3]


async def test_a_job_for_later_is_left_until_then(db: Database) -> None:
    await put(db, "ada", b"1", seconds=1000)
    worker = Worker(db, Queue("task", nothing, 4))
    assert await taken(worker, 4) == []
    assert await queue.due(db, "task", b"1") is not None
    await db.execute("UPDATE jobs SET due_at = now()")
    assert await taken(worker, 4) == [("ada", b"1")]


async def test_the_jobs_of_a_worker_that_was_lost_are_done_by_another(db: Database) -> None:
    await put(db, "ada", b"1", lane="order")
    await taken(Worker(db, Queue("task", nothing, 4)), 4)
    other = Worker(db, Queue("task", nothing, 4))
    assert await taken(other, 4) == []
    await db.execute("UPDATE jobs SET taken_until = now() - interval '1 second'")
    await db.execute(queue.sql.free_lost)
    assert await taken(other, 4) == [("ada", b"1")]


async def test_a_worker_that_lost_its_job_does_not_end_it_for_the_one_who_has_it(db: Database) -> None:
    await put(db, "ada", b"1")
    lost, other = (Worker(db, Queue("task", nothing, 4)) for _ in range(2))
    await taken(lost, 1)
    await db.execute("UPDATE jobs SET taken_until = now() - interval '1 second'")
    await db.execute(queue.sql.free_lost)
    await taken(other, 1)
    number = await db.fetchval("SELECT id FROM jobs")
    await lost._finish([(number, None)])
    assert await db.fetchval("SELECT worker FROM jobs") == other.id


async def test_a_worker_elsewhere_hears_of_jobs(db: Database) -> None:
    done = asyncio.Event()

    async def note(turn: Sequence[Job]) -> None:
        done.set()

    async with working(db, note):
        announcing = Publisher(db)
        async with asyncio.timeout(60):
            while not done.is_set():
                if not await db.fetchval("SELECT count(*) FROM jobs"):
                    await put(db, "ada", b"1")
                Wakeups(announcing).wake("task")
                await asyncio.sleep(0.02)
        await announcing.close()


async def test_jobs_of_the_version_before_are_moved_and_done(db: Database) -> None:
    assert await queue.move_old(db) == 0
    await db.execute(
        "CREATE TABLE pgqueuer (id serial, entrypoint text, payload bytea, status text, "
        "execute_after timestamptz DEFAULT now(), heartbeat timestamptz DEFAULT now())"
    )
    await db.execute(
        "INSERT INTO pgqueuer (entrypoint, payload, status, heartbeat) VALUES "
        "('task', '1', 'queued', now()), ('task', '2', 'failed', now()), "
        "('task', '3', 'picked', now() + interval '1 hour'), "
        "('task', '4', 'picked', now() - interval '1 minute')"
    )
    assert await queue.move_old(db) == 3
    done: list[bytes] = []

    async def note(turn: Sequence[Job]) -> None:
        done.extend(job.payload for job in turn)

    async with working(db, note):
        await emptied(db)
    assert sorted(done) == [b"1", b"2", b"4"]
    assert await db.fetchval("SELECT payload FROM pgqueuer") == b"3"


async def test_several_lanes_of_a_share_make_one_turn_and_nobody_elses(db: Database) -> None:
    turns: list[list[tuple[str, str]]] = []

    async def note(turn: Sequence[Job]) -> None:
        turns.append([(job.share, job.lane) for job in turn])

    for share, lanes in {"one": "abc", "two": "ab"}.items():
        for lane in lanes:
            await put(db, share, b"1", b"2", lane=lane)
    worker = Worker(db, Queue("task", note, at_once=9, lanes=2))
    await worker._take()
    await asyncio.gather(*worker._turns)
    assert sorted(turns) == [
        [("one", "a")] * 2 + [("one", "b")] * 2,
        [("one", "c")] * 2,
        [("two", "a")] * 2 + [("two", "b")] * 2,
    ]


@pytest.mark.parametrize("steps", range(4))
async def test_a_worker_that_is_woken_as_it_is_stopped_stops(db: Database, steps: int) -> None:
    worker = Worker(db, Queue("task", nothing, 1))
    task = asyncio.create_task(worker.run())
    await asyncio.sleep(0.1)
    worker.wake()
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=60)
    assert done


async def test_a_worker_that_ends_finishes_its_job_and_takes_no_other(db: Database) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait(turn: Sequence[Job]) -> None:
        begun.set()
        await go_on.wait()

    drain = Drain(60)
    await put(db, "ada", b"1")
    task = asyncio.create_task(work(db, Wakeups(Publisher(db)), [Queue("task", wait, 1)], drain))
    await asyncio.wait_for(begun.wait(), 60)
    ending = asyncio.create_task(drain.finish())
    await drain.leaving.wait()
    await put(db, "mei", b"2")
    go_on.set()
    assert await asyncio.wait_for(ending, 60)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    rows = await db.fetch("SELECT share, status, attempts FROM jobs")
    assert [tuple(row) for row in rows] == [("mei", "ready", 0)]


async def test_a_job_that_does_not_end_in_time_is_handed_back_as_if_never_taken(db: Database) -> None:
    begun = asyncio.Event()

    async def wait(turn: Sequence[Job]) -> None:
        begun.set()
        await asyncio.Event().wait()

    drain = Drain(0)
    await put(db, "ada", b"1")
    task = asyncio.create_task(work(db, Wakeups(Publisher(db)), [Queue("task", wait, 1)], drain))
    await asyncio.wait_for(begun.wait(), 60)
    assert await drain.finish() is False
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    rows = await db.fetch("SELECT status, worker, attempts FROM jobs")
    assert [tuple(row) for row in rows] == [("ready", None, 0)]


async def test_no_turn_of_what_recurs_begins_once_the_end_has(db: Database) -> None:
    drain, turns = Drain(60), 0

    async def end() -> None:
        nonlocal turns
        turns += 1
        drain.begin()

    await recur(db, [PeriodicTask("a turn", timedelta(seconds=0.01), end)], drain)
    assert turns == 1
