"""How much anybody may ask for, and that Redis is a help and never a need."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from fluxstudio.core.startup_checks import check_settings
from fluxstudio.settings import Settings, SettingsError
from tests.support.browsing import Browser
from tests.support.redis import redis_server
from tests.support.running import Running, Start

SMALL = ("tests.dropin",)
HERE = "127.0.0.0/8"


async def statuses(client: httpx2.AsyncClient, path: str, times: int, **headers: str) -> list[int]:
    return [(await client.get(path, headers=headers)).status_code for _ in range(times)]


async def test_a_user_who_asks_too_much_is_told_when_to_go_on(start: Start) -> None:  # R43
    running = await start(packages=SMALL, rate_limit_user="3/minute")
    ada, mei = await running.client("ada"), await running.client("mei")
    assert await statuses(ada, "/api/integrations", 3) == [200] * 3
    answer = await ada.get("/api/integrations")
    body = answer.json()
    assert (answer.status_code, body["success"], body["code"]) == (429, False, "RATE_LIMITED")
    assert answer.headers["retry-after"] == str(body["retryAfter"])
    assert 1 <= body["retryAfter"] <= 120
    assert await statuses(await running.client("ada"), "/api/session", 1) == [429]
    assert await statuses(mei, "/api/integrations", 3) == [200] * 3


async def test_after_the_time_told_a_user_goes_on(start: Start) -> None:  # R43
    running = await start(packages=SMALL, rate_limit_user="2/second")
    ada = await running.client("ada")
    assert set(await statuses(ada, "/api/integrations", 30)) == {200, 429}
    answer = await ada.get("/api/integrations")
    await asyncio.sleep(answer.json().get("retryAfter", 0))
    assert await statuses(ada, "/api/integrations", 1) == [200]


async def test_pages_and_api_count_together_and_a_person_sees_a_page(start: Start) -> None:  # R43
    running = await start(packages=SMALL, rate_limit_user="3/minute")
    ada = await Browser.new(running)
    await ada.client.post("/api/session", headers={"authorization": f"Bearer {running.token()}"})
    assert [await ada.signed_in() for _ in range(2)] == [True, True]
    page = await ada.open("/settings/integrations")
    assert page.status_code == 429
    assert page.headers["content-type"].startswith("text/html")
    assert "Too many requests" in page.text
    assert int(page.headers["retry-after"]) >= 1
    assert await statuses(ada.client, "/api/integrations", 1) == [429]


@pytest.mark.parametrize("header", ["", "Bearer not-a-token", "Basic bm90OmFueQ=="])
async def test_an_address_without_a_valid_sign_in_has_a_limit_of_its_own(  # R43
    start: Start, header: str
) -> None:
    running = await start(packages=SMALL, rate_limit_address="3/minute")
    stranger = await running.client(None)
    seen = await statuses(stranger, "/api/integrations", 5, authorization=header)
    assert seen == [401, 401, 401, 429, 429]
    assert await statuses(stranger, "/sign-in", 1) == [429]
    assert await statuses(stranger, "/api/openapi.json", 1) == [429]
    assert await statuses(await running.client("ada"), "/api/integrations", 5) == [200] * 5


async def test_a_limit_on_callbacks_leaves_the_connect_to_be_finished(start: Start) -> None:  # R43
    running = await start(packages=SMALL, rate_limit_address="2/second")
    ada = await running.client("ada")
    back = await running.decide(await running.begin(ada, "linear"))
    stranger = await running.client(None)
    async with asyncio.timeout(60):
        while (await stranger.get("/sign-in")).status_code != 429:
            pass
    refused = await ada.get(back, headers={"authorization": "", "accept": "text/html,*/*"})
    assert refused.status_code == 429
    assert refused.headers["content-type"].startswith("text/html")
    await asyncio.sleep(int(refused.headers["retry-after"]))
    answer = await ada.get(back, headers={"authorization": ""})
    assert (answer.status_code, "status=success" in answer.headers["location"]) == (303, True)


async def test_balancers_and_static_files_are_not_counted(start: Start) -> None:
    running = await start(packages=SMALL, rate_limit_address="1/minute")
    stranger = await running.client(None)
    page = await stranger.get("/sign-in")
    style = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    for path in ("/health", "/ready", style):
        assert await statuses(stranger, path, 5) == [200] * 5
    assert await statuses(stranger, "/sign-in", 1) == [429]


async def test_tries_to_sign_in_are_limited_for_an_address(start: Start) -> None:  # R43
    running = await start(packages=SMALL, rate_limit_sign_in="3/minute")
    guesser = await Browser.new(running)
    seen = [(await guesser.sign_in(f"person{n}@example.com")).status_code for n in range(5)]
    assert seen == [401, 401, 401, 429, 429]


async def test_tries_to_sign_in_are_limited_for_a_person_wherever_they_come_from(start: Start) -> None:  # R43
    running = await start(packages=SMALL, rate_limit_sign_in_account="3/minute", trusted_proxies=HERE)
    seen = []
    for number, email in enumerate(["ada@example.com", "Ada@Example.com "] * 3):
        guesser = await Browser.new(running)
        guesser.client.headers["x-forwarded-for"] = f"198.51.100.{number}"
        seen.append((await guesser.sign_in(email)).status_code)
    assert seen == [401, 401, 401, 429, 429, 429]


async def test_who_knows_the_password_is_not_kept_out_by_signing_in_often(start: Start) -> None:
    running = await start(packages=SMALL, rate_limit_sign_in_email="2/minute")
    ada = await Browser.new(running)
    await ada.sign_up("ada@example.com")
    for password, status in (("wrong-password", 401), ("not-a-real-password", 303)) * 3:
        answer = await (await Browser.new(running)).sign_in("ada@example.com", password)
        assert answer.status_code == status


async def test_new_accounts_are_limited_for_an_address(start: Start) -> None:  # R43
    running = await start(packages=SMALL, rate_limit_sign_up="2/hour")
    for number in range(2):
        await (await Browser.new(running)).sign_up(f"person{number}@example.com")
    third = await Browser.new(running)
    await third.open("/sign-up")
    answer = await third.send(
        "/sign-up", name="Ada", email="third@example.com", password="not-a-real-password"
    )
    assert answer.status_code == 429
    assert await running.services.db.fetchval("SELECT count(*) FROM users") == 2


async def test_a_host_cannot_escape_through_the_addresses_of_its_own_network(start: Start) -> None:  # R43
    running = await start(packages=SMALL, rate_limit_address="3/minute", trusted_proxies=HERE)
    stranger = await running.client(None)

    async def seen(address: str) -> int:
        answer = await stranger.get("/api/integrations", headers={"x-forwarded-for": address})
        return answer.status_code

    assert [await seen(f"2001:db8:1:2::{n:x}") for n in range(5)] == [401, 401, 401, 429, 429]
    assert await seen("2001:db8:1:3::1") == 401
    assert [await seen(address) for address in ("198.51.100.7", "::ffff:198.51.100.7") * 2] == [
        401,
        401,
        401,
        429,
    ]


async def shared(start: Start, url: str) -> tuple[Running, Running]:
    """Two products over one database and one Redis."""
    settings = {"packages": SMALL, "rate_limit_user": "4/minute", "redis_url": SecretStr(url)}
    return await start(**settings), await start(**settings)


async def test_several_processes_share_a_limit_through_redis(start: Start, tmp_path: Path) -> None:  # R43
    async with redis_server(tmp_path) as server:
        one, two = await shared(start, server.url)
        clients = [await one.client("ada"), await two.client("ada")] * 3
        seen = [(await client.get("/api/integrations")).status_code for client in clients]
        assert seen == [200] * 4 + [429] * 2


async def test_losing_redis_fails_no_call_and_lifts_no_limit(start: Start, tmp_path: Path) -> None:  # F19
    async with redis_server(tmp_path) as server:
        one, two = await shared(start, server.url)
        ada = await one.client("ada")
        assert await statuses(ada, "/api/integrations", 2) == [200] * 2
        await server.kill()
        assert await statuses(ada, "/api/integrations", 6) == [200] * 4 + [429] * 2
        assert await statuses(await two.client("ada"), "/api/integrations", 6) == [200] * 4 + [429] * 2
        ready = await ada.get("/ready")
        assert (ready.status_code, ready.json()["checks"]["redis"][:15]) == (200, "does not answer")
        await server.start()
        async with asyncio.timeout(60):
            while (await ada.get("/ready")).json()["checks"]["redis"] != "ok":
                await asyncio.sleep(0.05)
        mei = [await one.client("mei"), await two.client("mei")]
        assert set(await statuses(mei[0], "/api/integrations", 4)) == {200}
        async with asyncio.timeout(60):
            while (await mei[1].get("/ready")).json()["checks"]["redis"] != "ok":
                await asyncio.sleep(0.05)
        assert await statuses(mei[1], "/api/integrations", 1) == [429]


async def test_calls_under_way_while_redis_dies_all_succeed(start: Start, tmp_path: Path) -> None:  # F19
    async with redis_server(tmp_path) as server:
        running = await start(packages=SMALL, redis_url=SecretStr(server.url))
        ada = await running.client("ada")
        calls = asyncio.gather(*(statuses(ada, "/api/integrations", 10) for _ in range(10)))
        await asyncio.sleep(0.05)
        await server.kill()
        assert {status for seen in await calls for status in seen} == {200}


@pytest.mark.parametrize(
    "name",
    ["user", "address", "sign_in", "sign_in_email", "sign_in_account", "sign_in_browser", "sign_up"],
)
@pytest.mark.parametrize("limit", [" ", "0/minute", "many", "5/fortnight", "-1/minute", "off"])
def test_a_limit_cannot_be_switched_off(name: str, limit: str) -> None:  # R43
    arguments: dict[str, Any] = {f"rate_limit_{name}": limit}
    settings = Settings(_env_file=None, **arguments)  # type: ignore[call-arg]
    with pytest.raises(SettingsError, match=f"RATE_LIMIT_{name.upper()} cannot be used: write it as"):
        check_settings(settings)


def test_a_limit_left_empty_is_the_default() -> None:
    arguments: dict[str, Any] = {"rate_limit_user": ""}
    assert Settings(_env_file=None, **arguments).rate("user").amount == 6000  # type: ignore[call-arg]
