"""What the simulated Slack sends of its own accord."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fluxstudio.commands.simulated import stand_in
from fluxstudio.providers.slack.simulator import SlackSimulator
from fluxstudio.providers.slack.simulator.seed import ADA, HARBOUR, LABS, MEI
from fluxstudio.providers.slack.webhooks.webhook import event_id, happening, verify
from tests.providers.slack.conftest import ARCHIVED, DESIGN, LAUNCH, RANDOM, Sandbox, run
from tests.providers.slack.simulator.calls import say
from tests.support.inbox import Inbox, inbox

SECRET = "simulated-signing-secret"


@pytest.fixture
async def box(sandbox: Sandbox) -> AsyncIterator[Inbox]:
    """Where the app's events go."""
    async with inbox() as opened:
        await sandbox.control("events/endpoint", url=opened.url)
        yield opened
        await sandbox.control("events/endpoint", url=None)


def events_of(box: Inbox) -> list[Any]:
    return [entry.payload["event"] for entry in box.received]


async def test_a_message_of_a_person_reaches_the_app_signed(sandbox: Sandbox, box: Inbox) -> None:
    await sandbox.connect()
    assert await say(sandbox, DESIGN, "The tide line works.") == 303
    [entry] = box.received
    verify(entry.body, entry.headers, SECRET, time.time())
    envelope, event = entry.payload, entry.payload["event"]
    assert (envelope["type"], envelope["team_id"]) == ("event_callback", HARBOUR)
    assert envelope["authorizations"][0]["user_id"] == "U0FLUXHP01"
    assert (event["user"], event["text"], event["channel"]) == (MEI, "The tide line works.", DESIGN)
    assert (event["channel_type"], event["event_ts"]) == ("channel", event["ts"])
    assert "bot_id" not in event
    page = await sandbox.browser.get(f"{sandbox.simulator.url('web')}/archives/{DESIGN}")
    assert "The tide line works." in page.text


async def test_a_message_of_the_app_itself_says_so(sandbox: Sandbox, box: Inbox) -> None:
    await run(await sandbox.api(), "message", channel="#design", text="Deposits are live.")
    await sandbox.simulator.deliveries.settled()
    [event] = events_of(box)
    assert (event["text"], event["app_id"], event["bot_id"]) == (
        "Deposits are live.",
        "A0FLUXSTUD",
        "B0FLUXHP01",
    )


async def test_the_app_hears_only_where_it_is_installed_invited_and_allowed(
    sandbox: Sandbox, box: Inbox
) -> None:
    await say(sandbox, DESIGN)
    await sandbox.connect(LABS)
    await say(sandbox, DESIGN)
    await sandbox.connect(HARBOUR, scopes=("channels:read", "channels:history"))
    await say(sandbox, RANDOM)
    await say(sandbox, LAUNCH)
    assert box.received == []
    await say(sandbox, DESIGN)
    assert len(box.received) == 1


async def test_a_private_channel_has_a_scope_of_its_own(sandbox: Sandbox, box: Inbox) -> None:
    await sandbox.connect(HARBOUR, scopes=("groups:history",))
    await say(sandbox, LAUNCH)
    assert [event["channel_type"] for event in events_of(box)] == ["group"]


@pytest.mark.parametrize(
    ("channel", "who", "text"), [(DESIGN, "U0NOBODY01", "x"), (DESIGN, ADA, " "), (ARCHIVED, ADA, "x")]
)
async def test_nobody_says_what_cannot_be_said(
    sandbox: Sandbox, box: Inbox, channel: str, who: str, text: str
) -> None:
    await sandbox.connect()
    assert await say(sandbox, channel, text, who) == 400
    assert box.received == []


async def test_an_invitation_is_told(sandbox: Sandbox, box: Inbox) -> None:
    await sandbox.connect()
    await sandbox.browser.post(f"{sandbox.simulator.url('web')}/archives/{RANDOM}/invite")
    await sandbox.simulator.deliveries.settled()
    [event] = events_of(box)
    assert (event["type"], event["user"], event["channel"]) == ("member_joined_channel", "U0FLUXHP01", RANDOM)


