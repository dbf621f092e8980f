"""Trading the code: whatever the provider answers, nothing half-made stays and nothing older is harmed."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.conformance.subject import Subject, changed

DOWN, REFUSED, NOBODY = "PROVIDER_UNAVAILABLE", "EXCHANGE_REFUSED", "IDENTITY_UNKNOWN"
APP = "APP_REFUSED"

TOKEN_FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "out of order": ({"status": 500}, DOWN),
    "overloaded": ({"status": 503, "headers": {"retry-after": "30"}}, DOWN),
    "asks to wait": ({"status": 429, "headers": {"retry-after": "30"}}, DOWN),
    "garbage": ({"kind": "garbage"}, DOWN),
    "broken encoding": ({"kind": "truncated"}, DOWN),
    "no answer": ({"kind": "drop"}, DOWN),
    "answer lost": ({"kind": "after"}, DOWN),
    "refusal": ({"status": 400, "body": {"error": "invalid_grant"}}, REFUSED),
    "refusal with HTTP 200": ({"status": 200, "body": {"ok": False, "error": "invalid_request"}}, REFUSED),
    "refusal in other words": (
        {"status": 403, "body": {"error": True, "status": 403, "message": "No"}},
        REFUSED,
    ),
    "a passing trouble": ({"status": 400, "body": {"error": "temporarily_unavailable"}}, DOWN),
    "no token": ({"status": 200, "body": {"ok": True}}, REFUSED),
    "a token that is none": ({"status": 200, "body": {"ok": True, "access_token": {"no": "token"}}}, REFUSED),
    "a list": ({"status": 200, "body": []}, REFUSED),
    "words": ({"status": 200, "body": '"words"'}, REFUSED),
}

IDENTITY_FAULTS: dict[str, dict[str, Any]] = {
    "out of order": {"status": 500},
    "token not taken": {"status": 401},
    "asks to wait": {"status": 429, "headers": {"retry-after": "30"}},
    "garbage": {"kind": "garbage"},
    "broken encoding": {"kind": "truncated"},
    "no answer": {"kind": "drop"},
    "another object": {"status": 200, "body": {"unexpected": 1}},
    "a list": {"status": 200, "body": []},
    "words": {"status": 200, "body": '"words"'},
    "nothing": {"status": 200, "body": "null"},
}


async def unharmed(subject: Subject, ada: httpx2.AsyncClient, code: str) -> None:
    """The attempt says why it failed and what mends it; what was connected before still is, and works."""
    attempt = await subject.latest(ada)
    assert (attempt["outcome"], attempt["code"]) == ("failed", code)
    assert attempt["cause"]
    assert attempt["mend"]
    assert not subject.secrets_in(str(attempt))
    connected = await subject.connections(ada)
    assert await subject.sql("SELECT count(*) FROM oauth_tokens") == len(connected)
    if connected:
        assert await subject.works(ada)


async def test_a_code_that_cannot_be_traded_changes_nothing(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    connection = await subject.connect(ada)
    for number, (name, (fault, code)) in enumerate(TOKEN_FAULTS.items()):
        stored = await subject.running.grant_of(connection)
        way_back = await subject.consent(await subject.begin(ada), choice=number % 2)
        with subject.failing("token", **fault):
            outcome = await subject.back(ada, way_back)
        assert (outcome["status"], outcome.get("code")) == ("error", code), name
        assert await subject.running.grant_of(connection) == stored
        await unharmed(subject, ada, code)
        exchanges = len(subject.token_calls)
        assert await subject.back(ada, way_back) == outcome
        assert len(subject.token_calls) == exchanges
    assert await subject.connect(ada) == connection


async def test_a_grant_that_nobody_owns_up_to_is_not_kept(subject: Subject) -> None:
    for number, (name, fault) in enumerate(IDENTITY_FAULTS.items()):
        await subject.reset()
        ada = await subject.running.client("ada")
        connection = await subject.connect(ada)
        way_back = await subject.consent(await subject.begin(ada), choice=number % 2)
        with subject.failing(**fault):
            outcome = await subject.back(ada, way_back)
        assert (outcome["status"], outcome.get("code")) == ("error", NOBODY), name
        assert [entry["id"] for entry in await subject.connections(ada)] == [connection]
        await unharmed(subject, ada, NOBODY)


async def test_a_code_that_was_not_given_out_is_refused_with_cause_and_mend(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    for code in ("not-a-code", "0" * 4096, "%00", "\x00", "é"):
        way_back = changed(await subject.consent(await subject.begin(ada)), code=code)
        assert (await subject.back(ada, way_back))["code"] == REFUSED
        await unharmed(subject, ada, REFUSED)
    way_back = changed(await subject.consent(await subject.begin(ada)), code=None)
    assert (await subject.back(ada, way_back))["code"] == "NO_CODE"
    await unharmed(subject, ada, "NO_CODE")


async def test_an_error_the_provider_sends_along_is_told_and_never_believed_further(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    error = "server_error<script>alert(1)</script>"
    way_back = changed(await subject.consent(await subject.begin(ada)), error=error, code=None)
    assert (await subject.back(ada, way_back))["code"] == "PROVIDER_REFUSED"
    await unharmed(subject, ada, "PROVIDER_REFUSED")
    assert "<script>" not in str(await subject.latest(ada))
    assert subject.token_calls == []


async def test_a_slow_provider_is_waited_for_and_a_silent_one_given_up(
    subject: Subject, ada: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subject.failing("token", kind="latency", delay=0.2):
        connection = await subject.connect(ada)
    stored = await subject.running.grant_of(connection)
    monkeypatch.setattr(subject.running.services.http, "_seconds", 0.2)
    way_back = await subject.consent(await subject.begin(ada))
    with subject.failing("token", status=200, delay=0.4):
        assert (await subject.back(ada, way_back))["code"] == DOWN
    assert await subject.running.grant_of(connection) == stored
    await unharmed(subject, ada, DOWN)
