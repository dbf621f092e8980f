"""A run begins as soon as its event was handled, and is not lost with that process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from fluxstudio.core.jobs import queue, workers
from fluxstudio.core.jobs.queue import Job
from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.webhooks.process import Processing
from tests.support.automating import Automating
from tests.support.running import Running

QUEUED = "SELECT share, payload FROM jobs WHERE kind = 'run'"


@pytest.fixture
async def ada(running: Running) -> Automating:
    return await Automating.begin(running)


async def test_it_is_enqueued_by_the_transaction_that_handles_its_event(ada: Automating) -> None:
    await ada.make()
    await Processing(ada.running.services, triggers.start_runs).event((await ada.received())["id"])
    [run] = await ada.all_runs()
    [queued] = await ada.running.services.db.fetch(QUEUED)
    assert queued["payload"] == UUID(run["id"]).bytes
    member = await ada.running.services.db.fetchval("SELECT user_id::text FROM automations")
    assert queued["share"] == member


async def test_a_worker_that_waits_is_woken_when_a_run_was_started(
    ada: Automating, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, begun = ada.running.services, asyncio.Event()

    async def one(turn: Sequence[Job]) -> None:
        begun.set()

    monkeypatch.setattr(workers, "POLL_SECONDS", 1000.0)
    working = asyncio.create_task(workers.work(services.db, services.wakeups, [queue.Queue("run", one, 4)]))
    await ada.make()
    event = await ada.received()
    await Processing(services, triggers.start_runs).event(event["id"])
    await asyncio.wait_for(begun.wait(), 60)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
