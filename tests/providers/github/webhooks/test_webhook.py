from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fluxstudio.kit.signatures import hmac_sha256_hex
from fluxstudio.providers.github import github
from fluxstudio.providers.github.webhooks.webhook import event_id, event_type, verify
from fluxstudio.sdk import BadSignature
from tests.support.pins import github_document

SECRET = "It's a Secret to Everybody"
BODY = b"Hello, World!"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def check(body: bytes, signature: str | None, secret: str = SECRET) -> None:
    headers = {} if signature is None else {"x-hub-signature-256": signature}
    verify(body, headers, secret, 0)


def test_githubs_own_example_is_accepted() -> None:  # R27
    check(BODY, SIGNATURE)


@pytest.mark.parametrize(
    "signature", [None, "", "sha256=", SIGNATURE.removeprefix("sha256="), SIGNATURE.upper(), "sha1=abc", "é"]
)
def test_anything_else_in_the_header_is_refused(signature: str | None) -> None:
    with pytest.raises(BadSignature):
        check(BODY, signature)


def test_without_a_secret_nothing_is_accepted() -> None:  # R28
    with pytest.raises(BadSignature):
        check(BODY, f"sha256={hmac_sha256_hex('', BODY)}", secret="")


@given(body=st.binary(max_size=400), secret=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_whatever_was_signed_is_accepted(body: bytes, secret: str) -> None:
    check(body, f"sha256={hmac_sha256_hex(secret, body)}", secret)


@given(body=st.binary(max_size=400), other=st.binary(max_size=400))
def test_a_body_that_was_changed_is_refused(body: bytes, other: bytes) -> None:
    assume(body != other)
    with pytest.raises(BadSignature):
        check(other, f"sha256={hmac_sha256_hex(SECRET, body)}")


@given(body=st.binary(max_size=100), secret=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_a_signature_with_another_secret_is_refused(body: bytes, secret: str) -> None:
    assume(secret.rstrip("\0") != SECRET)
    with pytest.raises(BadSignature):
        check(body, f"sha256={hmac_sha256_hex(secret, body)}")


def test_a_delivery_keeps_its_id_when_it_is_sent_again() -> None:  # R31
    headers = {"x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958", "x-github-event": "issues"}
    assert event_id(headers, {}, BODY) == "72d3162e-cc78-11e3-81ab-4c9367dc0958"
    assert event_type(headers, {"action": "opened"}) == "issues"


def test_what_comes_without_an_id_is_known_by_its_body() -> None:
    assert event_id({}, {}, BODY) == event_id({}, {}, BODY) != event_id({}, {}, b"")
    assert event_type({}, {}) == "unknown"


def test_the_declared_events_are_those_github_documents() -> None:
    documented: dict[str, Any] = github_document().document["x-webhooks"]
    names = {entry["post"]["operationId"].partition("/")[0] for entry in documented.values()}
    assert github.webhooks is not None
    assert set(github.webhooks.events) == {name.replace("-", "_") for name in names}
    assert len(github.webhooks.events) == len(set(github.webhooks.events))
