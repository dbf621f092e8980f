"""The owner of a failing automation hears of it once, until it works again."""

from __future__ import annotations

from typing import Any

import pytest

from fluxstudio.flows.automations.health.failure_notice import notify_owners
from fluxstudio.flows.automations.runs import triggers
from tests.support.automating import RULE, Automating
from tests.support.running import Running

BROKEN = {
    **RULE,
    "do": {
        **RULE["do"],
        "arguments": {"channel": "C0NOWHERE{{ event.page_id | default('9') }}", "text": "Hello"},
    },
}


@pytest.fixture
async def ada(running: Running) -> Automating:
    """Ada has connected Figma and Slack."""
    return await Automating.begin(running)


async def changed(ada: Automating, rule: str, **change: Any) -> dict[str, Any]:
    answer = await ada.client.patch(f"/api/automations/{rule}", json=change)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_series_of_failures_is_told_once_and_the_next_one_again(ada: Automating) -> None:  # R68
    services = ada.running.services
    rule = await ada.make(BROKEN, name="<!channel> comments")
    stored = await changed(ada, rule, notify={"channel": "C0DESIGN01"})
    assert stored["notify"] == {"channel": "C0DESIGN01", "connection": ada.connections["slack"]}
    await ada.happens()
    assert (await changed(ada, rule))["failingSince"]
    assert await notify_owners(services) == 1
    (message, *_) = await ada.posted()
    assert message.startswith("Your automation “&lt;!channel&gt; comments” failed:")
    assert f"/automations/{rule}/runs/" in message
    await services.db.execute("UPDATE automation_runs SET created_at = created_at - interval '1 hour'")
    await ada.happens()
    assert await notify_owners(services) == 0
    works = {**RULE, "do": {**RULE["do"], "arguments": {"channel": "C0GENERAL1", "text": "Hello"}}}
    await changed(ada, rule, definition=works)
    await ada.happens()
    assert (await changed(ada, rule))["failingSince"] is None
    await changed(ada, rule, definition=BROKEN)
    await ada.happens()
    assert len(await services.db.fetch("SELECT FROM automations WHERE failure_notified_at IS NULL")) == 1


async def test_nobody_is_told_who_did_not_ask_for_it(ada: Automating) -> None:
    rule = await ada.make(BROKEN)
    await changed(ada, rule, notify={"channel": "C0DESIGN01"})
    assert (await changed(ada, rule, notify=None))["notify"] is None
    await ada.happens()
    assert await notify_owners(ada.running.services) == 0


async def test_the_message_starts_no_automation(ada: Automating) -> None:  # R65
    services = ada.running.services
    rule = await ada.make(BROKEN)
    await changed(ada, rule, notify={"channel": "C0DESIGN01"})
    await ada.happens()
    await notify_owners(services)
    made = await services.db.fetchval("SELECT made FROM automation_runs")
    assert len(made) == 1
    assert made[0].startswith("slack C0DESIGN01:")
    listens = {**RULE, "when": {"event": "slack.message"}}
    await ada.make(listens)
    text = await services.db.fetchrow(
        "SELECT * FROM integration_webhooks WHERE provider = 'slack' ORDER BY id DESC LIMIT 1"
    )
    if text is not None:
        assert await triggers.matching(services, dict(text)) == []


async def test_a_connection_of_somebody_else_is_refused(ada: Automating, running: Running) -> None:  # R26
    mei = await Automating.begin(running, "mei", "slack")
    rule = await ada.make()
    theirs = {"channel": "#design", "connection": mei.connections["slack"]}
    answer = await ada.client.patch(f"/api/automations/{rule}", json={"notify": theirs})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
