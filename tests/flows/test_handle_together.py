"""Events that were committed together share a job, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest

from fluxstudio.core import jobs
from fluxstudio.core.services import Services
from fluxstudio.flows import handle as handling
from fluxstudio.kit.postgres.database import Connection, DatabaseUnavailable
from tests.flows.test_handle import BEGUN, arrived, nothing, state
from tests.support.running import Running

ALONE = "SELECT payload FROM pgqueuer WHERE entrypoint = 'event' AND status = 'queued' ORDER BY id"


async def several(running: Running, count: int, **event: Any) -> list[UUID]:
    """Events without a job yet, in the order they came."""
    found = [await arrived(running, **event) for _ in range(count)]
    await running.services.db.execute("DELETE FROM pgqueuer")
    return found


async def handled_together(running: Running, event_ids: Sequence[UUID], start: handling.Starter) -> None:
    payload = b"".join(event_id.bytes for event_id in event_ids)
    await handling.handle_all(running.services, payload, start, asyncio.Semaphore(20))


async def jobs_of(running: Running) -> list[list[UUID]]:
    """The events of each job in the queue."""
    return [
        [UUID(bytes=row["payload"][place : place + 16]) for place in range(0, len(row["payload"]), 16)]
        for row in await running.services.db.fetch(ALONE)
    ]


async def test_a_commit_makes_one_job_for_twenty_events(running: Running) -> None:
    events = [UUID(int=number) for number in range(45)]
    async with running.services.db.transaction() as connected:
        await handling.enqueue(connected, events)
    assert [len(some) for some in await jobs_of(running)] == [20, 20, 5]
    assert [event for some in await jobs_of(running) for event in some] == events


async def test_each_is_handled_once_and_those_of_one_order_in_their_order(running: Running) -> None:
    here = await several(running, 5, channel="C0HERE0001")
    there = await several(running, 5, channel="C0THERE001")
    begun: list[UUID] = []

    async def start(connected: Connection, services: Services, event: Mapping[str, Any]) -> list[UUID]:
        begun.append(event["id"])
        await asyncio.sleep(0.001)
        return []

    await handled_together(running, [*there, *here], start)
    assert [event for event in begun if event in here] == here
    assert [event for event in begun if event in there] == there
    assert {await state(running, event) for event in (*here, *there)} == {("handled", 1)}
    assert await jobs_of(running) == []


async def test_one_that_fails_is_tried_again_by_itself(running: Running) -> None:
    first, bad, last = await several(running, 3)

    async def start(connected: Connection, services: Services, event: Mapping[str, Any]) -> list[UUID]:
        if event["id"] == bad:
            raise ValueError("a fault in here")
        return []

    await handled_together(running, [first, bad, last], start)
    assert [await state(running, event) for event in (first, bad, last)] == [
        ("handled", 1),
        ("failed", 1),
        ("handled", 1),
    ]
    assert await jobs_of(running) == [[bad]]


async def test_one_that_ends_its_worker_counts_against_nobody_else(running: Running) -> None:
    events = [event for name in "ABC" for event in await several(running, 1, channel=f"C0HERE000{name}")]
    await running.services.db.execute(
        "UPDATE integration_webhooks SET attempts = 1 WHERE id = ANY($1)", events[:2]
    )
    await handled_together(running, events, nothing)
    assert await jobs_of(running) == [[events[0]], [events[1]]]
    assert [await state(running, event) for event in events] == [
        ("received", 1),
        ("received", 1),
        ("handled", 1),
    ]


async def test_those_whose_turn_has_not_come_wait_in_one_job(running: Running) -> None:
    earlier, *later = await several(running, 4)
    await running.services.db.execute(BEGUN, earlier)
    await handled_together(running, later, nothing)
    assert await jobs_of(running) == [later]
    await running.services.db.execute(
        "UPDATE integration_webhooks SET status = 'handled' WHERE id = $1", earlier
    )
    await handled_together(running, later, nothing)
    assert {await state(running, event) for event in later} == {("handled", 1)}


async def test_what_was_handled_before_its_worker_was_lost_is_not_handled_again(running: Running) -> None:
    done, left = await several(running, 2)
    await handling.handle(running.services, done, nothing)
    started: list[UUID] = []

    async def start(connected: Connection, services: Services, event: Mapping[str, Any]) -> list[UUID]:
        started.append(event["id"])
        return []

    await handled_together(running, [done, left], start)
    assert started == [left]


async def test_when_the_database_goes_the_job_is_not_done(running: Running) -> None:
    events = await several(running, 2)

    async def start(connected: Connection, services: Services, event: Mapping[str, Any]) -> list[UUID]:
        raise DatabaseUnavailable("gone")

    with pytest.raises(DatabaseUnavailable):
        await handled_together(running, events, start)
    assert {(await state(running, event))[0] for event in events} == {"received"}


async def test_the_only_one_of_a_job_asks_for_its_own_next_attempt(running: Running) -> None:
    [event] = await several(running, 1)

    async def start(connected: Connection, services: Services, event: Mapping[str, Any]) -> list[UUID]:
        raise ValueError("a fault in here")

    with pytest.raises(jobs.Retry):
        await handled_together(running, [event], start)
    assert await jobs_of(running) == []
