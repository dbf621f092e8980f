from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from fluxstudio.kit.signatures import hmac_sha256_hex, sha256
from fluxstudio.providers.figma import figma
from fluxstudio.providers.figma.webhooks.webhook import (
    event_id,
    event_type,
    new_passcode,
    verify,
    verify_passcode,
    webhook_id,
)
from fluxstudio.sdk import BadSignature

SECRET = "a passcode made up for tests"
EVENT: dict[str, Any] = {
    "event_type": "FILE_UPDATE",
    "file_key": "TidewaterBookingFlow01",
    "file_name": "Tidewater · Booking flow",
    "passcode": SECRET,
    "timestamp": "2026-11-22T10:00:00Z",
    "webhook_id": "22",
}
BODY = msgspec.json.encode(EVENT)


def check(body: bytes, secret: str = SECRET, **headers: str) -> None:
    verify(body, {name.replace("_", "-"): value for name, value in headers.items()}, secret, 0.0)


def test_an_event_with_the_passcode_is_figmas() -> None:
    check(BODY)
    verify_passcode(BODY, sha256(SECRET))
    assert webhook_id(BODY) == "22"


def test_a_relays_signature_over_the_raw_body_is_taken() -> None:
    secret, body = "It's a Secret to Everybody", b"Hello, World!"
    names = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    check(body, secret, x_figma_signature=names)
    check(body, secret, x_figma_signature=f"sha256={names.upper()}")


def test_a_wrong_signature_is_refused_whatever_the_passcode() -> None:
    with pytest.raises(BadSignature):
        check(BODY, x_figma_signature="0" * 64)
    with pytest.raises(BadSignature):
        check(BODY, x_figma_signature="")


def test_without_a_secret_nothing_is_taken() -> None:  # R28
    with pytest.raises(BadSignature):
        check(BODY, "")
    with pytest.raises(BadSignature):
        check(msgspec.json.encode({**EVENT, "passcode": ""}), "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"passcode"',
        b"{}",
        b'{"passcode": null}',
        b'{"passcode": 7}',
        b"[" * 5000,
        b"\xff",
    ],
)
def test_a_body_that_says_no_passcode_is_refused(body: bytes) -> None:
    with pytest.raises(BadSignature):
        check(body)
    with pytest.raises(BadSignature):
        webhook_id(body)


def test_an_event_is_the_same_event_at_every_attempt() -> None:
    first = event_id({}, {**EVENT, "retries": 0}, b"")
    assert event_id({}, {**EVENT, "retries": 3}, b"") == first
    assert event_id({}, dict(reversed(EVENT.items())), b"") == first
    assert event_id({}, {**EVENT, "timestamp": "2026-11-22T10:30:00Z"}, b"") != first
    assert len(first) == 64


def test_an_event_id_does_not_give_the_passcode_away() -> None:
    assert event_id({}, EVENT, BODY) == event_id({}, {**EVENT, "passcode": "another"}, b"")


def test_the_type_of_an_event_is_read_or_unknown() -> None:
    assert event_type({}, EVENT) == "FILE_UPDATE"
    assert event_type({}, {}) == "unknown"


def test_what_an_event_makes_stale_are_operations_of_ours() -> None:
    webhook = figma.webhooks
    assert webhook is not None
    assert webhook.refusal == 400
    assert webhook.passcodes is not None
    for event, operations in webhook.makes_stale.items():
        assert event in webhook.events
        assert set(operations) <= set(figma.operations)
        assert all(figma[name].fresh_for for name in operations)


def test_passcodes_are_never_the_same_and_short_enough_for_figma() -> None:  # R30
    made = {new_passcode() for _ in range(1000)}
    assert len(made) == 1000
    assert all(43 <= len(passcode) <= 100 for passcode in made)


@given(
    body=some.binary(max_size=400), secret=some.text(min_size=1, max_size=40), at=some.integers(min_value=0)
)
def test_a_signature_fits_its_body_and_no_other(body: bytes, secret: str, at: int) -> None:
    signature = hmac_sha256_hex(secret, body)
    check(body, secret, x_figma_signature=signature)
    changed = bytearray(body or b"\0")
    changed[at % len(changed)] ^= 1
    with pytest.raises(BadSignature):
        check(bytes(changed), secret, x_figma_signature=signature)
    with pytest.raises(BadSignature):
        check(body, secret + "x", x_figma_signature=signature)


@given(passcode=some.text(min_size=1, max_size=100), other=some.text(min_size=1, max_size=100))
def test_only_the_passcode_itself_is_taken(passcode: str, other: str) -> None:
    body = msgspec.json.encode({**EVENT, "passcode": passcode})
    check(body, passcode)
    if other != passcode:
        with pytest.raises(BadSignature):
            check(body, other)


JSON = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**53), 2**53) | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(payload=some.dictionaries(some.text(max_size=8), JSON, max_size=6))
def test_every_payload_has_an_id_and_a_type(payload: dict[str, Any]) -> None:
    assert len(event_id({}, payload, b"")) == 64
    assert event_type({}, payload)
