"""The state of a connect: random, single use, and worth nothing in other hands."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx2
import pytest

from fluxstudio.core.connections import authorization_requests
from tests.conformance.subject import Subject, changed, is_error, query_of


async def refused(subject: Subject, client: httpx2.AsyncClient, address: str) -> None:
    """The way back is closed: nothing is asked of the provider, nothing is kept."""
    outcome = await subject.back(client, address)
    assert (outcome["status"], outcome["code"]) == ("error", "STATE_INVALID")
    assert subject.token_calls == []
    assert await subject.sql("SELECT count(*) FROM oauth_tokens") == 0


async def test_a_state_is_random_kept_as_a_digest_and_counts_for_a_quarter_of_an_hour(  # R1
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    away = [await subject.begin(ada) for _ in range(3)]
    states = {query_of(address)["state"] for address in away}
    assert len(states) == 3
    assert min(len(state) for state in states) * 6 >= 128
    rows = await subject.sql("SELECT string_agg(s::text, '') FROM oauth_state_tokens s")
    assert not any(state in rows for state in states)
    assert await subject.sql("SELECT max(expires_at - created_at) FROM oauth_state_tokens") == timedelta(
        minutes=15
    )

    way_back = await subject.consent(away[0])
    await subject.sql(
        "UPDATE oauth_state_tokens SET created_at = created_at - interval '16 minutes', "
        "expires_at = expires_at - interval '16 minutes'"
    )
    await refused(subject, ada, way_back)


async def test_a_state_counts_once_and_only_if_it_is_ours(  # R1
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    way_back = await subject.consent(await subject.begin(ada))
    for forged in ("", "A" * 43, "\x00", "'; DROP TABLE users; --", "é" * 1000):
        await refused(subject, ada, changed(way_back, state=forged))
    await refused(subject, ada, changed(way_back, state=None))
    assert (await subject.back(ada, way_back))["status"] == "success"
    bea = await subject.running.client("bea")
    assert (await subject.back(bea, way_back))["code"] == "STATE_INVALID"
    assert len(subject.token_calls) == 1
    assert (await subject.latest(ada))["outcome"] == "connected"


async def test_a_state_counts_only_in_the_browser_that_began(  # R2
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    bare = await subject.running.client(None)
    await refused(subject, bare, await subject.consent(await subject.begin(ada)))

    other = await subject.running.client("ada")
    await subject.begin(other)
    await refused(subject, other, await subject.consent(await subject.begin(ada)))


async def test_a_state_counts_only_for_the_user_who_began(  # R2
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    mei = await subject.running.client("mei")
    sent = query_of(await subject.consent(await subject.begin(ada)))
    answer = await mei.post(subject.path("callback"), json={"code": sent["code"], "state": sent["state"]})
    assert is_error(answer, 400, "STATE_INVALID")

    # Begun with a session, it is for whoever that belongs to.
    browser = await subject.running.client(None)
    await browser.post("/api/session", headers={"authorization": ada.headers["authorization"]})
    way_back = await subject.consent(await subject.begin(browser))
    await browser.post("/api/session", headers={"authorization": mei.headers["authorization"]})
    await refused(subject, browser, way_back)
    for client in (ada, mei):
        assert await subject.connections(client) == []


async def test_whoever_is_signed_in_to_our_pages_is_no_obstacle_to_a_front_ends_connect(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    mei = await subject.running.client("mei")
    signing_in = {"authorization": mei.headers["authorization"]}
    assert (await ada.post("/api/session", headers=signing_in)).status_code == 200
    begun = [await subject.begin(ada)]
    # Signing in once more, while somebody is at the provider, ends nothing either.
    assert (await ada.post("/api/session", headers=signing_in)).status_code == 200
    assert (await subject.back(ada, await subject.consent(begun[0])))["status"] == "success"
    assert len(await subject.connections(ada)) == 1
    assert await subject.connections(mei) == []


async def test_a_state_counts_only_for_the_provider_it_was_made_for(  # R2
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    others = [
        entry.provider.id for entry in subject.running.services.registry if entry.provider != subject.provider
    ]
    assert others
    for other in others:
        way_back = await subject.consent(await subject.begin(ada))
        await refused(
            subject, ada, way_back.replace(subject.path("callback"), f"/api/integrations/{other}/callback")
        )
        assert not subject.running.seen(other, ".")
        attempt = await subject.latest(ada)
        assert (attempt["outcome"], attempt["code"]) == ("failed", "STATE_INVALID")
        assert attempt["mend"]


async def test_fifty_callbacks_at_once_exchange_the_code_once_and_all_show_it(  # R3
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    way_back = await subject.consent(await subject.begin(ada))
    outcomes = await asyncio.gather(*(subject.back(ada, way_back) for _ in range(50)))
    assert len(subject.token_calls) == 1
    assert {outcome["status"] for outcome in outcomes} == {"success"}
    assert len({outcome["connection"] for outcome in outcomes}) == 1
    assert len(await subject.connections(ada)) == 1
    assert (await subject.latest(ada))["outcome"] == "connected"


async def test_a_callback_that_is_loaded_again_shows_what_the_first_one_did(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    way_back = await subject.consent(await subject.begin(ada))
    first = await subject.back(ada, way_back)
    assert await subject.back(ada, way_back) == first
    assert first["status"] == "success"

    with subject.failing("token", status=400, body={"error": "invalid_grant"}):
        way_back = await subject.consent(await subject.begin(ada))
        first = await subject.back(ada, way_back)
    assert await subject.back(ada, way_back) == first
    assert first["status"] == "error"
    assert len(subject.token_calls) == 2


async def test_a_state_is_forgotten_a_minute_after_its_use(subject: Subject, ada: httpx2.AsyncClient) -> None:
    way_back = await subject.consent(await subject.begin(ada))
    await subject.back(ada, way_back)
    await subject.running.services.db.execute(
        "UPDATE consumed_states SET consumed_at = now() - interval '61 s'"
    )
    assert (await subject.back(ada, way_back))["code"] == "STATE_INVALID"
    assert len(subject.token_calls) == 1
    await authorization_requests.sweep(subject.running.services.db)
    assert await subject.sql("SELECT count(*) FROM consumed_states") == 0


@pytest.mark.parametrize("header", ["sec-purpose", "purpose", "x-moz"])
async def test_a_browser_that_looks_ahead_finishes_nothing(
    subject: Subject, ada: httpx2.AsyncClient, header: str
) -> None:
    way_back = await subject.consent(await subject.begin(ada))
    answer = await ada.get(way_back, headers={"authorization": "", header: "prefetch;prerender"})
    assert is_error(answer, 503, "UNAVAILABLE")
    assert not subject.token_calls
    assert (await subject.back(ada, way_back))["status"] == "success"
