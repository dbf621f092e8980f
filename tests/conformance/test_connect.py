"""Connecting an account: there, back, and everything that may come between."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import pytest

from fluxstudio.core.connections.connections import StoredConnectionSettings
from tests.conformance.subject import Subject, changed, is_error, query_of
from tests.support.running import WITH_LINEAR, outcome_of, started

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "settings",
    "/settings\r\nSet-Cookie: a=b",
    "http:/evil.example",
)


async def test_an_account_is_connected_through_the_consent_page(  # R8
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    away = await subject.begin(ada, returnTo="/settings/integrations?tab=mine")
    asked = subject.provider.oauth.asked_scopes()
    assert query_of(away)[subject.provider.oauth.scope_param] == subject.provider.oauth.scope_separator.join(
        asked
    )
    answer = await ada.get(await subject.consent(away), headers={"authorization": ""})
    landed = urlsplit(answer.headers["location"])
    outcome = outcome_of(answer)
    assert (landed.scheme, landed.netloc, landed.path) == ("", "", "/settings/integrations")
    assert (outcome["status"], outcome["provider"], outcome["tab"]) == (
        "success",
        subject.provider.id,
        "mine",
    )

    [entry] = await subject.connections(ada)
    assert (entry["id"], entry["status"], entry["userId"]) == (outcome["connection"], "connected", "ada")
    assert entry["providerUsername"]
    assert entry["connected"] is True
    assert entry["missingScopes"] == []
    attempt = await subject.latest(ada)
    assert (attempt["outcome"], attempt["cause"]) == ("connected", None)
    assert [step["outcome"] for step in attempt["steps"]] == ["done"] * len(attempt["steps"])
    assert len(subject.token_calls) == 1
    assert await subject.works(ada)


async def test_a_front_end_may_hand_over_what_the_provider_sent_it(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    sent = query_of(await subject.consent(await subject.begin(ada)))
    ada.cookies.clear()
    answer = await ada.post(subject.path("callback"), json={"code": sent["code"], "state": sent["state"]})
    assert answer.status_code == 200, answer.text
    [entry] = await subject.connections(ada)
    assert answer.json()["success"] is True
    assert answer.json()["message"]
    assert answer.json()["data"] == {
        "provider": subject.provider.id,
        "permissions": entry["scopes"],
        "accountName": entry["metadata"]["accountName"],
        "connectionId": entry["id"],
    }


async def test_a_person_who_declines_is_told_so_or_waited_for_where_the_provider_is_silent(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    way_back = await subject.consent(await subject.begin(ada), decision="deny")
    if subject.provider.oauth.declines_silently:
        assert way_back == ""
        assert (await subject.latest(ada))["outcome"] == "waiting"
    else:
        outcome = await subject.back(ada, way_back)
        assert (outcome["status"], outcome["code"]) == ("error", "ACCESS_DENIED")
        attempt = await subject.latest(ada)
        assert (attempt["outcome"], attempt["code"]) == ("declined", "ACCESS_DENIED")
        assert attempt["cause"]
        assert attempt["mend"]
    assert subject.token_calls == []
    assert await subject.connections(ada) == []
    assert await subject.connect(ada)


async def test_an_attempt_nobody_came_back_from_ends_as_abandoned_with_its_mend(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    await subject.begin(ada)
    assert (await subject.latest(ada))["outcome"] == "waiting"
    await subject.sql("UPDATE connect_attempts SET started_at = started_at - interval '16 minutes'")
    attempt = await subject.latest(ada)
    assert attempt["outcome"] == "abandoned"
    assert attempt["cause"]
    assert attempt["mend"]


async def test_a_refusal_that_names_no_state_is_told_to_the_browser_that_began(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    way_back = await subject.consent(await subject.begin(ada, returnTo="/settings/integrations?tab=mine"))
    bare = changed(way_back, code=None, state=None, error="access_denied")
    outcome = await subject.back(ada, bare)
    assert (outcome["code"], outcome["tab"]) == ("ACCESS_DENIED", "mine")
    assert (await subject.latest(ada))["outcome"] == "declined"
    bea = await subject.running.client("bea")
    assert (await subject.back(bea, bare))["code"] == "STATE_INVALID"
    # Whoever made somebody follow such an address has ended nothing.
    assert (await subject.back(ada, way_back))["status"] == "success"
    attempt = await subject.latest(ada)
    assert (attempt["outcome"], attempt["code"]) == ("connected", None)


async def test_the_providers_own_explanation_reaches_the_person(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    way_back = await subject.consent(await subject.begin(ada))
    text = "The scope files:write is not <b>known</b>. " + "x" * 80
    refusal = changed(way_back, code=None, error="invalid_scope", error_description=text)
    assert (await subject.back(ada, refusal))["code"] == "PROVIDER_REFUSED"
    cause = (await subject.latest(ada))["cause"]
    assert "(invalid_scope: The scope files:write is not bknown/b.)" in cause


@pytest.mark.parametrize("error", ["temporarily_unavailable", "server_error"])
async def test_a_passing_trouble_is_told_apart_from_a_refusal(
    subject: Subject, ada: httpx2.AsyncClient, error: str
) -> None:
    way_back = await subject.consent(await subject.begin(ada))
    outcome = await subject.back(ada, changed(way_back, code=None, error=error))
    assert outcome["code"] == "PROVIDER_UNAVAILABLE"


async def test_every_request_has_a_verifier_of_its_own_that_the_provider_checks(  # R4
    subject: Subject, ada: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    oauth = subject.provider.oauth
    if oauth.pkce is False:
        assert "code_challenge" not in query_of(await subject.begin(ada))
        return
    monkeypatch.setattr(subject.provider, "oauth", replace(oauth, pkce=True))
    first, second = await subject.begin(ada), await subject.begin(ada)
    assert query_of(first)["code_challenge_method"] == "S256"
    assert query_of(first)["code_challenge"] != query_of(second)["code_challenge"]
    swapped = changed(first, code_challenge=query_of(second)["code_challenge"])
    outcome = await subject.back(ada, await subject.consent(swapped))
    assert outcome["code"] == "EXCHANGE_REFUSED"
    assert (await subject.back(ada, await subject.consent(second)))["status"] == "success"


async def test_a_code_goes_to_the_token_endpoint_its_request_was_begun_for_or_nowhere(  # R5
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    sent = query_of(await subject.consent(await subject.begin(ada)))
    row = await subject.sql("SELECT redirect_uri || ' ' || token_endpoint FROM oauth_state_tokens")
    client = subject.registered.client(subject.running.services.http)
    assert row == f"{subject.registered.settings.redirect_uri} {client.url(subject.provider.oauth.token)}"
    async with started(subject.target, subject.home) as start:
        moved = await start(packages=WITH_LINEAR)
        mine = await moved.client("ada")
        answer = await mine.post(
            subject.path("callback"), json={"code": sent["code"], "state": sent["state"]}
        )
        assert is_error(answer, 400, "SETTINGS_CHANGED")
        assert moved.seen(subject.provider.id, ".") == []
    assert subject.token_calls == []


async def test_an_answer_from_another_issuer_aborts(  # R6
    subject: Subject, ada: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject.provider, "oauth", replace(subject.provider.oauth, issuer="{web}"))
    issuer = subject.registered.hosts["web"]
    for wrong in ("https://evil.example", f"{issuer}/", "", None):
        way_back = changed(await subject.consent(await subject.begin(ada)), iss=wrong)
        assert (await subject.back(ada, way_back))["code"] == "ISSUER_MISMATCH"
    assert subject.token_calls == []
    way_back = changed(await subject.consent(await subject.begin(ada)), iss=issuer)
    assert (await subject.back(ada, way_back))["status"] == "success"


async def test_an_answer_that_names_a_host_of_somebody_else_aborts(  # R6
    subject: Subject, ada: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject.provider, "oauth", replace(subject.provider.oauth, issuer=None))
    client = subject.registered.client(subject.running.services.http)
    own = urlsplit(client.url(subject.provider.oauth.authorize))
    other_port = f"{own.scheme}://{own.hostname}:1"
    for wrong in (
        "https://evil.example",
        f"{own.scheme}://{own.netloc}@evil.example",
        other_port,
        "",
        "nobody",
    ):
        way_back = changed(await subject.consent(await subject.begin(ada)), iss=wrong)
        assert (await subject.back(ada, way_back))["code"] == "ISSUER_MISMATCH", wrong
    assert subject.token_calls == []
    way_back = changed(
        await subject.consent(await subject.begin(ada)), iss=f"{own.scheme}://{own.netloc}/login/oauth"
    )
    assert (await subject.back(ada, way_back))["status"] == "success"


async def test_the_way_back_never_leads_elsewhere(subject: Subject, ada: httpx2.AsyncClient) -> None:  # R7
    for path in ELSEWHERE:
        answer = await ada.get(subject.path("auth"), params={"returnTo": path})
        assert is_error(answer, 400, "INVALID_REQUEST"), path
        assert answer.json()["fields"].keys() == {"returnTo"}
    assert await subject.sql("SELECT count(*) FROM oauth_state_tokens") == 0


async def test_answers_to_the_browser_that_comes_back_are_kept_by_nobody_and_show_nothing(  # R9
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    way_back = await subject.consent(await subject.begin(ada))
    for _ in ("connected", "refused"):
        answer = await ada.get(way_back, headers={"authorization": ""})
        assert answer.status_code == 303
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.content == b""
        sent = query_of(way_back)
        assert sent["code"] not in answer.headers["location"]
        assert sent["state"] not in answer.headers["location"]


async def test_another_account_becomes_a_connection_of_its_own(  # R11
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    first = await subject.connect(ada)
    stored = dict(await subject.running.grant_of(first))
    way_back = await subject.consent(await subject.begin(ada, connection=first), choice=1)
    outcome = await subject.back(ada, way_back)
    assert (outcome["status"], outcome["notice"]) == ("success", "OTHER_ACCOUNT")
    second = outcome["connection"]
    assert second != first
    assert {entry["id"]: entry["status"] for entry in await subject.connections(ada)} == {
        first: "connected",
        second: "connected",
    }
    assert dict(await subject.running.grant_of(first)) == stored
    example = subject.reads[0]
    ambiguous = await subject.send(ada, example)
    assert is_error(ambiguous, 409, "CONNECTION_AMBIGUOUS")
    assert {entry["id"] for entry in ambiguous.json()["connections"]} == {first, second}
    assert (await subject.send(ada, example, connection=first)).status_code == 200
    newest = (await ada.get(subject.path("attempts"))).json()["attempts"][0]
    assert newest["steps"][-1]["step"] == "kept as a further account"


async def test_reconnecting_keeps_the_connection_and_what_was_set_for_it(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    first = await subject.connect(ada)
    services = subject.running.services
    memory = StoredConnectionSettings(services.db, services.vault, subject.provider.id, UUID(first), {})
    await memory.remember("shown", {"compact": True})
    assert await subject.connect(ada, connection=first) == first
    assert (await ada.delete(subject.path())).status_code == 200
    assert await subject.connect(ada) == first
    [entry] = await subject.connections(ada)
    assert (entry["id"], entry["status"]) == (first, "connected")
    assert await subject.sql("SELECT settings FROM oauth_integration_settings") == {
        "shown": {"compact": True}
    }
    assert await subject.works(ada)


async def test_an_account_keeps_the_grant_it_has_whatever_its_id(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    made = await subject.running.grant_of(await subject.connect(ada))
    await subject.sql("DELETE FROM connections")
    await subject.sql("UPDATE oauth_tokens SET id = gen_random_uuid()")
    older = await subject.sql("SELECT id FROM oauth_tokens")
    assert older != made["id"]
    assert (await subject.running.grant_of(await subject.connect(ada)))["id"] == older
    assert await subject.sql("SELECT count(*) FROM oauth_tokens") == 1
    assert await subject.works(ada)
