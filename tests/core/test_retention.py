"""Everything that tells what happened is kept for as long as the settings say, and no longer."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from fluxstudio.core.jobs import queue
from fluxstudio.core.retention import Sweeper
from fluxstudio.core.startup_checks import check_settings
from fluxstudio.core.webhooks.events import key_of, new_id
from fluxstudio.flows.webhooks import event_text
from fluxstudio.kit.durations import duration, worded
from fluxstudio.settings import Settings, SettingsError
from tests.support.automating import Automating
from tests.support.partitions import make_week_of
from tests.support.running import Running, Start

EVENTS = "/api/webhooks/events"
OLD_EVENT = """
INSERT INTO integration_webhooks
    (id, provider, delivery_key, event_type, account_id, payload, status, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
ISSUE = {
    "action": "opened",
    "issue": {"number": 7, "title": "A heron", "html_url": "https://github.com/ada-park/sketchbook/issues/7"},
    "repository": {"full_name": "ada-park/sketchbook", "name": "sketchbook"},
    "sender": {"login": "ada-park"},
}


def sweeper(running: Running) -> Sweeper:
    services = running.services
    return Sweeper(services.db, services.settings.retention, partial(event_text.summary, services.registry))


async def happened(
    running: Running, ago: timedelta, *, status: str = "handled", account: str | None = None
) -> UUID:
    """An event of so long ago, in a partition of its week, with one attempt."""
    db = running.services.db
    moment: datetime = await db.now() - ago
    await make_week_of(db, moment)
    event = new_id(moment.timestamp())
    await db.execute(OLD_EVENT, event, "github", str(ago), "issues", account, ISSUE, status, moment)
    await db.execute(
        "INSERT INTO deliveries (event_id, attempt, outcome, took_ms) VALUES ($1, 1, 'done', 3)", event
    )
    key = key_of("github", str(event), moment.timestamp())
    await db.execute("INSERT INTO webhook_keys (key, event_id) VALUES ($1, $2)", key, event)
    return event


async def remaining(running: Running, table: str = "integration_webhooks", column: str = "id") -> set[UUID]:
    return {row[column] for row in await running.services.db.fetch(f"SELECT {column} FROM {table}")}


async def test_events_go_with_their_attempts_once_they_are_too_old(
    start: Start,
) -> None:  # R69
    running = await start(retention_events="30d")
    young, old = await happened(running, timedelta(days=29)), await happened(running, timedelta(days=45))
    await sweeper(running).events()
    assert await remaining(running) == await remaining(running, "deliveries", "event_id") == {young}
    # A delivery that is captured and sent again is known for longer than what it told.
    assert await remaining(running, "webhook_keys", "event_id") == {young, old}


async def test_events_stay_for_as_long_as_somebody_wants_them(start: Start) -> None:
    running = await start(retention_events="52w")
    event = await happened(running, timedelta(days=200))
    await sweeper(running).events()
    assert await remaining(running) == await remaining(running, "webhook_keys", "event_id") == {event}


async def test_a_short_time_is_kept_to_the_hour(start: Start) -> None:
    running = await start(retention_events="12h")
    young = await happened(running, timedelta(hours=11))
    await happened(running, timedelta(hours=13))
    await sweeper(running).events()
    assert await remaining(running) == await remaining(running, "deliveries", "event_id") == {young}


async def test_weeks_that_a_crash_left_half_removed_are_removed(start: Start) -> None:
    running = await start()
    db = running.services.db
    await happened(running, timedelta(days=200))
    [name] = await db.fetch("SELECT tableoid::regclass::text AS name FROM integration_webhooks")
    await db.execute(f"ALTER TABLE integration_webhooks DETACH PARTITION {name['name']}")
    await sweeper(running).events()
    assert await db.fetchval("SELECT to_regclass($1)", name["name"]) is None


async def test_an_event_outlives_what_was_sent_and_says_so(start: Start) -> None:
    running = await start(retention_payloads="10d")
    ada = await Automating.begin(running, "ada", "github")
    account = (await running.grant_of(ada.connections["github"]))["account_id"]
    young = await happened(running, timedelta(days=9), account=account)
    old = await happened(running, timedelta(days=11), account=account)
    before = (await ada.client.get(f"{EVENTS}/{old}")).json()
    assert await sweeper(running).payloads() == 1
    assert await sweeper(running).payloads() == 0
    rows = await running.services.db.fetch("SELECT payload FROM integration_webhooks ORDER BY id")
    assert [row["payload"] for row in rows] == [{}, ISSUE]

    detail = (await ada.client.get(f"{EVENTS}/{old}")).json()
    assert {name: detail[name] for name in ("text", "link", "status")} == {
        name: before[name] for name in ("text", "link", "status")
    }
    assert (detail["payload"], detail["truncated"], detail["payloadUrl"]) == (None, False, None)
    assert re.match(r"\d{4}-\d\d-\d\dT", detail["payloadDeletedAt"])
    assert len(detail["deliveries"]) == 1
    listed = (await ada.client.get(EVENTS)).json()["events"]
    assert [bool(entry["payloadDeletedAt"]) for entry in listed] == [False, True]
    assert (await ada.client.get(f"{EVENTS}/{young}")).json()["payload"] == ISSUE
    assert (await ada.client.post("/api/session")).status_code < 300
    page = (await ada.client.get(f"/activity/{old}", headers={"accept": "text/html"})).text
    assert "A heron" in page
    assert "it is kept for 10 days here. The event stays, but cannot be replayed." in page
    assert f"{old}/replay" not in page


async def test_what_has_nothing_to_replay_refuses_in_a_sentence(start: Start) -> None:
    running = await start(retention_payloads="10d")
    ada = await Automating.begin(running, "ada", "github")
    account = (await running.grant_of(ada.connections["github"]))["account_id"]
    old = await happened(running, timedelta(days=11), account=account, status="dead")
    await sweeper(running).payloads()
    for answer in (
        await ada.client.post(f"{EVENTS}/{old}/replay"),
        await ada.client.get(f"{EVENTS}/{old}/payload"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (410, "PAYLOAD_DELETED")
        assert "it is kept for 10 days here" in answer.json()["error"]
    root = await running.client("root", role="admin")
    assert (await root.post("/api/webhooks/replay")).json()["replayed"] == 0
    assert await running.services.db.fetchval("SELECT status FROM integration_webhooks") == "dead"


async def test_what_is_still_to_be_done_keeps_what_it_is_done_with(start: Start) -> None:
    running = await start(retention_payloads="10d")
    db = running.services.db
    event = await happened(running, timedelta(days=11), status="failed")
    assert await sweeper(running).payloads() == 0
    assert await db.fetchval("SELECT payload FROM integration_webhooks") == ISSUE
    await db.execute("UPDATE integration_webhooks SET status = 'handled' WHERE id = $1", event)
    assert await sweeper(running).payloads() == 1
    assert await db.fetchval("SELECT count(*) FROM payloads_left") == 0


async def test_rules_are_tried_on_events_whose_payload_is_there(start: Start) -> None:
    running = await start(retention_payloads="24h")
    ada = await Automating.begin(running, "ada", "github", "slack")
    account = (await running.grant_of(ada.connections["github"]))["account_id"]
    await happened(running, timedelta(hours=30), account=account)
    rule = {
        "when": {"event": "github.issues"},
        "do": {"operation": "slack.message", "arguments": {"channel": "C0DESIGN01", "text": "x"}},
    }
    made = await ada.make(rule)

    async def tried() -> int:
        answer = await ada.client.post(f"/api/automations/{made}/test")
        assert answer.status_code == 200, answer.text
        return len(answer.json()["results"])

    assert await tried() == 1
    await sweeper(running).payloads()
    assert await tried() == 0


async def test_runs_attempts_and_the_audit_log_have_times_of_their_own(start: Start) -> None:  # R69
    running = await start(retention_runs="20d", retention_audit="40d")
    db, ada = running.services.db, await Automating.begin(running, "ada", "figma", "slack")
    rule = UUID(await ada.make())
    for days in (10, 30, 50):
        await db.execute(
            "INSERT INTO automation_runs (automation_id, version, due_at, status, created_at, finished_at) "
            "SELECT $1, 1, now() - m, 'done', now() - m, now() - m FROM make_interval(days => $2) m",
            rule,
            days,
        )
        await db.execute(
            "INSERT INTO audit_log (action, at) VALUES ('old', now() - make_interval(days => $1))", days
        )
    await db.execute(
        "UPDATE connect_attempts SET started_at = now() - interval '30 days' WHERE provider = 'figma'"
    )
    for sweep in (sweeper(running).runs, sweeper(running).audit, sweeper(running).attempts):
        await sweep()
    assert await db.fetchval("SELECT count(*) FROM automation_runs") == 1
    assert await db.fetchval("SELECT count(*) FROM audit_log WHERE action = 'old'") == 2
    rows = await db.fetch("SELECT DISTINCT provider FROM connect_attempts")
    assert [row["provider"] for row in rows] == ["slack"]


def settings(**arguments: Any) -> Settings:
    return Settings(_env_file=None, **arguments)  # type: ignore[call-arg]


@pytest.mark.parametrize("name", ["events", "payloads", "runs", "audit"])
@pytest.mark.parametrize("text", ["90", "0d", "-1d", "a month", "4000d", "30m", "1.5d", "٣d"])
def test_what_is_no_time_is_refused_at_start(name: str, text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        check_settings(settings(**{f"retention_{name}": text}))
    [problem] = refused.value.problems
    assert problem.startswith(f"RETENTION_{name.upper()} cannot be used: “{text}” is no time")


def test_payloads_are_not_kept_for_longer_than_their_events() -> None:
    with pytest.raises(SettingsError, match="RETENTION_PAYLOADS is longer than RETENTION_EVENTS"):
        check_settings(settings(retention_events="7d", retention_payloads="8d"))
    check_settings(settings(retention_events="7d", retention_payloads="1w"))


def test_unset_payloads_go_with_their_events_and_events_after_ninety_days() -> None:
    assert settings().retention.payloads == settings().retention.events == timedelta(days=90)
    assert settings(retention_events="12h", retention_payloads="").retention.payloads == timedelta(hours=12)


@pytest.mark.parametrize(
    ("text", "words"), [("90d", "90 days"), ("1d", "1 day"), ("12h", "12 hours"), ("2w", "14 days")]
)
def test_times_stand_in_sentences_as_people_say_them(text: str, words: str) -> None:
    assert worded(duration(text)) == words


def test_jobs_have_ended_long_before_anything_is_deleted() -> None:
    assert timedelta(hours=12).total_seconds() > queue.MOST_ATTEMPTS * queue.LONGEST_PAUSE
