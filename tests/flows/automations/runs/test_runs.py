"""Automations: what happens starts them once, they act for their user, and say what became of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from fluxstudio.core.jobs import queue
from fluxstudio.core.jobs.queue import Retry
from fluxstudio.errors import ProviderRateLimited, ProviderUnavailable, ScopeMissing
from fluxstudio.flows import call
from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.webhooks.process import Processing, replay
from tests.support.automating import COMMENT, RULE, Automating
from tests.support.running import Running


@pytest.fixture
async def running(own_running: Running) -> Running:
    """A product of each test's own: here they start workers of their own."""
    return own_running


@pytest.fixture
async def ada(running: Running) -> Automating:
    """Ada has connected Figma and Slack."""
    return await Automating.begin(running)


def with_conditions(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {**RULE, "when": {**RULE["when"], "conditions": list(conditions)}}


async def test_a_comment_becomes_a_message(ada: Automating) -> None:
    await ada.make()
    (run,) = await ada.happens()
    assert (run["status"], run["problem"], run["attempts"]) == ("done", None, 1)
    assert run["inputs"] == {"channel": "C0DESIGN01", "text": "Looks good"}
    assert run["output"]["channel"] == "C0DESIGN01"
    assert (await ada.posted())[0] == "Looks good"


async def test_words_of_strangers_mention_nobody(ada: Automating) -> None:
    """Whoever may comment on a design could otherwise wake a whole workspace."""
    await ada.make()
    shout = {**COMMENT, "comment": [{"text": "<!channel> & <https://evil.example|look>"}]}
    (run,) = await ada.happens(payload=shout)
    assert run["inputs"]["text"] == "&lt;!channel&gt; &amp; &lt;https://evil.example|look&gt;"


async def test_an_event_starts_a_rule_once_however_often_it_is_handled(ada: Automating) -> None:  # F14
    await ada.make()
    event = await ada.received()
    together = await asyncio.gather(*(ada.start(event) for _ in range(8)))
    started = [run for runs in together for run in runs]
    assert len(started) == 1
    await asyncio.gather(*(carried_out(ada, started[0]) for _ in range(4)))
    await carried_out(ada, started[0])
    assert [run["attempts"] for run in await ada.all_runs()] == [1]
    assert len(ada.running.seen("slack", "chat.postMessage")) == 1


async def carried_out(ada: Automating, run: UUID) -> None:
    try:
        await triggers.run_one(ada.running.services, run)
    except Retry as retry:
        assert 0 < retry.seconds <= 30  # noqa: PT017 - another worker has it


async def test_handling_an_event_enqueues_its_runs_and_a_replay_does_not(ada: Automating) -> None:
    services = ada.running.services
    await ada.make()
    event = await ada.received()
    queued = "SELECT payload FROM jobs WHERE kind = 'run'"
    await Processing(services, triggers.start_runs).event(event["id"])
    (run,) = await ada.all_runs()
    assert [row["payload"] for row in await services.db.fetch(queued)] == [UUID(run["id"]).bytes]
    await replay(services, [event["id"]])
    await Processing(services, triggers.start_runs).event(event["id"])
    assert len(await services.db.fetch(queued)) == len(await ada.all_runs()) == 1


async def test_a_worker_does_it_all_by_itself(ada: Automating, start: Any) -> None:
    await ada.make()
    event = await ada.received()
    services = ada.running.services
    async with services.db.transaction() as connected:
        await queue.enqueue(connected, "event", [event["id"].bytes])
    await start(maintenance=True, simulators=ada.running.simulators)
    for _ in range(600):
        runs = await ada.all_runs()
        if runs and runs[0]["finishedAt"]:
            break
        await asyncio.sleep(0.05)
    assert [run["status"] for run in runs] == ["done"]


@pytest.mark.parametrize(
    ("condition", "starts"),
    [
        ({"field": "file_key", "is": "equals", "value": "TidewaterBookingFlow01"}, True),
        ({"field": "file_key", "is": "equals", "value": "another"}, False),
        ({"field": "triggered_by.handle", "is": "contains", "value": "mei"}, True),
        ({"field": "no.such.field", "is": "exists", "value": False}, True),
    ],
)
async def test_only_events_that_meet_all_conditions_start_a_rule(
    ada: Automating, condition: dict[str, Any], starts: bool
) -> None:
    await ada.make(with_conditions({"field": "event_type", "is": "exists"}, condition))
    assert bool(await ada.start(await ada.received())) is starts


async def test_what_is_switched_off_deleted_or_somebody_elses_does_not_start(
    ada: Automating, running: Running
) -> None:
    client = await running.client("mei")
    await running.connect(client, "figma", choice="109441098221000103")
    await running.connect(client, "slack")
    await Automating(running, client, {}).make()
    off = await ada.make(enabled=False)
    gone = await ada.make()
    await ada.client.delete(f"/api/automations/{gone}")
    event = await ada.received()
    assert await ada.start(event) == []
    await ada.client.patch(f"/api/automations/{off}", json={"enabled": True})
    assert len(await ada.start(event)) == 1
    await ada.client.delete("/api/integrations/figma")
    assert await ada.start(await ada.received()) == []


async def test_a_rule_for_one_connection_does_not_hear_another(ada: Automating) -> None:
    mine = {**RULE, "when": {**RULE["when"], "connection": ada.connections["figma"]}}
    await ada.make(mine)
    event = await ada.received()
    assert len(await ada.start(event)) == 1
    assert await ada.start({**event, "id": uuid4(), "account_id": "another"}) == []
    assert await ada.start({**event, "id": uuid4(), "account_id": None}) == []


async def test_what_changes_before_a_run_decides_whether_it_runs(ada: Automating) -> None:
    rule = await ada.make()
    first, second = await ada.received(), await ada.received()
    runs = [*await ada.start(first), *await ada.start(second)]
    await ada.client.patch(f"/api/automations/{rule}", json={"enabled": False})
    await triggers.run_one(ada.running.services, runs[0])
    await ada.client.patch(f"/api/automations/{rule}", json={"enabled": True})
    await ada.client.delete("/api/integrations/figma")
    await triggers.run_one(ada.running.services, runs[1])
    result = await ada.all_runs()
    assert [(run["status"], run["problem"]["code"]) for run in result] == [
        ("skipped", "EVENT_GONE"),
        ("skipped", "SWITCHED_OFF"),
    ]
    assert not ada.running.seen("slack", "chat.postMessage")


async def test_a_failure_says_what_happened_and_what_mends_it(ada: Automating) -> None:
    await ada.make()
    (waiting,) = await ada.start(await ada.received())
    await ada.client.delete("/api/integrations/slack")
    await triggers.run_one(ada.running.services, waiting)
    (run,) = await ada.all_runs()
    assert (run["status"], run["problem"]["code"]) == ("failed", "NOT_CONNECTED")
    assert "Reconnect it in Settings" in run["problem"]["mend"]


async def test_a_field_the_event_lacks_is_named(ada: Automating) -> None:
    await ada.make(
        {**RULE, "do": {**RULE["do"], "arguments": {"channel": "#design", "text": "{{ event.a.b }}"}}}
    )
    (run,) = await ada.happens()
    assert (run["status"], run["problem"]["code"]) == ("failed", "ARGUMENTS")
    assert "text: the event has no event.a.b" in run["problem"]["message"]


async def test_a_provider_that_is_down_is_tried_again_until_it_is_given_up(
    ada: Automating, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*_: Any, **__: Any) -> Any:
        raise ProviderUnavailable("Slack does not answer.")

    await ada.make()
    (run,) = await ada.start(await ada.received())
    monkeypatch.setattr(call, "run", down)
    for attempt in range(1, queue.MOST_ATTEMPTS):
        with pytest.raises(Retry) as retry:
            await triggers.run_one(ada.running.services, run)
        assert retry.value.seconds > 0
        (shown,) = await ada.all_runs()
        assert (shown["status"], shown["attempts"]) == ("queued", attempt)
        assert shown["problem"]["code"] == "PROVIDER_UNAVAILABLE"
    await triggers.run_one(ada.running.services, run)
    (shown,) = await ada.all_runs()
    assert shown["status"] == "dead"


async def test_a_used_up_budget_waits_as_long_as_asked_and_counts_for_nothing(
    ada: Automating, monkeypatch: pytest.MonkeyPatch
) -> None:  # F10
    async def limited(*_: Any, **__: Any) -> Any:
        raise ProviderRateLimited("Slack takes no more calls for now.", 396_749)

    await ada.make()
    (run,) = await ada.start(await ada.received())
    monkeypatch.setattr(call, "run", limited)
    for _ in range(queue.MOST_ATTEMPTS + 1):
        with pytest.raises(Retry) as retry:
            await triggers.run_one(ada.running.services, run)
        assert retry.value.seconds == 396_749
    (shown,) = await ada.all_runs()
    assert (shown["status"], shown["attempts"]) == ("queued", 0)
    await ada.running.services.db.execute("UPDATE automation_runs SET created_at = now() - interval '8 days'")
    await triggers.run_one(ada.running.services, run)
    (shown,) = await ada.all_runs()
    assert (shown["status"], shown["problem"]["code"]) == ("dead", "PROVIDER_RATE_LIMITED")


async def test_what_cannot_work_is_not_tried_again(ada: Automating, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: Any, **__: Any) -> Any:
        raise ScopeMissing("Slack has not been allowed to do this.", ["chat:write"])

    await ada.make()
    monkeypatch.setattr(call, "run", refused)
    (run,) = await ada.happens()
    assert (run["status"], run["problem"]["code"]) == ("failed", "SCOPE_MISSING")


async def test_a_fault_of_ours_is_tried_again_and_shows_nothing_inner(
    ada: Automating, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("not-a-real-token in an inner state")

    await ada.make()
    (run,) = await ada.start(await ada.received())
    monkeypatch.setattr(call, "run", broken)
    with pytest.raises(Retry):
        await triggers.run_one(ada.running.services, run)
    (shown,) = await ada.all_runs()
    assert shown["problem"]["code"] == "INTERNAL"
    assert "not-a-real-token" not in str(shown)


async def test_a_run_whose_worker_died_is_taken_over(ada: Automating) -> None:
    await ada.make()
    (run,) = await ada.start(await ada.received())
    db = ada.running.services.db
    claimed = (
        "UPDATE automation_runs SET attempts = 1, began_at = now(), claimed_until = now() + $1::interval"
    )
    await db.execute(claimed, timedelta(seconds=20))
    with pytest.raises(Retry) as retry:
        await triggers.run_one(ada.running.services, run)
    assert 0 < retry.value.seconds <= 20
    await db.execute(claimed, timedelta(seconds=-1))
    await triggers.run_one(ada.running.services, run)
    assert [entry["status"] for entry in await ada.all_runs()] == ["done"]


async def test_beyond_its_limit_a_rule_is_skipped_and_says_so(ada: Automating) -> None:  # F17
    await ada.make({**RULE, "limit": {"runs": 3, "per": "hour"}})
    events = [await ada.received() for _ in range(8)]
    started = await asyncio.gather(*(ada.start(event) for event in events))
    assert sum(map(len, started)) == 3
    skipped = [run for run in await ada.all_runs() if run["status"] == "skipped"]
    assert len(skipped) == 5
    assert {run["problem"]["code"] for run in skipped} == {"TOO_OFTEN"}
    assert "3 times within one hour" in skipped[0]["problem"]["message"]


async def test_a_run_does_what_the_rule_said_when_the_event_came(ada: Automating) -> None:
    rule = await ada.make()
    (run,) = await ada.start(await ada.received())
    changed = {**RULE, "do": {**RULE["do"], "arguments": {"channel": "C0DESIGN01", "text": "Changed"}}}
    await ada.client.patch(f"/api/automations/{rule}", json={"definition": changed})
    await triggers.run_one(ada.running.services, run)
    (shown,) = await ada.all_runs()
    assert (shown["version"], shown["inputs"]["text"]) == (1, "Looks good")


async def test_a_schedule_that_was_missed_often_runs_once(ada: Automating) -> None:
    daily = {"when": {"schedule": "0 9 * * *", "timeZone": "Europe/Berlin"}, "do": GOOD_MORNING}
    rule = await ada.make(daily)
    services = ada.running.services
    assert await triggers.due(services) == 0
    missed = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
    await ada.due_at(rule, missed)
    assert sum(await asyncio.gather(*(triggers.due(services) for _ in range(4)))) == 1
    (run,) = await ada.all_runs()
    assert datetime.fromisoformat(run["dueAt"]) == missed
    shown = (await ada.client.get(f"/api/automations/{rule}")).json()
    assert datetime.fromisoformat(shown["nextAt"]) > datetime.now(UTC)
    await triggers.run_one(services, UUID(run["id"]))
    assert (await ada.posted())[0] == f"Good morning, {missed:%Y-%m-%d}"


async def test_a_schedule_switched_off_waits_for_nothing(ada: Automating) -> None:
    rule = await ada.make({"when": {"schedule": "0 9 * * *"}, "do": GOOD_MORNING})
    off = await ada.client.patch(f"/api/automations/{rule}", json={"enabled": False})
    assert off.json()["nextAt"] is None
    on = await ada.client.patch(f"/api/automations/{rule}", json={"enabled": True})
    assert on.json()["nextAt"] is not None


GOOD_MORNING = {
    "operation": "slack.message",
    "arguments": {"channel": "C0DESIGN01", "text": "Good morning, {{ time | date }}"},
}
