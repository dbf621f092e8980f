"""The doctor tells the truth about what the product does for people, and the fix of each thing."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest

from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.automations.runs.triggers import DUE_TASK
from fluxstudio.flows.doctor import Context, examine
from fluxstudio.flows.doctor.finding import Finding
from tests.support.automating import RULE, Automating
from tests.support.running import Running
from tests.support.stories import BROKEN, happened

SKIPPED = """
INSERT INTO automation_runs (automation_id, version, due_at, status, problem, finished_at)
SELECT $1, 1, now() - n * interval '1 minute', 'skipped', '{"code": "TOO_OFTEN"}', now()
FROM generate_series(1, $2::int) n
"""
LATE_JOB = """
INSERT INTO jobs (kind, share, payload, due_at) VALUES ('run', 's', '', now() - interval '5 minutes')
"""
WORKED_AGO = """
INSERT INTO recurring_work (name, due_at) VALUES ($1, now() + interval '4 seconds' - $2 * interval '1 second')
ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at
"""


@pytest.fixture
async def ada(running: Running) -> Automating:
    """Ada has connected Figma and Slack."""
    return await Automating.begin(running)


async def findings(running: Running, **settings: Any) -> dict[str, Finding]:
    """Everything found about an installation, by its name."""
    services = running.services
    patient = Context(
        settings=services.settings.model_copy(update=settings),
        registry=services.registry,
        http=services.http,
        db=services.db,
    )
    return {finding.name: finding for finding in await examine(patient)}


async def test_without_trouble_everything_is_in_order(ada: Automating) -> None:  # R68
    result = await findings(ada.running)
    names = (
        "Workers",
        "Schedules",
        "Failed events",
        "Failing automations",
        "Flooded automations",
        "Permissions",
        "Webhooks",
    )
    assert {result[name].state for name in names} == {"good"}
    assert "job queue" not in result["Workers"].what


async def test_events_that_failed_for_good_are_told_with_the_newest_cause(ada: Automating) -> None:  # R68
    event = await ada.received()
    await ada.running.services.db.execute(
        "UPDATE integration_webhooks SET status = 'dead', problem = $2 WHERE id = $1",
        event["id"],
        {"code": "UNEXPECTED", "message": "It could not be handled."},
    )
    result = (await findings(ada.running))["Failed events"]
    assert result.state == "warning"
    assert result.what.startswith("1 event has failed after every retry.")
    assert "figma FILE_COMMENT with UNEXPECTED" in result.what
    assert "replay" in result.mend


async def test_automations_that_fail_are_told_until_they_work_again(ada: Automating) -> None:  # R68
    rule = await ada.make(BROKEN, name="Comments to nowhere")
    await happened(ada)
    result = (await findings(ada.running))["Failing automations"]
    assert result.state == "warning"
    assert "1 automation of 1 person failed" in result.what
    assert "“Comments to nowhere” (NOT_FOUND)" in result.what
    await ada.client.patch(f"/api/automations/{rule}", json={"enabled": False})
    assert (await findings(ada.running))["Failing automations"].state == "good"


async def test_automations_whose_events_come_too_often_are_told(ada: Automating) -> None:  # R68
    db = ada.running.services.db
    paused, limited, well = [await ada.make(name=name) for name in ("Paused", "Limited", "Well")]
    for rule, skipped in ((limited, 10), (well, 9)):
        await db.execute(SKIPPED, UUID(rule), skipped)
    result = (await findings(ada.running))["Flooded automations"]
    assert (result.state, "1 automation keeps reaching the limit (1 person)" in result.what) == (
        "warning",
        True,
    )
    await db.execute(
        "UPDATE automations SET enabled = false, paused = $2, updated_at = now() WHERE id = $1",
        UUID(paused),
        {"code": "PAUSED_FLOODED", "message": "m", "fix": "f"},
    )
    result = (await findings(ada.running))["Flooded automations"]
    assert "1 automation was switched off for that and" in result.what
    assert "“Paused”" in result.what
    for rule in (paused, limited):
        await ada.client.delete(f"/api/automations/{rule}")
    assert (await findings(ada.running))["Flooded automations"].state == "good"


async def test_automations_without_the_access_they_need_are_told(ada: Automating) -> None:  # R68
    await ada.make()
    db = ada.running.services.db
    await db.execute("UPDATE oauth_tokens SET scopes = '{channels:read}' WHERE provider = 'slack'")
    result = (await findings(ada.running))["Permissions"]
    assert (result.state, "chat:write is not granted" in result.what) == ("warning", True)
    await ada.client.delete("/api/integrations/slack")
    result = (await findings(ada.running))["Paused automations"]
    assert result.what.startswith("1 automation is paused")


async def test_jobs_that_wait_and_workers_that_are_gone_are_told(ada: Automating) -> None:
    db = ada.running.services.db
    await db.execute(LATE_JOB)
    assert (await findings(ada.running))["Workers"].state == "bad"
    await db.execute(WORKED_AGO, DUE_TASK, 2)
    result = await findings(ada.running)
    assert result["Workers"].state == "good"
    assert result["Job queue"].state == "warning"
    assert re.search(r"1 job waits, the oldest for 3\d\d s", result["Job queue"].what)
    await db.execute("DELETE FROM jobs")
    await db.execute(WORKED_AGO, DUE_TASK, 600)
    assert (await findings(ada.running))["Workers"].state == "warning"


async def test_schedules_that_are_late_are_told(ada: Automating) -> None:
    rule = await ada.make(
        {
            "when": {"schedule": "0 9 * * 1", "timeZone": "UTC"},
            "do": RULE["do"] | {"arguments": {"channel": "C0DESIGN01", "text": "Hello"}},
        }
    )
    db = ada.running.services.db
    await ada.due_at(rule, await db.fetchval("SELECT now() - interval '10 minutes'"))
    result = (await findings(ada.running))["Schedules"]
    assert result.what == "1 scheduled automation is late, by up to 10 minutes."
    assert await triggers.due(ada.running.services) == 1
    assert (await findings(ada.running))["Schedules"].state == "good"


async def test_webhooks_that_miss_events_are_told(ada: Automating) -> None:
    keep = """
    INSERT INTO webhook_subscriptions (provider, webhook_id, user_id, connection_id, passcode_hash, gap)
    SELECT provider, 'w1', user_id, id, decode(repeat('00', 32), 'hex'), '{"missing": 2}'
    FROM connections WHERE id = $1
    """
    await ada.running.services.db.execute(keep, UUID(ada.connections["figma"]))
    result = (await findings(ada.running))["Figma webhooks"]
    assert "1 webhook of Figma sent events that have not arrived" in result.what
    assert "PUBLIC_URL" in result.mend


async def test_more_events_than_are_meant_to_be_stored_are_told(ada: Automating) -> None:  # R61
    db = ada.running.services.db
    add = "INSERT INTO event_usage VALUES ('figma', 'T1', date_trunc('hour', now()), 12, 4000)"
    await db.execute(add)
    assert "Stored events" not in await findings(ada.running, events_per_account_per_day=13)
    result = (await findings(ada.running, events_per_account_per_day=12))["Stored events"]
    assert (result.state, "figma T1" in result.what) == ("warning", True)
    assert "EVENTS_PER_ACCOUNT_PER_DAY" in result.mend


async def test_the_doctor_lists_who_administers(ada: Automating) -> None:  # R70
    db = ada.running.services.db
    assert "no administrator" in (await findings(ada.running))["Administrators"].what
    await db.execute("UPDATE users SET granted_role = 'admin', email = 'ada@example.com'")
    assert (await findings(ada.running))["Administrators"].what == "ada@example.com."
