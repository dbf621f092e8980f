from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import Clock, SignatureVerifier

from fluxstudio.providers.slack import slack
from fluxstudio.providers.slack.webhooks.webhook import event_id, event_type, happening, signature, verify
from fluxstudio.sdk import BadSignature

SECRET = "not-a-real-signing-secret"
NOW = 1_795_000_000
BODY = b'{"type":"event_callback","event_id":"Ev0EXAMPLE1","event":{"type":"message"}}'

# The worked example of docs.slack.dev/authentication/verifying-requests-from-slack.
EXAMPLE_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
EXAMPLE_TIMESTAMP = "1531420618"
EXAMPLE_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F"
    b"96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
EXAMPLE_SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def signed(body: bytes, timestamp: int | str = NOW, secret: str = SECRET) -> dict[str, str]:
    return {
        "x-slack-request-timestamp": str(timestamp),
        "x-slack-signature": signature(secret, str(timestamp), body),
    }


def test_slacks_own_example_is_accepted() -> None:  # R27
    assert signature(EXAMPLE_SECRET, EXAMPLE_TIMESTAMP, EXAMPLE_BODY) == EXAMPLE_SIGNATURE
    headers = {"x-slack-request-timestamp": EXAMPLE_TIMESTAMP, "x-slack-signature": EXAMPLE_SIGNATURE}
    verify(EXAMPLE_BODY, headers, EXAMPLE_SECRET, float(EXAMPLE_TIMESTAMP))


@given(st.binary(max_size=300), st.integers(0, 10**11), st.text("abcdef0123456789", min_size=1, max_size=40))
def test_the_official_client_agrees_on_every_signature(body: bytes, timestamp: int, secret: str) -> None:
    class Then(Clock):
        def now(self) -> float:
            return timestamp

    headers = signed(body, timestamp, secret)
    verify(body, headers, secret, timestamp)
    if body.decode("utf-8", "replace").encode() == body:
        assert SignatureVerifier(secret, Then()).is_valid_request(body, headers)


@given(st.binary(min_size=1, max_size=200), st.data())
def test_a_body_changed_anywhere_is_refused(body: bytes, data: st.DataObject) -> None:  # R27
    place = data.draw(st.integers(0, len(body) - 1))
    bit = data.draw(st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]))
    changed = body[:place] + bytes([body[place] ^ bit]) + body[place + 1 :]
    with pytest.raises(BadSignature):
        verify(changed, signed(body), SECRET, NOW)


@given(st.text(max_size=80), st.text(max_size=14))
def test_no_guessed_header_is_accepted_or_breaks_anything(guess: str, timestamp: str) -> None:
    with pytest.raises(BadSignature):
        verify(BODY, {"x-slack-request-timestamp": timestamp, "x-slack-signature": guess}, SECRET, NOW)


@given(st.integers(-1000, 1000))
def test_a_request_is_good_for_five_minutes_to_either_side(off: int) -> None:  # R29
    headers = signed(BODY, NOW + off)
    if abs(off) <= 300:
        verify(BODY, headers, SECRET, NOW)
    else:
        with pytest.raises(BadSignature, match="five minutes"):
            verify(BODY, headers, SECRET, NOW)


def test_a_timestamp_moved_into_the_window_breaks_the_signature() -> None:
    old = signed(BODY, NOW - 4000)
    with pytest.raises(BadSignature, match="does not match"):
        verify(BODY, {**old, "x-slack-request-timestamp": str(NOW)}, SECRET, NOW)


@pytest.mark.parametrize("missing", ["x-slack-request-timestamp", "x-slack-signature"])
def test_a_request_without_a_header_is_refused(missing: str) -> None:
    headers = {name: value for name, value in signed(BODY).items() if name != missing}
    with pytest.raises(BadSignature, match="missing"):
        verify(BODY, headers, SECRET, NOW)


def test_a_retry_has_the_id_of_the_first_delivery() -> None:
    first = {"event_id": "Ev0EXAMPLE1", "event": {"type": "message"}}
    retry = {"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}
    assert event_id({}, first, BODY) == event_id(retry, first, BODY) == "Ev0EXAMPLE1"


def test_what_has_no_event_id_is_known_by_its_body() -> None:
    assert event_id({}, {}, b"a") != event_id({}, {}, b"b")
    assert len(event_id({}, {"event_id": 5}, b"a")) == 64


def test_the_type_is_that_of_the_event_inside() -> None:
    assert event_type({}, {"type": "event_callback", "event": {"type": "channel_rename"}}) == "channel_rename"
    assert event_type({}, {"type": "url_verification", "challenge": "x"}) == "url_verification"
    assert event_type({}, {"event": "odd"}) == "unknown"


def test_one_message_under_two_event_ids_is_one_happening() -> None:
    event = {"type": "message", "channel": "C0DESIGN01", "event_ts": "1795000000.000100"}
    first = {"team_id": "T0HARBOUR1", "event_id": "Ev1", "event": event}
    again = {**first, "event_id": "Ev2"}
    assert happening(first) == happening(again) is not None
    assert happening({**first, "event": {**event, "type": "app_mention"}}) != happening(first)
    assert happening({**first, "event": {**event, "channel": "C0OTHER001"}}) != happening(first)
    assert happening({"event": {"type": "tokens_revoked"}}) is None


def test_events_make_stale_what_they_are_about() -> None:
    webhook = slack.webhooks
    assert webhook is not None
    assert webhook.makes_stale["channel_rename"] == ("channels", "channel")
    assert webhook.makes_stale["message"] == ("history", "thread")
    assert set(webhook.makes_stale) <= set(webhook.events)
    assert {name for names in webhook.makes_stale.values() for name in names} <= set(slack.operations)
    assert {"tokens_revoked", "app_uninstalled", "url_verification"} <= set(webhook.events)
