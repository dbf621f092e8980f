from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstudio.errors import (
    FluxStudioError,
    Forbidden,
    InvalidRequest,
    NotFound,
    ProviderRateLimited,
    ProviderUnavailable,
    ScopeMissing,
)
from fluxstudio.kit.http import Garbage
from fluxstudio.kit.json import encode
from fluxstudio.providers.slack.failure import ERROR_SENTENCES, error_for, slack_failure
from fluxstudio.sdk import Response, Unauthorized
from tests.providers.slack.conftest import DESIGN, Sandbox, run
from tests.support.direct import OneToken, Recorded

API = "https://slack.com/api/chat.postMessage"


@pytest.fixture
async def sandbox(loose: Sandbox) -> Sandbox:
    """What is answered here is broken on purpose."""
    return loose


def answered(body: Any, status: int = 200, url: str = API, **headers: str) -> Exception | None:
    return slack_failure(Response(status, headers, encode(body), url))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("invalid_auth", Unauthorized),
        ("not_authed", Unauthorized),
        ("token_revoked", Unauthorized),
        ("token_expired", Unauthorized),
        ("account_inactive", Unauthorized),
        ("missing_scope", ScopeMissing),
        ("ratelimited", ProviderRateLimited),
        ("rate_limited", ProviderRateLimited),
        ("channel_not_found", NotFound),
        ("not_in_channel", InvalidRequest),
        ("is_archived", InvalidRequest),
        ("no_text", InvalidRequest),
        ("restricted_action", Forbidden),
        ("no_permission", Forbidden),
        ("internal_error", ProviderUnavailable),
        ("fatal_error", ProviderUnavailable),
        ("as_user_not_supported", InvalidRequest),
    ],
)
def test_a_refusal_with_http_200_becomes_the_error_it_means(code: str, kind: type[Exception]) -> None:
    assert type(answered({"ok": False, "error": code})) is kind


def test_an_answer_that_is_ok_is_no_failure() -> None:
    assert answered({"ok": True, "warning": "missing_charset"}) is None


@pytest.mark.parametrize("body", [{}, [], {"ok": "yes"}, {"error": "x"}, None])
def test_an_answer_without_ok_counts_as_unreadable(body: Any) -> None:
    with pytest.raises(Garbage):
        answered(body)


def test_an_upload_answers_in_plain_text() -> None:
    upload = "https://files.slack.com/upload/v1/abc"
    assert slack_failure(Response(200, {}, b"OK - 12", upload)) is None
    assert isinstance(slack_failure(Response(500, {}, b"", upload)), ProviderUnavailable)


def test_a_missing_permission_is_named_for_people_and_for_programs() -> None:
    error = answered({"ok": False, "error": "missing_scope", "needed": "groups:read,channels:read"})
    assert isinstance(error, ScopeMissing)
    assert error.details["needed"] == ["groups:read", "channels:read"]
    assert "groups:read or channels:read" in error.message


def test_a_limit_waits_as_long_as_slack_says_and_a_minute_when_it_says_nothing() -> None:
    told_to = answered({"ok": False, "error": "ratelimited"}, 429, **{"retry-after": "30"})
    silent = answered({"ok": False, "error": "ratelimited"})
    assert isinstance(told_to, ProviderRateLimited)
    assert isinstance(silent, ProviderRateLimited)
    assert (told_to.retry_after, silent.retry_after) == (30, 60)


def test_an_unknown_refusal_keeps_slacks_own_code() -> None:
    error = answered({"ok": False, "error": "as_user_not_supported"})
    assert isinstance(error, InvalidRequest)
    assert error.details["providerError"] == "as_user_not_supported"
    assert "as_user_not_supported" in error.message


@pytest.mark.parametrize("code", sorted(ERROR_SENTENCES))
def test_every_known_refusal_says_what_to_do_next(code: str) -> None:
    message = error_for(code, where="#design").message
    assert "{" not in message
    assert message.count(". ") >= 1
    assert message.endswith(".")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    st.fixed_dictionaries(
        {"ok": st.just(False)},
        optional={
            "error": st.none() | st.text() | st.integers(),
            "needed": st.none() | st.text() | st.integers(),
            "response_metadata": st.none() | st.text() | st.dictionaries(st.text(), st.text(), max_size=2),
        },
    ),
)
def test_no_answer_whatever_breaks_the_reading_of_it(anything: Any, refusal: dict[str, Any]) -> None:
    with suppress(Garbage):
        answered(anything)
    assert isinstance(answered(refusal), FluxStudioError | Unauthorized)


async def test_a_dead_token_is_renewed_and_the_call_replayed_once(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    fresh = await sandbox.connect()
    dead = await api.token.current()
    sandbox.simulator.grants.tokens[dead]["revoked"] = True
    api.token = OneToken(dead, fresh=fresh.access_token)
    assert (await run(api, "message", channel=DESIGN, text="Hello"))["ok"]
    assert api.token.rejected == [dead]
    texts = [message["text"] for message in sandbox.simulator.world.data["messages"][DESIGN]]
    assert texts.count("Hello") == 1


async def test_a_real_limit_blocks_only_the_channel_it_is_about(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    await sandbox.control("limits", bucket="chat.postMessage", calls=1, seconds=30)
    await run(api, "message", channel=DESIGN, text="one")
    with pytest.raises(ProviderRateLimited) as caught:
        await run(api, "message", channel=DESIGN, text="two")
    assert 25 <= caught.value.retry_after <= 30
    assert isinstance(api.budget, Recorded)
    assert list(api.budget.blocked) == [f"chat.postMessage:{DESIGN}"]
    assert (await run(api, "message", channel="C0TIDEWTR1", text="elsewhere"))["ok"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "garbage"},
        {"kind": "truncated"},
        {"status": 500},
        {"status": 200, "body": {}},
        {"status": 200, "body": {"ok": True}},
        {"status": 200, "body": {"ok": True, "messages": "many"}},
    ],
)
@pytest.mark.parametrize("name", ["channels", "history", "message"])
async def test_an_answer_that_cannot_be_read_is_slack_being_unavailable(
    sandbox: Sandbox, name: str, fault: dict[str, Any]
) -> None:
    api = await sandbox.api()
    await sandbox.control("faults", match="/api/c", **fault)
    arguments = {"channels": {}, "history": {"id": DESIGN}, "message": {"channel": DESIGN, "text": "x"}}
    with pytest.raises(ProviderUnavailable):
        await run(api, name, **arguments[name])