async def test_what_fails_comes_again_at_once_after_a_minute_and_after_five(
    sandbox: Sandbox, box: Inbox
) -> None:
    await sandbox.connect()
    box.status = 500
    await say(sandbox, DESIGN)
    for seconds, attempts in ((0, 2), (59, 2), (2, 3), (299, 3), (2, 4), (9999, 4)):
        await sandbox.control("clock", advance=seconds)
        await sandbox.simulator.deliveries.settled()
        assert len(box.received) == attempts, seconds
    first, *again = box.received
    assert "x-slack-retry-num" not in first.headers
    assert [entry.headers["x-slack-retry-num"] for entry in again] == ["1", "2", "3"]
    assert {entry.headers["x-slack-retry-reason"] for entry in again} == {"http_error"}
    assert len({event_id({}, entry.payload, entry.body) for entry in box.received}) == 1
    for entry in box.received:
        verify(entry.body, entry.headers, SECRET, time.time())


async def test_an_answer_can_ask_for_no_more_retries(sandbox: Sandbox, box: Inbox) -> None:
    await sandbox.connect()
    box.status, box.headers = 500, {"x-slack-no-retry": "1"}
    await say(sandbox, DESIGN)
    assert len(box.received) == 1


async def test_a_retry_says_that_no_answer_came(sandbox: Sandbox, box: Inbox) -> None:
    await sandbox.connect()
    await sandbox.control("deliveries/troubles", kind="unheard", status=None)
    await say(sandbox, DESIGN)
    first, again = box.received
    assert again.headers["x-slack-retry-reason"] == "http_timeout"
    assert first.payload["event_id"] == again.payload["event_id"]


async def test_one_message_can_come_under_two_event_ids(sandbox: Sandbox, box: Inbox) -> None:
    event = {"type": "message", "channel": DESIGN, "user": MEI, "text": "x", "event_ts": "1795000000.000100"}
    for _ in range(2):
        await sandbox.control("events", event=event, team=HARBOUR)
    await sandbox.simulator.deliveries.settled()
    one, two = (entry.payload for entry in box.received)
    assert one["event_id"] != two["event_id"]
    assert happening(one) == happening(two)


async def test_our_address_is_asked_to_prove_itself(sandbox: Sandbox, box: Inbox) -> None:
    await sandbox.control("events", event="url_verification")
    await sandbox.simulator.deliveries.settled()
    [entry] = box.received
    assert entry.payload.keys() == {"token", "challenge", "type"}
    verify(entry.body, entry.headers, SECRET, time.time())


@pytest.mark.parametrize("rotation", [True, False])
async def test_the_end_of_the_access_is_told(sandbox: Sandbox, box: Inbox, rotation: bool) -> None:
    await sandbox.control("app", rotation=rotation)
    token = (await sandbox.connect()).access_token
    assert (await sandbox.call("auth.revoke", token))["revoked"]
    await sandbox.simulator.deliveries.settled()
    texts = [event["type"] for event in events_of(box)]
    assert sorted(texts) == (["tokens_revoked"] if rotation else ["app_uninstalled", "tokens_revoked"])
    revoked = next(event for event in events_of(box) if event["type"] == "tokens_revoked")
    assert revoked["tokens"] == {"oauth": [], "bot": ["U0FLUXHP01"]}


async def test_an_uninstalled_app_is_told(sandbox: Sandbox, box: Inbox) -> None:
    token = (await sandbox.connect()).access_token
    app = sandbox.simulator
    await sandbox.call("apps.uninstall", token, client_id=app.app_id, client_secret=app.app_secret)
    await app.deliveries.settled()
    assert {event["type"] for event in events_of(box)} == {"app_uninstalled", "tokens_revoked"}


async def test_without_an_address_nothing_is_sent(sandbox: Sandbox) -> None:
    await sandbox.connect()
    await say(sandbox, DESIGN)
    await sandbox.control("events", event="url_verification")
    assert sandbox.simulator.deliveries.log == []


def test_standing_in_for_slack_leads_its_events_to_us() -> None:
    simulator = SlackSimulator()
    settings = stand_in("slack", simulator, "http://127.0.0.1:8000")
    assert simulator.events_to == "http://127.0.0.1:8000/api/integrations/slack/webhook"
    assert settings.others["signing_secret"] == simulator.signing_secret
