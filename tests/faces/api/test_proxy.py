"""The raw proxy: the provider's own API with the user's token, which stays here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from fluxstudio.sdk.simulation.faults import Fault
from tests.support.access_tokens import program
from tests.support.running import Running

GITHUB, FIGMA, SLACK = "/api/proxy/github", "/api/proxy/figma", "/api/proxy/slack"


def code(answer: httpx2.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json().get("code")


def tokens(running: Running, provider: str) -> list[str]:
    """Every token that a simulated provider has issued."""
    return list(running.simulators[provider].grants.tokens)


async def test_a_raw_call_reaches_the_provider_with_the_users_token(running: Running) -> None:
    ada = await running.client()
    assert code(await ada.get(f"{GITHUB}/user")) == (409, "NOT_CONNECTED")
    assert code(await ada.get("/api/proxy/nobody/user")) == (404, "UNKNOWN_PROVIDER")
    for provider in ("github", "figma", "slack"):
        await running.connect(ada, provider)
    user = await ada.get(f"{GITHUB}/user")
    assert user.status_code == 200
    assert user.json()["login"]
    assert (await ada.get(f"{FIGMA}/v1/me")).json()["handle"]
    # As generated clients write a parameter of a path.
    assert (await ada.get(f"{FIGMA}/v1%2Fme")).json()["handle"]
    assert (await ada.post(f"{SLACK}/auth.test")).json()["ok"]
    posted = await ada.post(f"{SLACK}/api/chat.postMessage", json={"channel": "#design", "text": "Hello"})
    assert posted.json()["ok"], posted.text
    repositories = await ada.get(f"{GITHUB}/user/repos", params={"per_page": 1, "page": 2})
    assert len(repositories.json()) == 1
    assert 'rel="next"' in repositories.headers["link"]
    assert (await ada.get(f"{GITHUB}/repos/nobody/nothing")).status_code == 404
    audited = (await ada.get("/api/audit/mine", params={"action": "proxy"})).json()["entries"]
    assert [entry["subject"] for entry in audited][-1] == "GET /user"
    assert {entry["outcome"] for entry in audited} == {"done", "failed"}


async def test_the_scopes_of_an_access_token_and_the_connection_named_count(running: Running) -> None:
    ada, bob = await running.client(), await running.client("bob")
    first = await running.connect(ada, "slack", choice="T0HARBOUR1")
    await running.connect(ada, "slack", choice="T0PINELABS")
    assert code(await ada.post(f"{SLACK}/auth.test")) == (409, "CONNECTION_AMBIGUOUS")
    named = await ada.post(f"{SLACK}/auth.test", params={"connection": first})
    assert named.json()["team_id"] == "T0HARBOUR1"
    assert (await ada.post(f"{SLACK}/auth.test?teamId=T0PINELABS")).json()["team_id"] == "T0PINELABS"
    assert (await bob.post(f"{SLACK}/auth.test", params={"connection": first})).status_code in {404, 409}
    reads = await program(running, ada, "read")
    assert (await reads.get(f"{SLACK}/auth.test", params={"connection": first})).status_code == 200
    refused = await reads.post(f"{SLACK}/chat.postMessage", json={"channel": "#design", "text": "x"})
    assert code(refused) == (403, "SCOPE_MISSING")


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/x",
        "/http://evil.example/x",
        "/https:%2f%2fevil.example",
        "/..%2f..%2fx",
        "/../x",
        "/%2e%2e/x",
        "/a/%2E./x",
        "/a/./x",
        "/\\evil.example",
        "/%5cevil.example",
        "/a%00b",
        "/a%0d%0aHost:%20evil",
    ],
)
async def test_a_path_that_could_lead_elsewhere_is_refused_and_nothing_is_sent(
    running: Running, path: str
) -> None:
    ada = await running.client()
    await running.connect(ada, "github")
    before = len(running.simulators["github"].faults.requests)
    host = running.base.removeprefix("http://")
    reader, writer = await asyncio.open_connection(*host.split(":"))
    lines = (f"GET {GITHUB}{path} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {running.token()}")
    writer.write("\r\n".join((*lines, "Connection: close", "", "")).encode())
    answer = await reader.read()
    writer.close()
    assert answer.split(b" ")[1] in {b"400", b"404"}, answer[:300]
    assert len(running.simulators["github"].faults.requests) == before


async def test_a_redirect_elsewhere_is_not_followed_and_not_shown(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "github")
    faults = running.simulators["github"].faults.active
    faults.append(Fault(match="/user$", status=302, headers={"location": "http://evil.example/?a"}, times=1))
    answer = await ada.get(f"{GITHUB}/user")
    assert code(answer) == (403, "FORBIDDEN")
    assert "evil" not in answer.text + str(answer.headers)


async def test_no_token_comes_back_and_none_of_the_callers_credentials_go_out(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "github")
    [token] = tokens(running, "github")
    faults = running.simulators["github"].faults
    faults.active.append(
        Fault(
            match="/user$",
            status=200,
            body=f"before {token} and {token}after",
            headers={
                "x-echo": f"Bearer {token}",
                "set-cookie": "a=b",
                "x-accel-redirect": "/etc",
                "x-fine": "y",
            },
            times=1,
        )
    )
    answer = await ada.get(f"{GITHUB}/user", headers={"cookie": "c=d"})
    assert token not in answer.text + str(answer.headers)
    assert answer.text == f"before {'*' * len(token)} and {'*' * len(token)}after"
    assert answer.headers["x-fine"] == "y"
    assert not {"set-cookie", "x-echo", "x-accel-redirect"} & answer.headers.keys()
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["content-disposition"] == "attachment"


async def test_bodies_stream_both_ways(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "github")
    faults = running.simulators["github"].faults.active
    faults.append(Fault(match="/user$", kind="drip", times=1))
    async with asyncio.timeout(20), ada.stream("GET", f"{GITHUB}/user") as answer:
        async for first in answer.aiter_bytes():
            assert first == b" "
            break
    async with asyncio.timeout(20):
        # The call ends with its caller, although the provider goes on.
        while not await running.services.db.fetchval("SELECT count(*) FROM audit_log WHERE action = 'proxy'"):
            await asyncio.sleep(0.01)
    faults.append(Fault(match="/user$", kind="huge", megabytes=30, times=1))
    assert len((await ada.get(f"{GITHUB}/user")).content) == 30 * 1048576 + 2

    async def large() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 1048576

    answer = await ada.put(f"{GITHUB}/repos/harbour-pine/driftwood/contents/a", content=large())
    assert answer.status_code < 500, answer.text


async def test_a_provider_that_asks_to_wait_is_not_called_until_then(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "github")
    faults = running.simulators["github"].faults
    faults.active.append(Fault(match="/user$", status=429, headers={"retry-after": "30"}, times=1))
    assert (await ada.get(f"{GITHUB}/user")).status_code == 429
    called = len(faults.requests)
    refused = await ada.get(f"{GITHUB}/user")
    assert code(refused) == (429, "PROVIDER_RATE_LIMITED")
    assert int(refused.headers["retry-after"]) <= 30
    assert len(faults.requests) == called


async def test_a_private_conversation_is_shown_to_its_members_only(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    private = await ada.get(f"{SLACK}/conversations.list", params={"types": "private_channel"})
    assert code(private) == (403, "FORBIDDEN")
    public = await ada.get(f"{SLACK}/conversations.list")
    assert public.json()["ok"]
    for method in ("auth.revoke", "apps.uninstall", "api/auth.revoke", "AUTH.revoke"):
        assert code(await ada.post(f"{SLACK}/{method}")) == (403, "FORBIDDEN"), method
    assert code(await ada.post(f"{SLACK}/conversations.history", json={"channel": "C0NOBODY01"})) == (
        403,
        "FORBIDDEN",
    )
    channel = public.json()["channels"][0]["id"]
    history = await ada.post(f"{SLACK}/conversations.history", json={"channel": channel})
    assert history.status_code == 200
