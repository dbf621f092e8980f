"""People and channels are called by their names; names of private conversations only for those in them."""

from __future__ import annotations

import html
from typing import Any
from uuid import UUID

import httpx2
import pytest

from fluxstudio.core.directory import NameDirectory, NameKey
from fluxstudio.flows import directory
from tests.support.browsing import browser_of
from tests.support.conversations import ADA, LAUNCH, Workspace
from tests.support.running import Running

MEI, TEAM = "U0MEILIN01", "T0HARBOUR1"
EVENTS = "/api/webhooks/events"


async def text_of(client: httpx2.AsyncClient, event: UUID) -> str:
    text: str = (await client.get(f"{EVENTS}/{event}")).json()["text"]
    return text


def asked(running: Running) -> int:
    """How often Slack was asked for a name."""
    return len(running.seen("slack", r"users\.info|conversations\.info"))


async def test_names_come_once_they_were_looked_up_and_no_page_waits_for_them(workspace: Workspace) -> None:
    running = workspace.running
    await workspace.give_scopes("users:read")
    event = await workspace.happens(
        user=MEI, channel_type="channel", text="Ask <@U0TOMASRZ1> in <#C0BRAND001>"
    )
    before = asked(running)
    first = await text_of(workspace.ada, event)
    assert first.startswith("Someone wrote in a channel")
    assert "C0DESIGN01" not in first
    assert asked(running) == before

    await directory.look_up(running.services)
    assert asked(running) > before
    looked_up = asked(running)
    assert await text_of(workspace.ada, event) == "Mei Lin wrote in #design: “Ask @Tomas Ruiz in #brand”"
    browser = await browser_of(running, workspace.ada)
    for path in ("/activity", f"/activity/{event}"):
        assert "Mei Lin wrote in #design" in html.unescape((await browser.open(path)).text)
    await directory.look_up(running.services)
    assert asked(running) == looked_up


async def test_the_name_of_a_private_channel_is_for_those_who_are_in_it(workspace: Workspace) -> None:  # R62
    running = workspace.running
    event = await workspace.happens("app_mention", channel=LAUNCH, user=ADA, text="Keep it in here.")
    await text_of(workspace.ada, event)
    await directory.look_up(running.services)
    assert "#tidewater-launch" in await text_of(workspace.ada, event)
    assert (await workspace.tomas.get(f"{EVENTS}/{event}")).status_code == 404
    key = NameKey("slack", TEAM, LAUNCH)
    for user, expected in (("ada", {key: "#tidewater-launch"}), ("tomas", {}), ("mei", {})):
        actor = await running.actor(user)
        assert await NameDirectory(running.services.db).of(actor.user_id, [key]) == expected
    # Administrators see that something happened, and not where.
    assert await NameDirectory(running.services.db).of(None, [key]) == {}


async def test_without_the_scope_people_stay_someone_and_slack_is_not_asked_again(
    workspace: Workspace,
) -> None:
    running = workspace.running
    event = await workspace.happens(user=MEI, channel_type="channel")
    await text_of(workspace.ada, event)
    await directory.look_up(running.services)
    assert (await text_of(workspace.ada, event)).startswith("Someone wrote in #design")
    assert not running.seen("slack", r"users\.info")
    before = asked(running)
    await directory.look_up(running.services)
    assert asked(running) == before


async def test_while_slack_is_away_names_stay_wanted(workspace: Workspace) -> None:
    running = workspace.running
    event = await workspace.happens(user=MEI, channel_type="channel")
    await text_of(workspace.ada, event)
    await running.services.db.execute(
        "INSERT INTO provider_budgets (grant_id, bucket, blocked_until) "
        "SELECT id, 'conversations.info', now() + interval '1 minute' FROM oauth_tokens "
        "ON CONFLICT (grant_id, bucket) DO UPDATE SET blocked_until = excluded.blocked_until"
    )
    await directory.look_up(running.services)
    assert "in a channel" in await text_of(workspace.ada, event)
    await running.services.db.execute("DELETE FROM provider_budgets")
    await directory.look_up(running.services)
    assert "in #design" in await text_of(workspace.ada, event)


async def test_an_automation_says_the_name_of_its_channel(workspace: Workspace) -> None:
    running = workspace.running
    rule: dict[str, Any] = {
        "when": {"event": "slack.message"},
        "do": {"operation": "slack.message", "arguments": {"channel": "C0BRAND001", "text": "Hi"}},
    }
    answer = await workspace.ada.post(
        "/api/automations", json={"name": "Copy", "enabled": False, "definition": rule}
    )
    assert answer.status_code == 201, answer.text
    browser = await browser_of(running, workspace.ada)
    await browser.open("/automations")
    await directory.look_up(running.services)
    page = (await browser.open("/automations")).text
    assert "#brand" in page
    assert "C0BRAND001" not in page
    one = (await browser.open(f"/automations/{answer.json()['id']}")).text
    assert "#brand" in one


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"event": None},
        {"event": {"channel": 7, "user": ["U0MEILIN01"], "text": 3, "message": "x"}},
        {"event": {"channel": "C0DESIGN01" * 20, "user": {"id": None}, "message": {"text": "<@U0MEILIN01"}}},
    ],
)
async def test_no_payload_is_too_wild_to_look_for_names_in(running: Running, payload: dict[str, Any]) -> None:
    directory = running.services.registry["slack"].provider.visibility.names
    assert directory is not None
    ids = directory.mentioned("message", payload)
    assert all(directory.is_id(result) for result in ids)
    assert directory.with_names(payload, {"U0MEILIN01": "Mei <!channel> Lin"}) is not None
