"""Workers: whatever they are given, they end in time, and nobody waits for somebody else's work."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from fluxstudio.kit.worker_pool import OverBudget, QueueFull, WorkBudget, WorkerPool

SOON = WorkBudget(cpu=0.2, wall=5.0)


def handler(_: Any) -> Callable[[str, bytes], bytes]:
    """What the workers of these tests do."""

    def handle(task: str, argument: bytes) -> bytes:
        if task == "spin":
            while True:
                pass
        if task == "in C":
            return b"%d" % sum(range(10**12))
        if task == "sleep":
            time.sleep(3600)
        if task == "fill":
            return b"x" * len([b"y" * 1_000_000 for _ in range(10**6)])
        if task == "nest":
            return handle(task, argument)
        if task == "fail":
            raise LookupError("nothing that anybody has to see")
        if task == "environment":
            return repr(dict(os.environ)).encode()
        return argument

    return handle


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(f"{__name__}:handler", workers=2, waiting_each=3)
    yield pool
    await pool.close()


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_work_that_is_cheap_is_done(pool: WorkerPool) -> None:
    answers = await asyncio.gather(*(pool.run(owner, "echo", b"%d" % owner, SOON) for owner in range(20)))
    assert answers == [b"%d" % owner for owner in range(20)]


@pytest.mark.parametrize("task", ["spin", "in C", "fill", "nest"])
async def test_work_that_never_ends_is_ended(pool: WorkerPool, task: str) -> None:  # R59
    with pytest.raises(OverBudget):
        await pool.run("somebody", task, b"", SOON)
    assert await pool.run("somebody", "echo", b"and on it goes", SOON) == b"and on it goes"


async def test_work_that_only_waits_is_ended(pool: WorkerPool) -> None:
    with pytest.raises(OverBudget):
        await pool.run("somebody", "sleep", b"", WorkBudget(cpu=1, wall=0.1))


async def test_a_neighbour_does_not_wait_for_somebody_who_keeps_workers_busy(pool: WorkerPool) -> None:
    busy = [asyncio.create_task(pool.run("busy", "spin", b"", SOON)) for _ in range(4)]
    await asyncio.sleep(0)
    assert await pool.run("neighbour", "echo", b"at once", SOON) == b"at once"
    assert not any(task.done() for task in busy[1:])
    with pytest.raises(QueueFull):
        await pool.run("busy", "echo", b"one too many", SOON)
    ended = await asyncio.gather(*busy, return_exceptions=True)
    assert all(isinstance(error, OverBudget) for error in ended)


async def test_who_gives_up_waiting_holds_nobody_up(pool: WorkerPool) -> None:
    first = asyncio.create_task(pool.run("one", "spin", b"", SOON))
    waiting = asyncio.create_task(pool.run("one", "spin", b"", SOON))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(first, waiting, return_exceptions=True)
    assert await pool.run("one", "echo", b"next", SOON) == b"next"


async def test_a_failure_says_its_kind_and_nothing_else(pool: WorkerPool) -> None:
    with pytest.raises(RuntimeError, match=r"^the work failed \(LookupError\)$"):
        await pool.run("somebody", "fail", b"", SOON)


async def test_a_worker_is_given_no_secret(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCRYPTION_KEYS", "1:secret")
    fresh = WorkerPool(f"{__name__}:handler")
    try:
        assert b"ENCRYPTION_KEYS" not in await fresh.run("somebody", "environment", b"", SOON)
    finally:
        await fresh.close()
