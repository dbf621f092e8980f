"""Refreshing: by exactly one in the cluster, without failed calls, and without losing a token."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest
from pydantic import SecretStr

from fluxstudio.core.tokens.refresher import RefreshTimeouts
from fluxstudio.kit.postgres.database import DatabaseUnavailable
from fluxstudio.sdk import TokenAnswer
from fluxstudio.sdk.simulation import Fault, faults
from tests.support.process import KEYS, Served, served
from tests.support.running import Running, Start

LINEAR = ("tests.dropin",)
ISSUES = "/api/integrations/linear/issues/ENG"
TOKEN = r"POST .*/oauth/token$"
ACCESS = r"POST .*/login/oauth/access_token$"


@pytest.fixture
async def linear(start: Start) -> Running:
    """The product with the rotating drop-in provider."""
    return await start(packages=LINEAR)


async def age(running: Running, *, valid_for: float, lifetime: float = 3600) -> None:
    """Let the grants look as if their tokens had this long to live."""
    await running.services.db.execute(
        "UPDATE oauth_tokens SET expires_at = now() + $1, refreshed_at = now() + $1 - $2::interval",
        timedelta(seconds=valid_for),
        timedelta(seconds=lifetime),
    )


async def forget(running: Running) -> None:
    """Make every read go to the provider again."""
    await running.services.db.execute("DELETE FROM provider_cache")


async def call(running: Running, client: httpx2.AsyncClient) -> httpx2.Response:
    """A write, which no cache answers."""
    return await client.post(f"{running.base}{ISSUES}", json={"title": "Round the corners"})


def refreshes(running: Running) -> int:
    """How often the provider was asked for a new token, the first exchange aside."""
    return len(running.seen("linear", TOKEN)) - 1


async def test_many_calls_on_two_processes_share_one_refresh(start: Start) -> None:  # F2
    first = await start(packages=LINEAR)
    second = await start(packages=LINEAR, simulators=first.simulators)
    ada = await first.client()
    await first.connect(ada, "linear")
    await age(first, valid_for=-1)
    first.simulators["linear"].clock.advance(3601)
    answers = await asyncio.gather(*(call(each, ada) for each in [first, second] * 30))
    assert [answer.status_code for answer in answers] == [201] * 60
    assert refreshes(first) == 1


async def test_a_token_about_to_expire_is_renewed_while_calls_go_on_with_it(
    linear: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await linear.client()
    connection = await linear.connect(ada, "linear")
    await age(linear, valid_for=100)
    goes_on = asyncio.Event()
    monkeypatch.setattr(faults, "asyncio", SimpleNamespace(sleep=lambda seconds: goes_on.wait()))
    linear.simulators["linear"].faults.active.append(Fault(match=TOKEN, kind="latency", times=1))
    assert (await call(linear, ada)).status_code == 201
    goes_on.set()
    await linear.services.refresher.close()
    assert refreshes(linear) == 1
    assert (await linear.grant_of(connection))["version"] == 2


async def test_a_failing_early_refresh_fails_no_call(linear: Running) -> None:  # F8
    ada = await linear.client()
    await linear.connect(ada, "linear")
    linear.simulators["linear"].faults.active.append(Fault(match=TOKEN, status=500))
    for _ in range(10):
        await linear.services.db.execute("UPDATE oauth_tokens SET refresh_after = NULL")
        await age(linear, valid_for=100)
        assert (await call(linear, ada)).status_code == 201
        await linear.services.refresher.close()
    assert refreshes(linear) == 10


async def test_a_dead_grant_is_asked_once_and_then_left_alone(linear: Running) -> None:  # F9
    ada = await linear.client()
    await linear.connect(ada, "linear")
    linear.simulators["linear"].grants.remove()
    await age(linear, valid_for=-1)
    answer = await call(linear, ada)
    assert (answer.status_code, answer.json()["code"]) == (409, "REAUTHORIZATION_REQUIRED")
    assert "Reconnect" in answer.json()["error"]
    asked = len(linear.simulators["linear"].faults.requests)
    for _ in range(3):
        assert (await call(linear, ada)).json()["code"] == "REAUTHORIZATION_REQUIRED"
    assert len(linear.simulators["linear"].faults.requests) == asked
    listed = (await ada.get("/api/integrations")).json()["integrations"][0]
    assert listed["status"] == "error"
    assert "connect again" in listed["metadata"]["problem"]["message"]


async def test_a_refresh_that_fails_keeps_the_old_grant(linear: Running) -> None:
    ada = await linear.client()
    connection = await linear.connect(ada, "linear")
    before = await linear.grant_of(connection)
    linear.simulators["linear"].faults.active.append(Fault(match=TOKEN, kind="garbage", times=1))
    answer = await ada.post("/api/integrations/linear/refresh")
    assert (answer.status_code, answer.json()["code"]) == (502, "PROVIDER_UNAVAILABLE")
    after = await linear.grant_of(connection)
    assert (after["access_token"], after["refresh_token"]) == (
        before["access_token"],
        before["refresh_token"],
    )
    assert (after["status"], after["lease_owner"]) == ("active", None)
    assert (await call(linear, ada)).status_code == 201


async def test_a_forced_refresh_answers_with_the_integration(linear: Running) -> None:
    ada = await linear.client()
    await linear.connect(ada, "linear")
    await age(linear, valid_for=900)
    before = (await ada.get("/api/integrations")).json()["integrations"][0]["accessExpiresAt"]
    answer = await ada.post("/api/integrations/linear/refresh")
    assert answer.status_code == 200
    assert answer.json()["accessExpiresAt"] > before


async def test_a_token_killed_in_flight_costs_one_replay_and_no_error(linear: Running) -> None:  # F3
    ada = await linear.client()
    await linear.connect(ada, "linear")
    simulator = linear.simulators["linear"]
    simulator.grants.remove(kind="access")
    answers = await asyncio.gather(*(call(linear, ada) for _ in range(12)))
    assert [answer.status_code for answer in answers] == [201] * 12
    assert refreshes(linear) == 1


@pytest.mark.parametrize(("wait", "status"), [(300, 201), (0.2, 502)], ids=["awaited", "given up"])
async def test_a_slow_answer_never_makes_two_refreshers(
    start: Start, monkeypatch: pytest.MonkeyPatch, wait: float, status: int
) -> None:  # F4
    patient = RefreshTimeouts(lease=600, deadline=300, wait=wait, poll=0.01)
    first = await start(packages=LINEAR, timeouts=patient)
    second = await start(packages=LINEAR, simulators=first.simulators, timeouts=patient)
    ada = await first.client()
    connection = await first.connect(ada, "linear")
    await age(first, valid_for=-1)
    answers = asyncio.Event()
    monkeypatch.setattr(faults, "asyncio", SimpleNamespace(sleep=lambda seconds: answers.wait()))
    first.simulators["linear"].faults.active.append(Fault(match=TOKEN, kind="latency", times=1))
    looks = [counted_looks(each, monkeypatch) for each in (first, second)]

    calls = [asyncio.create_task(call(each, ada)) for each in [first, second] * 4]
    try:
        # One of them refreshes; the other looks again and again whether it may.
        await until(
            lambda: refreshes(first) > 1 or (refreshes(first) == 1 and max(map(len, looks)) > 4), seconds=120
        )
        assert refreshes(first) == 1
        if status != 201:
            # Those who do not wait any longer leave the refresh to go on.
            assert {answer.status_code for answer in await asyncio.gather(*calls)} == {status}
    finally:
        answers.set()
    assert {answer.status_code for answer in await asyncio.gather(*calls)} == {status}
    await asyncio.gather(*(each.services.refresher.close() for each in (first, second)))
    assert refreshes(first) == 1
    assert (await first.grant_of(connection))["version"] == 2
    assert (await call(second, ada)).status_code == 201


def counted_looks(running: Running, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """A list that grows whenever a process looks whether the refresh it waits for is its own to do."""
    looks: list[None] = []
    refresher = running.services.refresher
    recover = refresher.recover

    async def looking(grant_id: UUID | None = None) -> int:
        looks.append(None)
        return await recover(grant_id)

    monkeypatch.setattr(refresher, "recover", looking)
    return looks


async def test_an_answer_that_comes_after_the_deadline_leaves_the_grant_to_the_next(
    start: Start,
) -> None:  # F4
    hasty = RefreshTimeouts(lease=1, deadline=0.5, wait=2, rest=0.1, short_rest=0.1, poll=0.02)
    running = await start(packages=LINEAR, timeouts=hasty)
    ada = await running.client()
    await running.connect(ada, "linear")
    await age(running, valid_for=-1)
    running.simulators["linear"].faults.active.append(Fault(match=TOKEN, kind="drip", times=1))
    assert (await call(running, ada)).json()["code"] == "PROVIDER_UNAVAILABLE"
    await asyncio.sleep(0.2)
    assert (await call(running, ada)).status_code == 201


async def test_a_refresher_that_lost_its_lease_writes_nothing(linear: Running) -> None:  # F4
    ada = await linear.client()
    connection = await linear.connect(ada, "linear")
    grants = linear.services.grants
    grant = await grants.read(UUID(str((await linear.grant_of(connection))["id"])))
    assert grant is not None
    slow = await grants.lease(grant, "slow", 60)
    await linear.services.db.execute("UPDATE oauth_tokens SET lease_until = now() - interval '1 second'")
    quick = await grants.lease(grant, "quick", 60)
    assert slow is not None
    assert quick is not None
    assert await grants.save_refreshed(grant, quick, TokenAnswer("newer", "newer-refresh", 3600))
    assert not await grants.save_refreshed(grant, slow, TokenAnswer("older", "older-refresh", 3600))
    stored = await grants.read(grant.id)
    assert stored is not None
    assert stored.token(linear.services.vault) == "newer"


async def test_new_tokens_outlive_a_database_that_is_away_when_they_come(
    linear: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:  # F6
    ada = await linear.client()
    await linear.connect(ada, "linear")
    await age(linear, valid_for=-1)

    async def away(*_: object) -> bool:
        raise DatabaseUnavailable("The database cannot be reached.")

    with monkeypatch.context() as patched:
        patched.setattr(type(linear.services.grants), "save_refreshed", away)
        answer = await call(linear, ada)
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    [file] = (tmp_path / "spool").glob("*.sealed")
    assert file.stat().st_mode & 0o077 == 0
    assert b"lin_" not in file.read_bytes()

    assert await linear.services.refresher.recover() == 1
    assert list((tmp_path / "spool").iterdir()) == []
    assert (await call(linear, ada)).status_code == 201
    assert refreshes(linear) == 1


async def test_spooled_tokens_never_replace_newer_ones(linear: Running) -> None:  # F4
    ada = await linear.client()
    connection = await linear.connect(ada, "linear")
    row = await linear.grant_of(connection)
    spool = linear.services.refresher._spool
    grant = await linear.services.grants.read(row["id"])
    assert grant is not None
    spool.write(replace(grant, version=grant.version - 1), TokenAnswer("older", "older-refresh", 3600))
    assert await linear.services.refresher.recover() == 0
    assert (await linear.grant_of(connection))["access_token"] == row["access_token"]
    assert (await call(linear, ada)).status_code == 201


async def test_a_process_killed_before_its_commit_loses_no_token(
    start: Start, database: dict[str, Any], tmp_path: Path
) -> None:  # F5
    running = await start(encryption_keys=SecretStr(KEYS))
    running.simulators["github"].world.data["app"]["kind"] = "github_app"
    ada = await running.client()
    connection = await running.connect(ada, "github")
    await age(running, valid_for=-1)
    running.simulators["github"].faults.active.append(Fault(match=ACCESS, kind="latency", delay=0.5, times=1))
    holder = await asyncpg.connect(**database)
    home = tmp_path / "another"
    async with served(running, database, home) as victim:
        asking = asyncio.create_task(_user(victim, ada))
        await until(lambda: len(running.seen("github", ACCESS)) == 2)
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("SELECT 1 FROM oauth_tokens FOR UPDATE")
        await until(lambda: bool(list((home / "spool").glob("*.sealed"))))
        victim.kill()
        await victim.process.wait()
        await holder.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            " AND backend_type = 'client backend'"
        )
        await holder.close()
        with pytest.raises(httpx2.TransportError):
            await asking
    assert (await running.grant_of(connection))["version"] == 1
    async with served(running, database, home) as heir:
        assert (await _user(heir, ada)).status_code == 200
    assert (await running.grant_of(connection))["version"] == 2
    assert len(running.seen("github", ACCESS)) == 2


async def _user(process: Served, client: httpx2.AsyncClient) -> httpx2.Response:
    return await client.get(f"{process.base}/api/integrations/github/user")


async def until(true: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something that happens elsewhere."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


async def test_a_full_disk_under_the_spool_fails_no_call_and_loses_no_token(
    linear: Running, monkeypatch: pytest.MonkeyPatch
) -> None:  # F18
    ada = await linear.client()
    await linear.connect(ada, "linear")
    await age(linear, valid_for=-1)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async def away(*_: object) -> bool:
        raise DatabaseUnavailable("The database cannot be reached.")

    monkeypatch.setattr("os.fsync", full)
    with monkeypatch.context() as patched:
        patched.setattr(type(linear.services.grants), "save_refreshed", away)
        assert (await call(linear, ada)).json()["code"] == "UNAVAILABLE"
    assert (await call(linear, ada)).status_code == 201
    assert refreshes(linear) == 1
