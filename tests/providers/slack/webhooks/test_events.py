"""What Slack sends to each of its three addresses, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstudio.kit.signatures import sha256
from fluxstudio.providers.slack import slack
from fluxstudio.providers.slack.webhooks.webhook import signature
from fluxstudio.sdk import AccessEnded, UnreadableBody
from tests.support.deliveries import Delivery, deliveries

assert slack.webhooks is not None
WEBHOOK = slack.webhooks
SECRET, NOW = "not-a-real-signing-secret", 1_795_000_000
DELIVERIES = deliveries("fluxstudio.providers.slack")


def payload_of(kind: str, subtype: str | None = None) -> dict[str, Any]:
    for sent in DELIVERIES:
        payload = dict(sent.read(WEBHOOK))
        if WEBHOOK.event_type({}, payload) == kind and payload.get("event", {}).get("subtype") == subtype:
            return payload
    raise AssertionError(kind)


def text_of(kind: str, payload: Mapping[str, Any] | None = None, **event: Any) -> str:
    assert WEBHOOK.describe is not None
    result = payload_of(kind) if payload is None else payload
    changed = {**result, "event": {**result["event"], **event}} if event else result
    return WEBHOOK.describe(kind, changed)


def account(payload: Mapping[str, Any]) -> str | None:
    assert WEBHOOK.account is not None
    return WEBHOOK.account(payload)


def interaction(body: bytes) -> Mapping[str, Any]:
    return WEBHOOK.paths["interactive"](body)


def command(body: bytes) -> Mapping[str, Any]:
    return WEBHOOK.paths["command"](body)


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()


@pytest.mark.parametrize("sent", DELIVERIES, ids=lambda sent: sent.path)
def test_what_slack_sends_is_signed_read_and_keyed(sent: Delivery) -> None:  # R27
    headers = {
        "x-slack-request-timestamp": str(NOW),
        "x-slack-signature": signature(SECRET, str(NOW), sent.body),
    }
    WEBHOOK.verify(sent.body, headers, SECRET, NOW)
    payload = sent.read(WEBHOOK)
    assert "token" not in payload
    assert WEBHOOK.event_type(headers, payload) in WEBHOOK.events
    retried = {**headers, "x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}
    assert WEBHOOK.event_id(headers, payload, sent.body) == WEBHOOK.event_id(retried, payload, sent.body)


def test_no_two_requests_have_one_key() -> None:
    keys = [WEBHOOK.event_id({}, sent.read(WEBHOOK), sent.body) for sent in DELIVERIES]
    assert len(set(keys)) == len(keys)


def test_an_interaction_is_the_json_in_its_form() -> None:
    texts = {"type": "shortcut", "trigger_id": "7.8.example", "user": {"name": "mei & ada + 100 % émoji 🌊"}}
    payload = interaction(form(payload=msgspec.json.encode(texts).decode()))
    assert payload == texts
    assert WEBHOOK.event_type({}, payload) == "shortcut"
    assert WEBHOOK.event_id({}, payload, b"") == sha256("trigger 7.8.example").hex()


def test_a_command_is_the_fields_of_its_form() -> None:
    fields = {
        "command": "/fluxstudio",
        "text": "a=b & ü",
        "user_name": "mei.lin",
        "trigger_id": "1.2.example",
    }
    payload = command(form(**fields, token="not-a-real-token", type="message"))
    assert payload == {**fields, "type": "slash_command"}
    assert WEBHOOK.event_type({}, payload) == "slash_command"
    assert WEBHOOK.event_id({}, payload, b"") == sha256("trigger 1.2.example").hex()


def test_slacks_own_example_of_a_command_is_read() -> None:
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F"
        b"96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    payload = command(body)
    assert payload["command"] == "/webhook-collect"
    assert text_of("slash_command", payload) == "roadrunner used /webhook-collect in #foobar"
    assert account(payload) == "T1DC2JH3J"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload",
        b"payload=",
        b"payload=7",
        b"payload=%5B%5D",
        b"payload=%FF",
        b"payload={}&payload={}",
        b"other={}",
        b'{"type":"shortcut"}',
        b"payload=" + b"[" * 5000,
        b"&".join(b"a%d=1" % number for number in range(200)),
    ],
)
def test_what_is_no_interaction_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        interaction(body)


@pytest.mark.parametrize(
    "body",
    [b"", b"command", b"text=hello", b"command=/a&command=/b", b'{"command":"/a"}', b"\xff"],
)
def test_what_is_no_command_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        command(body)


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=80), max_size=20))
def test_every_form_with_a_command_is_read_as_it_was_written(fields: dict[str, str]) -> None:
    stored = {name: value for name, value in fields.items() if name not in {"token", "type"}}
    assert command(form(**{**fields, "command": "/a"})) == {
        **stored,
        "command": "/a",
        "type": "slash_command",
    }


def test_slack_hears_back_what_it_tries_an_address_with() -> None:
    assert WEBHOOK.challenge is not None
    assert WEBHOOK.challenge(payload_of("url_verification")) == {"challenge": "not-a-real-challenge"}
    assert WEBHOOK.challenge(command(b"ssl_check=1&token=not-a-real-token")) == {}
    for kind in ("message", "block_actions", "slash_command"):
        assert WEBHOOK.challenge(payload_of(kind)) is None
    for odd in (
        {},
        {"type": "url_verification"},
        {"type": "url_verification", "challenge": 7},
        {"challenge": "a"},
    ):
        assert WEBHOOK.challenge(odd) is None


def test_an_event_concerns_the_workspace_that_installed_the_app() -> None:
    message = payload_of("message")
    assert account(message) == "T0HARBOUR1"
    shared = {**message, "team_id": "T0PARTNER1"}
    assert account(shared) == "T0HARBOUR1"
    everywhere = {"enterprise_id": "E0HARBOUR1", "team_id": "T0HARBOUR1", "is_enterprise_install": True}
    assert account({**message, "authorizations": [everywhere]}) == "E0HARBOUR1"
    assert account({"team_id": "T0HARBOUR1", "event": {"type": "app_uninstalled"}}) == "T0HARBOUR1"
    assert account({"team_id": None, "enterprise_id": "E0HARBOUR1"}) == "E0HARBOUR1"
    organisation = {"team": None, "enterprise": {"id": "E0HARBOUR1"}, "is_enterprise_install": True}
    assert account(organisation) == "E0HARBOUR1"
    fields = {"team_id": "T0HARBOUR1", "enterprise_id": "E0HARBOUR1", "is_enterprise_install": "true"}
    assert account(fields) == "E0HARBOUR1"
    assert account({**fields, "is_enterprise_install": "false"}) == "T0HARBOUR1"
    assert account({}) is None


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"team": {"id": "T0STRANGER"}, "view": {"app_installed_team_id": "T0HARBOUR1"}}, "T0HARBOUR1"),
        (
            {
                "team": None,
                "enterprise": {"id": "E0HARBOUR1"},
                "is_enterprise_install": True,
                "view": {"app_installed_team_id": "T0HARBOUR1"},
            },
            "E0HARBOUR1",
        ),
        ({"team": None, "enterprise": {"id": "E0HARBOUR1"}, "is_enterprise_install": False}, "E0HARBOUR1"),
        ({"team": None, "enterprise": None, "user": {"id": "U1", "team_id": "T0HARBOUR1"}}, "T0HARBOUR1"),
        ({"team": None, "view": None, "user": None}, None),
        (
            {"team_id": "T0HARBOUR1", "enterprise_id": "E0HARBOUR1", "is_enterprise_install": "true"},
            "E0HARBOUR1",
        ),
        (
            {"team_id": "T0HARBOUR1", "enterprise_id": "E0HARBOUR1", "is_enterprise_install": "false"},
            "T0HARBOUR1",
        ),
    ],
)
def test_interactions_concern_the_workspace_that_has_the_app(
    payload: Mapping[str, Any], expected: str | None
) -> None:
    assert account({"type": "view_submission", **payload}) == expected


def test_what_happens_in_one_conversation_is_handled_in_order() -> None:
    assert WEBHOOK.order is not None
    for kind in (
        "message",
        "reaction_added",
        "channel_rename",
        "file_shared",
        "block_actions",
        "slash_command",
    ):
        assert WEBHOOK.order(kind, payload_of(kind)) == "C0DESIGN01", kind
    assert WEBHOOK.order("tokens_revoked", payload_of("tokens_revoked")) == "T0HARBOUR1"
    assert WEBHOOK.order("app_uninstalled", payload_of("app_uninstalled")) == "T0HARBOUR1"


def test_a_link_opens_the_conversation_as_long_as_there_is_one() -> None:
    assert WEBHOOK.link is not None
    there = "https://slack.com/app_redirect?channel=C0DESIGN01&team=T0HARBOUR1"
    for kind in ("message", "reaction_added", "block_actions", "slash_command"):
        assert WEBHOOK.link(kind, payload_of(kind)) == there
    for kind in ("channel_deleted", "channel_left", "team_rename", "shortcut"):
        assert WEBHOOK.link(kind, payload_of(kind)) is None
    assert WEBHOOK.link("message", {"event": {"channel": "C1&evil=1"}}) is None


def test_an_uninstalled_app_and_a_revoked_bot_have_no_access_any_more() -> None:
    assert WEBHOOK.ends is not None
    uninstalled = WEBHOOK.ends("app_uninstalled", payload_of("app_uninstalled"))
    assert uninstalled == AccessEnded("T0HARBOUR1", "FluxStudio was uninstalled in Slack.")
    revoked = payload_of("tokens_revoked")
    assert WEBHOOK.ends("tokens_revoked", revoked) == AccessEnded(
        "T0HARBOUR1", "FluxStudio’s access was revoked in Slack."
    )
    people = {**revoked, "event": {"type": "tokens_revoked", "tokens": {"oauth": ["U0MEI00001"], "bot": []}}}
    assert WEBHOOK.ends("tokens_revoked", people) is None
    assert WEBHOOK.ends("app_uninstalled", {}) is None
    for sent in DELIVERIES:
        payload = sent.read(WEBHOOK)
        kind = WEBHOOK.event_type({}, payload)
        if kind not in {"app_uninstalled", "tokens_revoked"}:
            assert WEBHOOK.ends(kind, payload) is None


def test_what_people_write_is_told_as_they_read_it() -> None:
    where = "in a channel"
    assert text_of("message") == f"Someone wrote {where}: “@someone the new booking flow is up & ready”"
    assert text_of("message", text="<!here> see <#C1|crit>, <https://a.example>") == (
        f"Someone wrote {where}: “@here see #crit, https://a.example”"
    )
    assert text_of("message", text="1 &lt; 2", user_profile={"display_name": "Mei Lin"}) == (
        f"Mei Lin wrote {where}: “1 < 2”"
    )
    assert text_of("message", channel="D0EXAMPLE1", channel_type="im", text="Hi") == (
        "Someone wrote in a direct message: “Hi”"
    )
    assert text_of("message", thread_ts="1.1").startswith(f"Someone replied {where}")
    assert text_of("message", text="", files=[{"name": "tides.png"}]) == f"Someone wrote {where}: “tides.png”"
    changed = payload_of("message", "message_changed")
    assert text_of("message", changed) == f"Someone edited a message {where}: “The booking flow is final”"
    assert text_of("message", payload_of("message", "message_deleted")) == f"A message was deleted {where}"
    bot = payload_of("message", "bot_message")
    assert text_of("message", bot) == f"Tide bot wrote {where}: “High tide at 14:05”"
    assert text_of("message", subtype="reminder_add").startswith("Message reminder add in a channel")


def test_what_people_press_and_call_up_is_told_by_their_names() -> None:
    assert text_of("block_actions") == "mei.lin pressed “Approve” in #design"
    assert text_of("view_submission") == "mei.lin sent “New brief”"
    assert text_of("view_closed") == "mei.lin closed “New brief”"
    assert text_of("shortcut") == "mei.lin used the shortcut new brief"
    assert text_of("message_action").startswith(
        "mei.lin used the shortcut turn into issue on a message in #design"
    )
    assert text_of("slash_command") == "mei.lin used /fluxstudio in #design: “status of Tidewater”"
    chosen = {
        **payload_of("block_actions"),
        "actions": [{"type": "datepicker", "selected_date": "2026-12-01"}],
    }
    assert text_of("block_actions", chosen) == "mei.lin chose “2026-12-01” in #design"
    direct = {**payload_of("slash_command"), "channel_name": "directmessage", "text": ""}
    assert text_of("slash_command", direct) == "mei.lin used /fluxstudio in a direct message"


def test_what_happens_to_channels_and_the_workspace_is_told() -> None:
    assert text_of("channel_rename") == "A channel is now called #design-crit"
    assert text_of("channel_created") == "Someone created #tidewater-launch"
    assert text_of("channel_archive") == "Someone archived a channel"
    assert text_of("member_joined_channel") == "Someone joined a channel"
    assert text_of("reaction_added") == "Someone reacted with :tada: to a message in a channel"
    assert text_of("link_shared") == "Someone shared a link to figma.com in a channel"
    assert text_of("tokens_revoked") == "The workspace ended FluxStudio’s access"
    assert text_of("app_uninstalled") == "The workspace uninstalled FluxStudio"
    assert text_of("something_new", {"event": {"channel": "C0DESIGN01"}}) == "Something new in a channel"
    assert text_of("something_new", {}) == "Something new"
