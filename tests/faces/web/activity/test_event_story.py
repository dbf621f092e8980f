"""An event, the runs it started and what they called are one story, told both ways."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.support.automating import Automating
from tests.support.stories import BROKEN, EVENTS, happened


async def get(ada: Automating, path: str, **params: str) -> Any:
    answer = await ada.client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def listed(ada: Automating, **params: str) -> list[tuple[str, str]]:
    result = (await get(ada, EVENTS, provider="figma", **params))["events"]
    return [(entry["id"], entry["outcome"]) for entry in result]


async def test_an_event_lists_its_runs_and_what_they_called(ada: Automating) -> None:  # R68
    rule = await ada.make(name="Comments to #design")
    event = await happened(ada)
    detail = await get(ada, f"{EVENTS}/{event}")
    assert (detail["outcome"], detail["failedRuns"]) == ("done", 0)
    (run,) = detail["runs"]
    assert (run["automationId"], run["automationName"]) == (rule, "Comments to #design")
    assert (run["status"], run["problem"]) == ("done", None)
    assert run["startedAt"] <= run["finishedAt"]
    (called,) = run["calls"]
    assert (called["operation"], called["status"]) == ("slack.message", "done")
    assert called["connectionId"] == ada.connections["slack"]
    assert "/archives/C0DESIGN01/p" in called["link"]


async def test_a_run_leads_back_to_its_event_and_to_its_message(ada: Automating) -> None:  # R68
    rule = await ada.make()
    event = await happened(ada)
    (run,) = (await get(ada, f"/api/automations/{rule}/runs"))["runs"]
    assert run["event"]["id"] == run["eventId"] == event
    assert "Mei Lin" in run["event"]["text"]
    assert run["made"] == [f"slack C0DESIGN01:{run['output']['ts']}"]
    assert run["calls"][0]["link"]
    assert await get(ada, f"/api/automations/{rule}/runs/{run['id']}") == run


async def test_the_audit_log_names_the_run_of_a_call(ada: Automating) -> None:  # R54
    await ada.make()
    event = await happened(ada)
    (run,) = (await get(ada, f"{EVENTS}/{event}"))["runs"]
    entries = (await get(ada, "/api/audit/mine", action="call"))["entries"]
    assert entries[0]["details"] == {"connection": ada.connections["slack"], "run": run["id"]}


async def test_an_event_whose_automation_failed_is_not_called_done(ada: Automating) -> None:  # R68
    rule = await ada.make()
    good = await happened(ada)
    await ada.client.patch(f"/api/automations/{rule}", json={"enabled": False})
    await ada.make(BROKEN)
    bad = await happened(ada)
    assert await listed(ada) == [(bad, "run_failed"), (good, "done")]
    assert await listed(ada, outcome="run_failed") == [(bad, "run_failed")]
    assert await listed(ada, outcome="done") == [(good, "done")]
    detail = await get(ada, f"{EVENTS}/{bad}")
    assert (detail["outcome"], detail["failedRuns"]) == ("run_failed", 1)
    failed = next(run for run in detail["runs"] if run["status"] == "failed")
    assert failed["problem"]["message"]
    assert failed["problem"]["mend"]
    assert failed["calls"][0]["status"] == "failed"


async def test_what_is_still_to_be_done_and_what_failed_itself_are_told_apart(ada: Automating) -> None:  # R68
    db = ada.running.services.db
    waiting, dead = [str((await ada.received())["id"]) for _ in range(2)]
    await db.execute("UPDATE integration_webhooks SET status = 'dead' WHERE id = $1", UUID(dead))
    assert await listed(ada, outcome="pending") == [(waiting, "pending")]
    assert await listed(ada, outcome="dead_letter") == [(dead, "dead_letter")]


async def test_nobody_reads_what_other_peoples_rules_did(ada: Automating) -> None:  # R26
    mei = await Automating.begin(ada.running, "mei")
    await mei.make({**BROKEN}, name="Mei's rule")
    event = await happened(ada)
    assert (await get(mei, f"{EVENTS}/{event}"))["outcome"] == "run_failed"
    detail = await get(ada, f"{EVENTS}/{event}")
    assert (detail["outcome"], detail["runs"]) == ("done", [])
    (run,) = (await get(mei, f"{EVENTS}/{event}"))["runs"]
    assert (
        await ada.client.get(f"/api/automations/{run['automationId']}/runs/{run['id']}")
    ).status_code == 404


async def test_administrators_see_that_a_rule_failed_and_nothing_of_its_content(  # R62
    ada: Automating,
) -> None:
    await ada.make(BROKEN)
    event = await happened(ada)
    admin = await ada.running.client("root", role="admin")
    detail = (await admin.get(f"{EVENTS}/{event}")).json()
    assert detail["outcome"] == "run_failed"
    (run,) = detail["runs"]
    assert run["automationName"] == "A rule"
    assert "C0NOWHERE9" not in str(run)
    assert run["problem"]["message"].startswith("Only the owner")
