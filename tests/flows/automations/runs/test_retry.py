"""A failed run is run again once, with today's rule, and refused with the reason where it cannot be."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx2
import pytest

from fluxstudio.core.jobs import queue
from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.webhooks.process import Processing
from tests.support.automating import RULE, Automating
from tests.support.running import Running
from tests.support.stories import BROKEN, EVENTS, happened

SENDS = {**RULE["do"], "arguments": {"channel": "C0DESIGN01", "text": "Hello"}}
WORKING = {"channel": "C0DESIGN01", "text": "It works now"}


@pytest.fixture
async def ada(running: Running) -> Automating:
    """Ada has connected Figma and Slack."""
    return await Automating.begin(running)


async def failed(ada: Automating) -> tuple[str, str, str]:
    """A rule, an event, and the run of it that failed."""
    rule = await ada.make(BROKEN)
    event = await happened(ada)
    (run,) = await ada.all_runs()
    assert run["status"] == "failed"
    return rule, event, run["id"]


async def mended(ada: Automating, rule: str) -> None:
    definition = {**RULE, "do": {**RULE["do"], "arguments": WORKING}}
    answer = await ada.client.patch(f"/api/automations/{rule}", json={"definition": definition})
    assert answer.status_code == 200, answer.text


async def retried(ada: Automating, rule: str, run: str) -> httpx2.Response:
    return await ada.client.post(f"/api/automations/{rule}/runs/{run}/retry")


async def test_a_failed_run_is_run_again_with_todays_rule_and_once(ada: Automating) -> None:  # R68
    rule, event, run = await failed(ada)
    await mended(ada, rule)
    together = await asyncio.gather(*(retried(ada, rule, run) for _ in range(3)))
    assert sorted(answer.status_code for answer in together) == [200, 200, 201]
    (again,) = {answer.json()["id"] for answer in together}
    await triggers.run_one(ada.running.services, UUID(again))
    by_id = {entry["id"]: entry for entry in await ada.all_runs()}
    assert set(by_id) == {run, again}
    assert (by_id[again]["status"], by_id[again]["version"], by_id[again]["retryOf"]) == ("done", 2, run)
    assert by_id[again]["eventId"] == event
    assert (by_id[run]["status"], by_id[run]["retriedAs"]) == ("failed", again)
    assert (await ada.client.get(f"{EVENTS}/{event}")).json()["outcome"] == "done"
    assert (await ada.posted())[0] == "It works now"
    # A delivery that comes once more starts nothing.
    await Processing(ada.running.services, triggers.start_runs).event(UUID(event))
    assert len(await ada.all_runs()) == 2


async def test_running_again_is_audited(ada: Automating) -> None:  # R54
    rule, event, run = await failed(ada)
    again = (await retried(ada, rule, run)).json()["id"]
    (entry,) = (await ada.client.get("/api/audit/mine", params={"action": "run_retried"})).json()["entries"]
    assert (entry["subject"], entry["details"]) == (run, {"automation": rule, "run": again, "event": event})


async def test_what_cannot_be_run_again_is_refused_with_the_reason(ada: Automating) -> None:  # R68
    rule, event, run = await failed(ada)

    async def refused() -> str:
        answer = await retried(ada, rule, run)
        assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
        reason: str = answer.json()["reason"]
        return reason

    other = {**BROKEN["when"], "conditions": [{"field": "file_key", "is": "equals", "value": "another"}]}
    for change, reason in (
        ({"enabled": False}, "SWITCHED_OFF"),
        ({"enabled": True, "definition": {**BROKEN, "when": other}}, "NO_MATCH"),
        ({"definition": {"when": {"schedule": "0 9 * * 1", "timeZone": "UTC"}, "do": SENDS}}, "CHANGED"),
        ({"definition": BROKEN}, "EVENT_GONE"),
    ):
        changed = await ada.client.patch(f"/api/automations/{rule}", json=change)
        assert changed.status_code == 200, changed.text
        if reason == "EVENT_GONE":
            await ada.running.services.db.execute(
                "DELETE FROM integration_webhooks WHERE id = $1", UUID(event)
            )
        assert await refused() == reason
    await ada.client.delete(f"/api/automations/{rule}")
    assert await refused() == "DELETED"


async def test_a_run_that_did_not_fail_is_not_run_again(ada: Automating) -> None:
    rule = await ada.make()
    await happened(ada)
    (run,) = await ada.all_runs()
    answer = await retried(ada, rule, run["id"])
    assert (answer.status_code, answer.json()["reason"]) == (409, "NOT_FAILED")


async def test_a_run_of_a_schedule_is_run_again_for_the_time_it_was_for(ada: Automating) -> None:
    services = ada.running.services
    rule = await ada.make(
        {"when": {"schedule": "0 9 * * 1", "timeZone": "UTC"}, "do": {**RULE["do"], "arguments": WORKING}}
    )
    await ada.due_at(rule, await services.db.now())
    assert await triggers.due(services) == 1
    (run,) = await ada.all_runs()
    await services.db.execute("UPDATE automation_runs SET status = 'failed', finished_at = now()")
    again = (await retried(ada, rule, run["id"])).json()
    assert again["dueAt"] == run["dueAt"]


async def test_nobody_runs_somebody_elses_run_again(ada: Automating, running: Running) -> None:  # R26
    rule, _, run = await failed(ada)
    mei = await Automating.begin(running, "mei")
    assert (await retried(mei, rule, run)).status_code == 404


async def test_a_replay_from_the_failed_step_runs_again_what_failed_and_nothing_else(  # R69
    ada: Automating,
) -> None:
    rule, event, run = await failed(ada)
    await mended(ada, rule)
    replay = f"{EVENTS}/{event}/replay"
    done = (await ada.client.post(replay, params={"from": "failed_step"})).json()
    assert (done["retried"], done["replayed"], done["started"]) == (1, 0, 0)
    assert "run again" in done["message"]
    again = (await ada.client.post(replay, params={"from": "failed_step"})).json()
    assert again["retried"] == 0
    seen: dict[str, Any] = (await ada.client.get(f"{EVENTS}/{event}")).json()
    assert [attempt["outcome"] for attempt in seen["deliveries"]] == ["done"]
    assert (seen["outcome"], seen["runs"][0]["id"]) == ("pending", run)


async def test_a_dead_event_is_handled_again_from_the_failed_step(ada: Automating) -> None:
    event = await ada.received()
    await ada.running.services.db.execute(
        "UPDATE integration_webhooks SET status = 'dead', attempts = $2 WHERE id = $1",
        event["id"],
        queue.MOST_ATTEMPTS,
    )
    done = await ada.client.post(f"{EVENTS}/{event['id']}/replay", params={"from": "failed_step"})
    assert done.json()["forEveryone"] == 1
