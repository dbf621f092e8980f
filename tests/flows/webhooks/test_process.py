"""What follows from an event happens once, whoever dies on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from fluxstudio.core.jobs import queue
from fluxstudio.core.services import Services
from fluxstudio.flows.webhooks.process import Processing, replay
from fluxstudio.kit.postgres.database import Connection
from tests.support.receiving import BEGUN, arrived, broken, nothing, state, team_of
from tests.support.running import Running, Start

HOUR_OLD = "UPDATE oauth_tokens SET refreshed_at = now() - interval '1 hour'"

LOST = """
UPDATE integration_webhooks SET attempts = 1, claimed_at = clock_timestamp() - interval '5 seconds'
WHERE id = $1
"""


async def test_an_event_makes_what_was_kept_stale(running: Running) -> None:
    ada = await running.client()
    team = await team_of(running, await running.connect(ada, "slack"))
    for cached in (False, True):
        assert (await ada.get("/api/integrations/slack/channels")).json()["cached"] is cached
    await Processing(running.services, nothing).event(
        await arrived(running, team=team, type="channel_created")
    )
    assert (await ada.get("/api/integrations/slack/channels")).json()["cached"] is False


async def test_an_event_of_another_account_leaves_it_fresh(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    await ada.get("/api/integrations/slack/channels")
    await Processing(running.services, nothing).event(
        await arrived(running, team="T0ELSEWHERE", type="channel_created")
    )
    assert (await ada.get("/api/integrations/slack/channels")).json()["cached"] is True


async def test_however_many_handle_it_at_once_it_is_handled_once(running: Running) -> None:
    event_id = await arrived(running)
    started: list[UUID] = []

    async def start(connected: Connection, services: Services, event: Mapping[str, Any]) -> list[UUID]:
        started.append(event["id"])
        return []

    outcomes = await asyncio.gather(
        *(Processing(running.services, start).event(event_id) for _ in range(8)), return_exceptions=True
    )
    assert started == [event_id]
    assert set(outcomes) == {None}
    assert (await state(running, event_id))[0] == "handled"


async def test_an_attempt_that_fails_leaves_nothing_half_done_and_is_made_again(running: Running) -> None:
    event_id = await arrived(running)
    with pytest.raises(queue.Retry):
        await Processing(running.services, broken).event(event_id)
    assert await state(running, event_id) == ("failed", 1)
    await Processing(running.services, nothing).event(event_id)
    assert await state(running, event_id) == ("handled", 2)
    rows = await running.services.db.fetch("SELECT attempt, outcome FROM deliveries ORDER BY attempt")
    assert [tuple(row) for row in rows] == [(1, "failed"), (2, "done")]


async def test_after_the_last_attempt_it_is_dead_and_can_be_replayed(running: Running) -> None:
    event_id = await arrived(running)
    for _ in range(queue.MOST_ATTEMPTS - 1):
        with pytest.raises(queue.Retry):
            await Processing(running.services, broken).event(event_id)
    await Processing(running.services, broken).event(event_id)
    assert await state(running, event_id) == ("dead", queue.MOST_ATTEMPTS)
    assert await replay(running.services, [event_id]) == 1
    await Processing(running.services, nothing).event(event_id)
    assert await state(running, event_id) == ("handled", 1)


async def test_an_event_that_ends_its_worker_each_time_is_given_up_on(running: Running) -> None:
    event_id = await arrived(running)
    await running.services.db.execute("UPDATE integration_webhooks SET attempts = $1", queue.MOST_ATTEMPTS)
    await Processing(running.services, nothing).event(event_id)
    assert (await state(running, event_id))[0] == "dead"


async def test_whoever_comes_for_a_later_event_begins_with_the_first_of_its_order(running: Running) -> None:
    """The worker that was to begin the earlier ones may be lost."""
    events = [await arrived(running) for _ in range(3)]
    await running.services.db.execute("UPDATE integration_webhooks SET order_key = 'slack:one'")
    begun: list[UUID] = []

    async def start(connected: Connection, services: Services, event: Mapping[str, Any]) -> list[UUID]:
        begun.append(event["id"])
        return []

    await Processing(running.services, start).event(events[2])
    assert begun == events
    await Processing(running.services, start).event(events[0])
    assert [await state(running, event) for event in events] == [("handled", 1)] * 3
    assert begun == events


async def test_an_event_waits_while_another_worker_is_at_the_one_before_it(running: Running) -> None:
    first, second = await arrived(running), await arrived(running)
    await running.services.db.execute("UPDATE integration_webhooks SET order_key = 'slack:one'")
    await running.services.db.execute(BEGUN, first)
    with pytest.raises(queue.Retry):
        await Processing(running.services, nothing).event(second)
    assert await state(running, second) == ("received", 0)


async def test_one_whose_worker_was_lost_on_the_way_holds_up_nobody_behind_it(running: Running) -> None:
    events = [await arrived(running) for _ in range(3)]
    await running.services.db.execute("UPDATE integration_webhooks SET order_key = 'slack:one'")
    await running.services.db.execute(LOST, events[0])
    await Processing(running.services, nothing).event(events[2])
    assert [await state(running, event) for event in events] == [
        ("received", 1),
        ("handled", 1),
        ("handled", 1),
    ]
    await Processing(running.services, nothing).event(events[0])
    assert await state(running, events[0]) == ("handled", 2)


async def test_one_that_nobody_began_for_long_still_comes_first(running: Running) -> None:
    first, second = await arrived(running), await arrived(running)
    await running.services.db.execute(
        "UPDATE integration_webhooks SET order_key = 'slack:one', received_at = now() - interval '1 day'"
    )
    await Processing(running.services, nothing).event(second)
    assert [await state(running, event) for event in (first, second)] == [("handled", 1)] * 2


async def test_an_event_that_fails_where_another_was_come_for_does_not_hold_that_up(running: Running) -> None:
    first, second = await arrived(running), await arrived(running)
    await running.services.db.execute("UPDATE integration_webhooks SET order_key = 'slack:one'")

    async def start(connected: Connection, services: Services, event: Mapping[str, Any]) -> list[UUID]:
        if event["id"] == first:
            raise ValueError("a fault in here")
        return []

    await Processing(running.services, start).event(second)
    assert await state(running, first) == ("failed", 1)
    assert await state(running, second) == ("handled", 1)


async def test_a_failure_holds_nobody_up_who_comes_later(running: Running) -> None:
    first, second = await arrived(running), await arrived(running)
    await running.services.db.execute("UPDATE integration_webhooks SET order_key = 'slack:one'")
    with pytest.raises(queue.Retry):
        await Processing(running.services, broken).event(first)
    await Processing(running.services, nothing).event(second)
    assert await state(running, second) == ("handled", 1)


@pytest.mark.parametrize("kind", ["app_uninstalled", "tokens_revoked"])
async def test_access_that_the_provider_ended_is_shown_and_used_no_more(running: Running, kind: str) -> None:
    ada = await running.client()
    connection = await running.connect(ada, "slack")
    await running.services.db.execute(HOUR_OLD)
    tokens = {"tokens": {"oauth": [], "bot": ["U0FLUXBOT1"]}} if kind == "tokens_revoked" else {}
    await Processing(running.services, nothing).event(
        await arrived(running, team=await team_of(running, connection), type=kind, **tokens)
    )
    listed = (await ada.get("/api/integrations")).json()["integrations"]
    assert listed[0]["status"] == "error"
    asked = len(running.simulators["slack"].faults.requests)
    answer = await ada.get("/api/integrations/slack/channels")
    assert answer.json()["code"] == "REAUTHORIZATION_REQUIRED"
    assert len(running.simulators["slack"].faults.requests) == asked


async def test_access_given_after_the_event_is_not_ended_by_it(running: Running) -> None:
    ada = await running.client()
    connection = await running.connect(ada, "slack")
    event_id = await arrived(running, team=await team_of(running, connection), type="app_uninstalled")
    await running.services.db.execute("UPDATE oauth_tokens SET refreshed_at = now() + interval '1 second'")
    await Processing(running.services, nothing).event(event_id)
    assert (await ada.get("/api/integrations")).json()["integrations"][0]["status"] == "connected"


async def test_a_running_worker_handles_what_arrives(start: Start) -> None:
    running = await start(maintenance=True)
    event_id = await arrived(running)
    async with asyncio.timeout(60):
        while (await state(running, event_id))[0] != "handled":
            await asyncio.sleep(0.02)
