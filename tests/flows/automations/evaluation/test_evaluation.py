"""What people's rules make us work out: one budget each, outside of the event loop, with a clear end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fluxstudio.flows.automations.evaluation import tasks
from fluxstudio.flows.automations.evaluation.meter import Meter
from fluxstudio.flows.automations.rules import time_zones
from fluxstudio.flows.automations.rules.templates import render
from tests.support.automating import COMMENT, RULE, Automating
from tests.support.pace import loop_watched
from tests.support.running import Running

LONG = "ä" * 19_000
EVENT = {**COMMENT, "long": LONG, "many": [{"text": f"{number} {LONG[:9000]}"} for number in range(100)]}


def saying(text: str | list[str], **when: Any) -> dict[str, Any]:
    """A rule that posts a text."""
    arguments = {**RULE["do"]["arguments"], "text": text}
    return {**RULE, "when": {**RULE["when"], **when}, "do": {**RULE["do"], "arguments": arguments}}


SLOW_TEMPLATE = ("{% if event.long" + "|upper|lower" * 7 + "|length %}{% endif %}") * 18
SLOW_RULE = {
    **RULE,
    "do": {
        "operation": "slack.message",
        "arguments": {
            **RULE["do"]["arguments"],
            "text": "x",
            "blocks": [
                {"type": "section", "text": {"type": "plain_text", "text": f"{number} {SLOW_TEMPLATE}"}}
                for number in range(20)
            ],
        },
    },
}
SLOW_CONDITIONS = [{"field": "many.*.text", "is": "contains", "value": "99 ä"}] * 20


@pytest.fixture
async def ada(running: Running) -> Automating:
    return await Automating.begin(running)


def test_a_date_does_not_look_for_time_zones_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    time_zones.time_zones()
    monkeypatch.setattr(time_zones, "available_timezones", lambda: pytest.fail("the folder is walked again"))
    names = {"time": "2026-11-29T12:00:00Z"}
    assert render("{{ time | date('%H', 'Asia/Tokyo') }}", names) == "21"


async def test_a_dry_run_that_takes_too_long_ends_with_a_problem(ada: Automating) -> None:  # R59
    """Twenty kilobytes of filters, tried on the events of a week."""
    for _ in range(4):
        await ada.received(payload=EVENT)
    async with loop_watched() as turns:
        answer = await ada.client.post("/api/dry-run", json={"definition": SLOW_RULE})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST"), answer.text[:300]
    assert "takes too long" in answer.json()["error"]
    turns.assert_short()


async def test_a_simple_rule_is_tried_without_any_worker(
    ada: Automating, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(ada.running.services.workers), "run", lambda *_: pytest.fail("a worker"))
    for number in range(50):
        await ada.received(payload={**COMMENT, "comment_id": str(number)})
    answer = await ada.client.post("/api/dry-run", json={"definition": RULE})
    assert len(answer.json()["results"]) == 50


async def test_what_is_tried_in_a_worker_comes_out_the_same(
    ada: Automating, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = saying("{{ event.file_name }} & {{ time | date('%Y', 'Asia/Tokyo') }}: {{ summary }} {{ link }}")
    await ada.received()
    here = await ada.client.post("/api/dry-run", json={"definition": rule})
    monkeypatch.setattr(Meter, "in_loop", classmethod(lambda cls: cls(0, 0)))
    there = await ada.client.post("/api/dry-run", json={"definition": rule})
    assert there.json() == here.json()
    wrong = await ada.client.post("/api/dry-run", json={"definition": saying("{{ nothing }}")})
    assert "there is no “nothing” here" in wrong.text


async def test_a_rule_that_takes_too_long_fails_its_run_and_nobody_elses(
    ada: Automating, monkeypatch: pytest.MonkeyPatch
) -> None:  # R59
    slow = await ada.make(SLOW_RULE)
    quick = await ada.make(saying("{{ summary }}"))
    monkeypatch.setattr(tasks, "CPU_SECONDS", 0.1)
    await ada.happens(payload=EVENT)
    for automation, status in ((slow, "failed"), (quick, "done")):
        (run,) = (await ada.client.get(f"/api/automations/{automation}/runs")).json()["runs"]
        assert run["status"] == status, run
        if status == "failed":
            assert run["problem"]["code"] == "TOO_EXPENSIVE"
            assert "takes too long" in run["problem"]["message"]


async def test_conditions_that_take_too_long_cost_their_owner_the_event_and_nobody_else(
    ada: Automating, monkeypatch: pytest.MonkeyPatch
) -> None:  # R59
    monkeypatch.setattr(tasks, "CPU_SECONDS", 0.1)
    ben = await Automating.begin(ada.running, "ben")
    await ben.make(saying("For Ben"))
    for _ in range(20):
        await ada.make(saying("For Ada", conditions=SLOW_CONDITIONS))
    event = await ada.received(payload=EVENT)
    async with loop_watched() as turns:
        started = await ada.start(event)
    turns.assert_short()
    refused = [run["problem"]["code"] for run in await ada.all_runs() if run["problem"]]
    assert refused
    assert set(refused) == {"TOO_EXPENSIVE"}
    assert len(started) == 21 - len(refused)
    assert [run["status"] for run in await ben.all_runs()] == ["queued"]


async def test_an_endless_list_of_wrong_arguments_is_refused_soon(ada: Automating) -> None:
    """Each wrong entry was once looked for in the whole list."""
    await ada.client.post("/api/dry-run", json={"definition": saying("{{ nothing }}")})
    rule = {**RULE, "do": {**RULE["do"], "arguments": {"channel": "C0DESIGN01", "blocks": [1] * 20_000}}}
    async with loop_watched() as turns:
        answer = await ada.client.post("/api/dry-run", json={"definition": rule})
    assert answer.status_code == 400
    assert 0 < len(answer.json()["fields"]) <= 50
    turns.assert_short()


async def test_more_text_than_a_request_may_make_is_refused(ada: Automating) -> None:
    text = "{{ event.long }}"
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": text}} for _ in range(200)]
    rule = {**RULE, "do": {**RULE["do"], "arguments": {**RULE["do"]["arguments"], "blocks": blocks}}}
    await ada.received(payload=EVENT)
    answer = await ada.client.post("/api/dry-run", json={"definition": rule})
    assert "takes too long" in json.dumps(answer.json()), answer.text[:300]
