"""Events of many megabytes: whoever else uses the product does not notice them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from fluxstudio.core.webhooks.events import MAX_EVENT_LOOP_PAYLOAD_BYTES, new_id
from fluxstudio.flows.automations.runs.triggers import run_one, start_runs
from fluxstudio.flows.webhooks import process
from fluxstudio.flows.webhooks.large_events import with_payload
from fluxstudio.flows.webhooks.revision import revise
from fluxstudio.kit.signatures import sha256
from tests.support.automating import Automating
from tests.support.pace import loop_watched
from tests.support.receiving import send
from tests.support.running import Running
from tests.support.webhooks import github_event


def body(megabytes: float, **further: Any) -> dict[str, Any]:
    """What GitHub tells of an issue, with as much beside it as there is room for."""
    padding = [
        {"id": number, "message": sha256(str(number)).hex(), "author": {"name": "Mei", "tags": ["a", "b"]}}
        for number in range(int(megabytes * 1024 * 1024 / 105))
    ]
    return {
        "action": "opened",
        "issue": {
            "html_url": "https://github.example/harbour-pine/tidewater-web/issues/7",
            "number": 7,
            "title": "A large one",
            "updated_at": "2026-11-29T12:00:00Z",
        },
        "padding": padding,
        **further,
    }


RULE: dict[str, Any] = {
    "when": {
        "event": "github.issues",
        "conditions": [{"field": "last", "is": "equals", "value": "found"}],
    },
    "do": {
        "operation": "slack.message",
        "arguments": {"channel": "C0DESIGN01", "text": "{{ event.issue.title }} {{ event.padding.3.id }}"},
    },
}


async def test_a_large_event_does_not_stop_the_event_loop(running: Running) -> None:  # R59 R61
    client = await running.client(None)
    await send(client, "github", github_event("issues", body(0.3)))
    large = github_event("issues", body(8, last="found"))
    async with loop_watched() as turns:
        answer = await send(client, "github", large)
    assert answer.status_code == 200, answer.text
    turns.assert_short()
    row = await running.services.db.fetchrow(
        "SELECT octet_length(payload::text) AS bytes, payload ->> 'last' AS last, abridged, summary, size"
        " FROM integration_webhooks ORDER BY size DESC LIMIT 1"
    )
    assert row is not None
    assert row["bytes"] > 8_000_000
    assert (row["last"], row["size"]) == ("found", len(large[0]))
    assert row["abridged"]["issue"]["number"] == 7
    assert len(row["abridged"]["padding"]) == 20
    assert "A large one" in row["summary"]["text"]


async def test_a_large_event_is_known_when_it_comes_again(running: Running) -> None:  # R31
    client = await running.client(None)
    for _ in range(2):
        assert (
            await send(client, "github", github_event("issues", body(0.5), delivery="one"))
        ).status_code == 200
    assert await running.services.db.fetchval("SELECT count(*) FROM integration_webhooks") == 1


async def test_a_large_body_that_is_not_what_it_should_be_is_refused(running: Running) -> None:
    client = await running.client(None)
    contradicting = github_event("push", body(0.5))
    answer = await send(client, "github", contradicting)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert "not what it is sent as" in answer.json()["error"]


async def test_what_a_large_event_holds_is_kept_as_the_database_can_hold_it(running: Running) -> None:  # R74
    client = await running.client(None)
    large = github_event("issues", body(0.5, nul="a\x00b", deep=nested(150)))
    assert (await send(client, "github", large)).status_code == 200
    row = await running.services.db.fetchrow("SELECT payload ->> 'nul' AS nul FROM integration_webhooks")
    assert row is not None
    assert row["nul"] == "a\ufffdb"


def nested(levels: int) -> Any:
    value: Any = "deep"
    for _ in range(levels):
        value = [value]
    return value


@pytest.fixture
async def ada(running: Running) -> Automating:
    return await Automating.begin(running, "ada", "github", "slack")


async def test_rules_read_all_of_a_large_event_and_the_loop_nothing(ada: Automating) -> None:  # R59
    for number in range(5):
        value = "found" if number < 1 else "missing"
        conditions = [{"field": "last", "is": "equals", "value": value}]
        await ada.make({**RULE, "when": {**RULE["when"], "conditions": conditions}})
    event = await ada.received("github", "issues", body(2, last="found"))
    async with loop_watched() as turns:
        await process.Processing(ada.running.services, start_runs).event(event["id"])
        runs = await ada.running.services.db.fetch("SELECT id FROM automation_runs")
        await asyncio.gather(*(run_one(ada.running.services, run["id"]) for run in runs))
    turns.assert_short()
    finished = await ada.all_runs()
    assert [run["status"] for run in finished] == ["done"], [run["problem"] for run in finished]
    assert (await ada.posted())[0] == "A large one 3"


async def test_a_large_event_of_an_earlier_release_is_abridged_when_it_is_needed(ada: Automating) -> None:
    event = await ada.received("github", "issues", body(1))
    row = {"id": event["id"], "payload": None}
    short = (await with_payload(ada.running.services, row))["payload"]
    assert short["issue"]["number"] == 7
    assert short == await ada.running.services.db.fetchval("SELECT abridged FROM integration_webhooks")


async def test_a_dry_run_says_of_a_large_event_that_it_is_not_tried(ada: Automating) -> None:  # R59
    await ada.received("github", "issues", body(1))
    small = await ada.received("github", "issues", body(0))
    rule = {**RULE, "when": {"event": "github.issues"}}
    answer = (await ada.client.post("/api/dry-run", json={"definition": rule})).json()
    first, second = answer["results"]
    assert first["eventId"] == str(small["id"])
    assert "too large to try" in second["why"]
    assert not second["wouldRun"]


async def test_what_a_run_sends_is_stored_within_bounds(ada: Automating) -> None:  # R61
    text = "{{ event.long }}"
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": text}} for _ in range(40)]
    arguments = {"channel": "C0DESIGN01", "text": "Hi", "blocks": blocks}
    rule = {"when": {"event": "github.issues"}, "do": {"operation": "slack.message", "arguments": arguments}}
    await ada.make(rule)
    await ada.happens("github", "issues", body(0, long="ä" * 2900))
    largest = await ada.running.services.db.fetchval(
        "SELECT max(octet_length(inputs::text)) FROM automation_runs"
    )
    assert largest <= 64_000


async def test_an_event_whose_rules_wait_for_their_turn_is_attempted_once(
    ada: Automating, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "SECONDS_BETWEEN_RENEWALS", 0.02)
    services = ada.running.services
    event = await ada.received("github", "issues", body(0))
    matched = asyncio.Event()

    class Slow:
        async def plan(self, services: Any, event: Any) -> Any:
            await matched.wait()
            return await start_runs.plan(services, event)

        async def __call__(self, *args: Any) -> list[UUID]:
            raise AssertionError

    first = asyncio.create_task(process.Processing(services, Slow()).event(event["id"]))
    claimed = "SELECT claimed_at FROM integration_webhooks"
    async with asyncio.timeout(60):
        while (since := await services.db.fetchval(claimed)) is None:
            await asyncio.sleep(0.02)
        while await services.db.fetchval(claimed) == since:
            await asyncio.sleep(0.02)
    monkeypatch.setattr(process, "ENDS_WITHIN", timedelta(minutes=1))
    with pytest.raises(process.EarlierEventPending):
        await process.Processing(services, start_runs).event(event["id"])
    matched.set()
    await first
    assert await services.db.fetchval("SELECT attempts FROM integration_webhooks") == 1


async def test_a_large_event_of_an_earlier_release_is_revised_outside_the_loop(running: Running) -> None:
    db, event = running.services.db, new_id(running.services.clock.now() - 3600)
    payload = body(1, secret="not-a-real-secret")
    await db.execute(
        "INSERT INTO integration_webhooks (id, provider, delivery_key, event_type, account_id, payload)"
        " VALUES ($1, 'github', 'd', 'issues', '1', $2)",
        event,
        payload,
    )
    assert await revise(running.services) == 1
    row = await db.fetchrow(
        "SELECT payload ? 'secret' AS secret, abridged, summary, size FROM integration_webhooks"
    )
    assert row is not None
    assert not row["secret"]
    assert row["size"] > MAX_EVENT_LOOP_PAYLOAD_BYTES
    assert row["abridged"]["issue"]["number"] == 7
    assert row["summary"]["text"]
