"""Events that were committed together share a job, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import pytest

from fluxstudio.core.jobs import queue
from fluxstudio.core.services import Services
from fluxstudio.flows.webhooks import process as handling
from fluxstudio.flows.webhooks.starters import Starter
from fluxstudio.kit.postgres.database import Connection, DatabaseUnavailable
from tests.support.receiving import BEGUN, arrived, nothing, state
from tests.support.running import Running

ALONE = "SELECT payload FROM jobs WHERE kind = 'event' ORDER BY id"


async def several(running: Running, count: int, **event: Any) -> list[UUID]:
    """Events without a job yet, in the order they came."""
    results = [await arrived(running, **event) for _ in range(count)]
    await running.services.db.execute("DELETE FROM jobs")
    return results


async def handled_together(running: Running, event_ids: Sequence[UUID], start: Starter) -> None:
    await handling.Processing(running.services, start).each(event_ids)


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
    await handling.Processing(running.services, nothing).event(done)
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

    with pytest.raises(queue.Retry):
        await handled_together(running, [event], start)
    assert await jobs_of(running) == []


def turn_of(event_ids: Sequence[UUID], lane: str = "", attempts: int = 1) -> list[queue.Job]:
    """One job for each event."""
    return [
        queue.Job(number, "slack:T", lane, event_id.bytes, attempts)
        for number, event_id in enumerate(event_ids)
    ]


ORDER = "SELECT order_key FROM integration_webhooks WHERE id = $1"


async def test_a_turn_begins_with_the_earliest_of_its_order_and_makes_one_attempt_at_each(
    running: Running,
) -> None:
    events = await several(running, 6)
    lane = await running.services.db.fetchval(ORDER, events[0])
    begun: list[UUID] = []

    async def start(connected: Connection, services: Services, event: Mapping[str, Any]) -> list[UUID]:
        begun.append(event["id"])
        return []

    await handling.Processing(running.services, start).turn(turn_of(events[3:], lane))
    assert begun == events
    await handling.Processing(running.services, start).turn(turn_of(events[:3], lane))
    assert begun == events
    assert {await state(running, event) for event in events} == {("handled", 1)}
    assert await running.services.db.fetchval("SELECT count(*) FROM deliveries WHERE outcome = 'done'") == 6


async def test_one_that_fails_in_a_turn_is_tried_again_by_itself_and_the_others_are_handled(
    running: Running,
) -> None:
    first, bad, last = events = await several(running, 3)
    lane = await running.services.db.fetchval(ORDER, first)

    async def start(connected: Connection, services: Services, event: Mapping[str, Any]) -> list[UUID]:
        if event["id"] == bad:
            raise ValueError("a fault in here")
        return []

    await handling.Processing(running.services, start).turn(turn_of(events, lane))
    assert [await state(running, event) for event in events] == [
        ("handled", 1),
        ("failed", 1),
        ("handled", 1),
    ]
    assert await jobs_of(running) == [[bad]]
    assert (await state(running, last))[0] == "handled"


async def test_events_whose_worker_was_lost_get_an_attempt_each_that_counts(running: Running) -> None:
    """Or what ends a worker would be tried for ever."""
    events = await several(running, 2)
    lane = await running.services.db.fetchval(ORDER, events[0])

    async def start(connected: Connection, services: Services, event: Mapping[str, Any]) -> list[UUID]:
        seen = await running.services.db.fetchval(
            "SELECT attempts FROM integration_webhooks WHERE id = $1", event["id"]
        )
        assert seen == 1
        return []

    await handling.Processing(running.services, start).turn(turn_of(events, lane, attempts=2))
    assert {await state(running, event) for event in events} == {("handled", 1)}


async def test_what_a_turn_starts_is_planned_once_for_all_its_events(running: Running) -> None:
    events = await several(running, 3)
    lane = await running.services.db.fetchval(ORDER, events[0])
    planned: list[list[UUID]] = []
    locked_before: list[list[UUID]] = []

    class Start:
        started: ClassVar[list[UUID]] = []

        async def plan(self, services: Services, batch: Sequence[Mapping[str, Any]]) -> Start:
            planned.append([event["id"] for event in batch])
            return self

        async def lock(self, connected: Connection) -> None:
            locked_before.append(list(self.started))

        async def start(self, connected: Connection, event: Mapping[str, Any]) -> list[UUID]:
            self.started.append(event["id"])
            return []

        async def __call__(
            self, connected: Connection, services: Services, event: Mapping[str, Any]
        ) -> list[UUID]:
            raise AssertionError("it is planned")

    await handling.Processing(running.services, Start()).turn(turn_of(events, lane))
    assert planned == [events]
    assert locked_before == [[]]
    assert Start.started == events
