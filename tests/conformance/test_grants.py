"""Grants: shared by those who use one account, renewed once for all, ended when nobody is left."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2

from tests.conformance.subject import Subject, is_error
from tests.support.running import WITH_LINEAR, started

EXPIRED = "UPDATE oauth_tokens SET expires_at = now() - interval '1 second'"


async def row_of(subject: Subject) -> dict[str, Any]:
    """The one grant there is."""
    rows = await subject.running.services.db.fetch("SELECT * FROM oauth_tokens")
    assert len(rows) == 1
    return dict(rows[0])


def access_tokens(subject: Subject) -> list[str]:
    """The access tokens that the provider still takes."""
    grants = subject.simulator.grants
    return [
        value
        for value, token in grants.tokens.items()
        if grants.live(value, "access") and not token.get("revoked")
    ]


async def test_two_people_with_one_account_share_its_grant_until_the_last_lets_go(  # R18
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    mei = await subject.running.client("mei")
    first, second = await subject.connect(ada), await subject.connect(mei)
    assert first != second
    assert (await row_of(subject))["is_active"]
    for client in (ada, mei):
        assert await subject.works(client)
        assert len(await subject.connections(client)) == 1

    answer = await ada.delete(subject.path(), params={"connection": first})
    assert (answer.status_code, answer.json()["revoked"]) == (200, False)
    assert is_error(await subject.send(ada, subject.reads[0]), 409, "NOT_CONNECTED")
    assert access_tokens(subject)
    assert await subject.works(mei)

    can_revoke = subject.provider.oauth.revocable
    answer = await mei.delete(subject.path())
    assert (answer.json()["provider"], answer.json()["revoked"]) == (subject.provider.id, can_revoke)
    assert bool(access_tokens(subject)) is not can_revoke
    await nothing_is_kept(subject)
    for client in (ada, mei):
        [entry] = await subject.connections(client)
        assert (entry["status"], entry["connected"]) == ("disconnected", False)


async def nothing_is_kept(subject: Subject) -> None:
    row = await row_of(subject)
    assert (row["is_active"], row["status"]) == (False, "released")
    assert [row[column] for column in ("data_key", "access_token", "refresh_token")] == [None] * 3
    assert await subject.sql("SELECT count(*) FROM provider_cache") == 0
    assert await subject.sql("SELECT count(*) FROM connections WHERE is_active") == 0


async def test_a_provider_that_does_not_confirm_the_end_keeps_nobody_connected(  # R18
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    for fault in ({"status": 500}, {"status": 403}, {"kind": "drop"}, {"kind": "garbage"}):
        await subject.connect(ada)
        with subject.failing(**fault):
            answer = await ada.delete(subject.path())
        assert answer.status_code == 200, answer.text
        if subject.provider.oauth.revocable and fault != {"kind": "garbage"}:
            assert answer.json()["revoked"] is False
            assert "remove the app there too" in answer.json()["message"]
        await nothing_is_kept(subject)


async def test_disconnecting_one_account_leaves_the_other(  # R11
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    first, second = await subject.connect(ada), await subject.connect(ada, choice=1)
    assert (await ada.delete(subject.path(), params={"connection": first})).status_code == 200
    assert {entry["id"]: entry["status"] for entry in await subject.connections(ada)} == {
        first: "disconnected",
        second: "connected",
    }
    assert (await ada.post(subject.path("refresh"), params={"connection": second})).status_code == 200
    mei = await subject.running.client("mei")
    assert is_error(await mei.delete(subject.path(), params={"connection": second}), 404, "NOT_FOUND")
    assert is_error(await ada.delete(subject.path(), params={"connection": "nonsense"}), 404, "NOT_FOUND")
    assert is_error(await mei.delete(subject.path()), 409, "NOT_CONNECTED")


async def test_two_processes_that_need_a_new_token_at_once_ask_for_one(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    renewable = subject.simulator.renewable(True)
    await subject.connect(ada)
    assert ((await row_of(subject))["refresh_token"] is not None) is renewable
    async with started(subject.target, subject.home) as start:
        second = await start(packages=WITH_LINEAR, simulators=subject.running.simulators)
        clients = [ada, await second.client("ada")]
        subject.simulator.grants.remove(kind="access")
        await subject.sql(EXPIRED)
        before = len(subject.token_calls)
        answers = await asyncio.gather(
            *(subject.send(client, example) for client in clients for example in subject.reads)
        )
    assert len(subject.token_calls) - before == (1 if renewable else 0)
    expected = 200 if renewable else 409
    assert [answer.status_code for answer in answers] == [expected] * len(answers)


async def test_a_token_that_dies_at_the_provider_is_replaced_without_anyone_noticing(  # F3
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    renewable = subject.simulator.renewable(True)
    await subject.connect(ada)
    version = (await row_of(subject))["version"]
    for _ in range(2):
        subject.simulator.grants.remove(kind="access")
        before = len(subject.token_calls)
        assert await subject.works(ada) is renewable
        assert len(subject.token_calls) - before == (1 if renewable else 0)
    assert (await row_of(subject))["version"] == version + (2 if renewable else 0)


async def test_a_provider_that_takes_no_token_at_all_is_asked_for_one_new_one(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    subject.simulator.renewable(True)
    await subject.connect(ada)
    before = len(subject.token_calls)
    with subject.failing(status=401):
        answer = await subject.send(ada, subject.reads[0])
    assert is_error(answer, 502, "PROVIDER_UNAVAILABLE")
    assert len(subject.token_calls) - before == 1
    assert await subject.works(ada)


async def test_a_grant_that_is_gone_asks_for_a_reconnect_once_and_calls_nobody_again(  # F9
    subject: Subject,
) -> None:
    for kind in (True, False):
        await subject.reset()
        renewable = subject.simulator.renewable(kind)
        ada = await subject.running.client("ada")
        connection = await subject.connect(ada)
        subject.simulator.grants.remove()
        before = len(subject.token_calls)
        example = subject.reads[0]
        assert is_error(await subject.send(ada, example), 409, "REAUTHORIZATION_REQUIRED")
        assert len(subject.token_calls) - before == (1 if renewable else 0)

        asked = len(subject.calls)
        for again in (*subject.examples, example):
            assert is_error(await subject.send(ada, again), 409, "REAUTHORIZATION_REQUIRED"), again
        assert is_error(await ada.post(subject.path("refresh")), 409, "REAUTHORIZATION_REQUIRED")
        [entry] = await subject.connections(ada)
        assert (entry["status"], entry["connected"]) == ("error", False)
        assert subject.provider.name in entry["metadata"]["problem"]["message"]
        assert len(subject.calls) == asked

        assert await subject.connect(ada, connection=connection) == connection
        assert await subject.works(ada)
        assert (await subject.connections(ada))[0]["metadata"]["problem"] is None


async def test_what_was_kept_is_not_shown_once_the_grant_is_gone(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    await subject.connect(ada)
    example = subject.reads[0]
    assert (await subject.send(ada, example)).status_code == 200
    subject.simulator.grants.remove()
    await subject.sql("UPDATE provider_cache SET fresh_until = now() - interval '1 second'")
    assert is_error(await subject.send(ada, example), 409, "REAUTHORIZATION_REQUIRED")
    await subject.sql("UPDATE provider_cache SET fresh_until = now() + interval '1 hour'")
    assert is_error(await subject.send(ada, example), 409, "REAUTHORIZATION_REQUIRED")


async def test_a_refresh_on_demand_renews_and_a_failed_one_harms_nothing(
    subject: Subject, ada: httpx2.AsyncClient
) -> None:
    renewable = subject.simulator.renewable(True)
    connection = await subject.connect(ada)
    stored = await subject.running.grant_of(connection)
    for fault in ({"status": 500}, {"kind": "garbage"}, {"status": 429, "headers": {"retry-after": "9"}}):
        with subject.failing("token", **fault):
            answer = await ada.post(subject.path("refresh"))
        assert is_error(answer, 502, "PROVIDER_UNAVAILABLE") if renewable else answer.status_code == 200
        now = await subject.running.grant_of(connection)
        assert (now["access_token"], now["refresh_token"]) == (
            stored["access_token"],
            stored["refresh_token"],
        )
        assert await subject.works(ada)
        await subject.sql("UPDATE oauth_tokens SET refresh_after = NULL")
    answer = await ada.post(subject.path("refresh"))
    assert (answer.status_code, answer.json()["id"], answer.json()["status"]) == (
        200,
        connection,
        "connected",
    )
    assert ((await row_of(subject))["version"] > stored["version"]) is renewable
    assert await subject.works(ada)
