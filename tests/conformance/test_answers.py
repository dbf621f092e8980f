"""Answers that are kept: served while fresh, served stale when there is nothing better, never overdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from fluxstudio.sdk import TokenAnswer
from tests.conformance.subject import Json, Subject, changed, is_error

AGED = "UPDATE provider_cache SET fresh_until = now() - interval '1 second'"
WAITED = "UPDATE provider_budgets SET blocked_until = now() - interval '1 second', busy_until = '-infinity'"
WAIT: dict[str, Any] = {"status": 429, "headers": {"retry-after": "1000"}}


def labels(answer: httpx2.Response) -> tuple[bool, bool]:
    body = answer.json()
    return body["cached"], body["stale"]


def content(answer: httpx2.Response) -> Json:
    return {name: value for name, value in answer.json().items() if name not in {"cached", "stale"}}


@pytest.mark.parametrize("trouble", [{"status": 503}, {"kind": "drop"}, {"kind": "garbage"}, WAIT], ids=str)
async def test_answers_are_kept_while_fresh_and_served_stale_when_the_provider_fails(
    subject: Subject, ada: httpx2.AsyncClient, trouble: dict[str, Any]
) -> None:
    await subject.connect(ada)
    example = subject.reads[0]
    first = await subject.send(ada, example)
    assert (first.status_code, labels(first)) == (200, (False, False))
    asked = len(subject.calls)
    again = await subject.send(ada, example)
    assert (labels(again), content(again)) == ((True, False), content(first))
    assert len(subject.calls) == asked

    await subject.sql(AGED)
    with subject.failing(**trouble):
        stale = await subject.send(ada, example)
    assert (stale.status_code, labels(stale)) == (200, (True, True))
    assert content(stale) == content(first)
    assert len(subject.calls) > asked

    await subject.sql(WAITED)
    fresh = await subject.send(ada, example)
    assert (fresh.status_code, labels(fresh)) == (200, (False, False))


async def test_every_kept_answer_is_the_providers_own(subject: Subject, ada: httpx2.AsyncClient) -> None:
    await subject.connect(ada)
    for example in subject.reads:
        first, again = await subject.send(ada, example), await subject.send(ada, example)
        assert content(again) == content(first)
        assert labels(again) == (True, False), example
    mei = await subject.running.client("mei")
    await subject.connect(mei, choice=1)
    assert labels(await subject.send(mei, subject.reads[0]))[0] is False


async def test_a_write_makes_what_it_changes_be_asked_for_again(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    await subject.connect(ada)
    writes = [example for example in subject.examples if example.operation.makes_stale]
    for write in writes:
        outdated = [read for read in subject.reads if read.operation.name in write.operation.makes_stale]
        assert {read.operation.name for read in outdated} == set(write.operation.makes_stale)
        for read in outdated:
            await subject.send(ada, read)
            assert labels(await subject.send(ada, read)) == (True, False)
        assert (await subject.send(ada, write)).status_code == write.operation.status
        for read in outdated:
            assert labels(await subject.send(ada, read)) == (False, False), f"{read} after {write}"


async def test_a_provider_that_asks_us_to_wait_is_not_called_before_the_time_has_come(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    await subject.connect(ada)
    for example in subject.remote:
        await subject.sql("DELETE FROM provider_cache")
        await subject.sql("DELETE FROM provider_budgets")
        with subject.failing(**WAIT):
            first = await subject.send(ada, example)
        assert is_error(first, 429, "PROVIDER_RATE_LIMITED"), example
        asked = len(subject.calls)
        second = await subject.send(ada, example)
        assert is_error(second, 429, "PROVIDER_RATE_LIMITED"), example
        assert len(subject.calls) == asked
        assert 900 < int(second.headers["retry-after"]) <= 1000
    await subject.sql(WAITED)
    assert await subject.works(ada)


async def test_a_stale_answer_spares_the_provider_too(subject: Subject, ada: httpx2.AsyncClient) -> None:
    await subject.connect(ada)
    example = subject.reads[0]
    await subject.send(ada, example)
    await subject.sql(AGED)
    with subject.failing(**WAIT):
        assert labels(await subject.send(ada, example)) == (True, True)
    asked = len(subject.calls)
    assert labels(await subject.send(ada, example)) == (True, True)
    assert len(subject.calls) == asked


async def test_an_aged_answer_is_asked_after_by_its_etag_where_the_provider_has_them(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    await subject.connect(ada)
    for example in subject.reads:
        first = await subject.send(ada, example)
        await subject.sql(AGED)
        asked = len(subject.calls)
        again = await subject.send(ada, example)
        assert (labels(again), content(again)) == ((False, False), content(first))
        statuses = {entry["status"] for entry in subject.calls[asked:]}
        assert (statuses == {304}) is subject.provider.http.etags, example


async def test_an_operation_whose_scope_was_not_given_says_which_and_asks_nobody(  # R8
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    await subject.connect(ada)
    asked = len(subject.calls)
    granted = await subject.sql("SELECT scopes FROM oauth_tokens")
    for example in subject.examples:
        for scope in example.operation.scopes:
            await subject.sql("UPDATE oauth_tokens SET scopes = array_remove($1::text[], $2)", granted, scope)
            answer = await subject.send(ada, example)
            assert is_error(answer, 403, "SCOPE_MISSING"), example
            assert answer.json()["needed"] == [scope]
    assert len(subject.calls) == asked


async def test_access_that_was_not_given_is_shown_and_can_be_granted_later(  # R8
    subject: Subject, ada: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    oauth, text = subject.provider.oauth, []

    def noted(answer: Mapping[str, Any]) -> TokenAnswer:
        text.append(oauth.read_token(answer))
        return text[-1]

    monkeypatch.setattr(subject.provider, "oauth", replace(oauth, read_token=noted))
    needed = {scope for operation in subject.provider.operations.values() for scope in operation.scopes}
    without = [scope for scope in oauth.asked_scopes() if scope in needed][-1]
    arguments = [scope for scope in oauth.asked_scopes() if scope != without]
    away = changed(await subject.begin(ada), **{oauth.scope_param: oauth.scope_separator.join(arguments)})
    outcome = await subject.back(ada, await subject.consent(away))
    assert outcome["status"] == "success"
    [entry] = await subject.connections(ada)
    steps = {step["step"]: step["note"] for step in (await subject.latest(ada))["steps"]}
    if text[0].scopes is not None:
        assert entry["missingScopes"] == [without]
        assert set(entry["scopes"]) == set(arguments)
        assert steps["some access was not given"] == without
    example = next(example for example in subject.examples if without in example.operation.scopes)
    assert (await subject.send(ada, example)).json()["needed"] == [without]

    assert await subject.connect(ada, connection=entry["id"]) == entry["id"]
    assert (await subject.connections(ada))[0]["missingScopes"] == []
    assert (await subject.send(ada, example)).status_code == example.operation.status
