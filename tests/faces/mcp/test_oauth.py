"""Agents that log in: with the protocol's own client, and with everything a hostile one could try."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from mcp import Client
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from pydantic import AnyUrl
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from fluxstudio.kit.serving import listening_socket, serving
from tests.faces.mcp.browsers import browser_of
from tests.support.agents import answer_text
from tests.support.running import NO_TLS, Running

BACK = "http://127.0.0.1:41234/back"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


class Memory(TokenStorage):
    """Keeps a client's tokens in memory."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


async def consent(
    browser: httpx2.AsyncClient, url: str, *, decision: str = "allow", level: str | None = None
) -> str:
    """Decide on the page as a person does; where it leads."""
    page = await browser.get(url)
    assert page.status_code == 200, page.text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    names = re.findall(r'name="(level-[0-9a-f-]+)"', page.text)
    chosen = re.findall(r'<option value="(\w+)" selected>', page.text)
    levels = {name: level or chosen[number] for number, name in enumerate(names)}
    fields = {name: unescape(value) for name, value in hidden.items()}
    answer = await browser.post("/oauth/authorize", data={**fields, **levels, "decision": decision})
    assert answer.status_code == 200, answer.text
    match = re.search(r'<a class="button button-primary" href="([^"]+)"', answer.text)
    assert match is not None
    return unescape(match[1])


def parameters(address: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


async def registered(running: Running, *redirects: str) -> str:
    """The id of a client that has registered itself."""
    client = await running.client(None)
    body = {"client_name": "Notes", "redirect_uris": list(redirects or (BACK,))}
    answer = await client.post("/oauth/register", json=body)
    assert answer.status_code == 201, answer.text
    assert "client_secret" not in answer.json()
    result: str = answer.json()["client_id"]
    return result


def request_for(client_id: str, **changes: str | None) -> str:
    """The address a client sends its user to."""
    fields: dict[str, str | None] = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": BACK,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "state": "of mine",
        **changes,
    }
    return "/oauth/authorize?" + urlencode(
        {name: value for name, value in fields.items() if value is not None}
    )


async def fetch(running: Running, client_id: str, **fields: str) -> httpx2.Response:
    """Ask the token endpoint."""
    client = await running.client(None)
    return await client.post("/oauth/token", data={"client_id": client_id, **fields})


async def tokens(running: Running, client_id: str, code: str, **changes: str) -> httpx2.Response:
    """Trade a code."""
    return await fetch(
        running,
        client_id,
        **{
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
            **changes,
        },
    )


async def let_in(running: Running, client_id: str, *, level: str | None = None, **changes: str | None) -> str:
    """The code that comes of a user's consent."""
    browser = await browser_of(running)
    back = await consent(browser, request_for(client_id, **changes), level=level)
    return parameters(back)["code"]


async def reaches(running: Running, token: str) -> int:
    """What `/mcp` answers with a token."""
    client = await running.client(None)
    headers = {
        "authorization": f"Bearer {token}",
        "accept": "application/json, text/event-stream",
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    return (await client.post("/mcp", json=body, headers=headers)).status_code


async def test_the_protocols_own_client_logs_in_and_calls_a_tool(running: Running) -> None:  # R45
    ada = await running.client()
    await running.connect(ada, "slack")
    browser, visited = await browser_of(running), asyncio.Queue[str]()

    async def redirect(url: str) -> None:
        await visited.put(await consent(browser, url, level="write"))

    async def callback() -> AuthorizationCodeResult:
        text = parameters(await visited.get())
        return AuthorizationCodeResult(code=text["code"], state=text["state"], iss=text["iss"])

    storage = Memory()
    auth = OAuthClientProvider(
        server_url=f"{running.base}/mcp",
        client_metadata=OAuthClientMetadata(client_name="Notes", redirect_uris=[AnyUrl(BACK)]),
        storage=storage,
        redirect_handler=redirect,
        callback_handler=callback,
    )
    async with (
        httpx2.AsyncClient(auth=auth, timeout=30, verify=NO_TLS) as http,
        Client(streamable_http_client(f"{running.base}/mcp", http_client=http)) as client,
    ):
        result = await client.call_tool("slack_post_message", {"channel": "#design", "text": "Hello"})
    assert not result.is_error, answer_text(result)
    assert storage.tokens is not None
    assert storage.tokens.access_token.startswith("fluxat_")
    [line] = (await ada.get("/api/agents")).json()["agents"]
    assert (line["kind"], line["name"]) == ("client", "Notes")


async def test_a_client_finds_out_where_to_log_in(running: Running) -> None:
    client = await running.client(None)
    resource = (await client.get("/.well-known/oauth-protected-resource/mcp")).json()
    assert resource["resource"] == f"{running.base}/mcp"
    assert resource["authorization_servers"] == [running.base]
    server = (await client.get("/.well-known/oauth-authorization-server")).json()
    assert server["issuer"] == running.base
    assert server["code_challenge_methods_supported"] == ["S256"]


async def test_who_is_not_signed_in_signs_in_first_and_comes_back(running: Running) -> None:
    client_id = await registered(running)
    stranger = await running.client(None)
    answer = await stranger.get(request_for(client_id))
    assert answer.status_code == 303
    assert parameters(answer.headers["location"])["returnTo"].startswith("/oauth/authorize?")


async def test_a_code_opens_once_and_used_again_ends_what_came_of_it(running: Running) -> None:
    client_id = await registered(running)
    code = await let_in(running, client_id)
    first = await tokens(running, client_id, code)
    assert first.status_code == 200, first.text
    assert await reaches(running, first.json()["access_token"]) == 200
    second = await tokens(running, client_id, code)
    assert second.json()["error"] == "invalid_grant"
    assert await reaches(running, first.json()["access_token"]) == 401


async def test_a_refresh_token_turns_and_used_twice_ends_the_whole_login(running: Running) -> None:
    client_id = await registered(running)
    first = (await tokens(running, client_id, await let_in(running, client_id))).json()
    refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = (await fetch(running, client_id, **refresh)).json()
    assert await reaches(running, first["access_token"]) == 401
    assert await reaches(running, second["access_token"]) == 200
    stolen = await fetch(running, client_id, **refresh)
    assert stolen.json()["error"] == "invalid_grant"
    assert await reaches(running, second["access_token"]) == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 64},
        {"redirect_uri": "http://127.0.0.1:41234/elsewhere"},
        {"code": "invented"},
        {"resource": "https://elsewhere.example/mcp"},
    ],
)
async def test_a_code_is_worth_nothing_without_what_belongs_to_it(
    running: Running, changes: dict[str, str]
) -> None:  # R45
    client_id = await registered(running)
    fields = {"code": await let_in(running, client_id), **changes}
    assert (await tokens(running, client_id, **fields)).status_code == 400


async def test_a_code_of_another_client_is_worth_nothing(running: Running) -> None:
    mine, other = await registered(running), await registered(running)
    code = await let_in(running, mine)
    assert (await tokens(running, other, code)).status_code == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"resource": "https://elsewhere.example/"}, "invalid_target"),
        ({"scope": "everything"}, "invalid_scope"),
    ],
)
async def test_a_request_that_does_not_hold_is_told_to_its_client(
    running: Running, changes: dict[str, str | None], error: str
) -> None:
    client_id = await registered(running)
    browser = await browser_of(running)
    answer = await browser.get(request_for(client_id, **changes))
    assert answer.status_code == 303
    text = parameters(answer.headers["location"])
    assert answer.headers["location"].startswith(BACK)
    assert (text["error"], text["state"], text["iss"]) == (error, "of mine", running.base)


@pytest.mark.parametrize(
    "redirect_uri",
    ["https://evil.example/back", "http://127.0.0.1:41234/back/../else", "javascript:alert(1)", ""],
)
async def test_nobody_is_sent_where_a_client_did_not_say(running: Running, redirect_uri: str) -> None:
    client_id = await registered(running, BACK, "https://app.example/back")
    browser = await browser_of(running)
    answer = await browser.get(request_for(client_id, redirect_uri=redirect_uri))
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "redirect_uri",
    ["javascript:alert(1)", "data:text/html,x", "http://app.example/back", "https://app.example/#x"],
)
async def test_no_client_registers_an_address_that_would_leak(running: Running, redirect_uri: str) -> None:
    client = await running.client(None)
    body = {"client_name": "x", "redirect_uris": [redirect_uri]}
    assert (await client.post("/oauth/register", json=body)).status_code == 400


async def test_a_program_may_listen_on_another_port_each_time(running: Running) -> None:
    client_id = await registered(running)
    other = "http://127.0.0.1:59999/back"
    code = await let_in(running, client_id, redirect_uri=other)
    assert (await tokens(running, client_id, code, redirect_uri=other)).status_code == 200


async def test_who_says_no_gives_nothing(running: Running) -> None:
    client_id = await registered(running)
    browser = await browser_of(running)
    back = parameters(await consent(browser, request_for(client_id), decision="deny"))
    assert back["error"] == "access_denied"
    assert (await (await running.client()).get("/api/agents")).json()["agents"] == []


async def test_a_login_to_read_cannot_write(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    client_id = await registered(running)
    # The form says more than was asked for.
    code = await let_in(running, client_id, level="write", scope="read")
    access = (await tokens(running, client_id, code)).json()["access_token"]
    async with (
        httpx2.AsyncClient(headers={"authorization": f"Bearer {access}"}, timeout=30, verify=NO_TLS) as http,
        Client(streamable_http_client(f"{running.base}/mcp", http_client=http)) as client,
    ):
        result = await client.call_tool("slack_post_message", {"channel": "#design", "text": "Hello"})
    assert "FORBIDDEN" in answer_text(result)
    assert not running.seen("slack", "chat.postMessage")


async def test_a_login_opens_nothing_but_tools_and_ends_with_its_agent(running: Running) -> None:  # R45
    ada = await running.client()
    client_id = await registered(running)
    access = (await tokens(running, client_id, await let_in(running, client_id))).json()["access_token"]
    client = await running.client(None)
    answer = await client.get("/api/integrations", headers={"authorization": f"Bearer {access}"})
    assert answer.status_code == 401
    [line] = (await ada.get("/api/agents")).json()["agents"]
    await ada.delete(f"/api/agents/{line['id']}")
    assert await reaches(running, access) == 401


async def test_a_client_ends_its_own_login(running: Running) -> None:
    client_id = await registered(running)
    body = (await tokens(running, client_id, await let_in(running, client_id))).json()
    client = await running.client(None)
    other = await registered(running)
    for who, status in ((other, 200), (client_id, 401)):
        fields = {"client_id": who, "token": body["refresh_token"]}
        assert (await client.post("/oauth/revoke", data=fields)).status_code == 200
        assert await reaches(running, body["access_token"]) == status


async def test_a_form_of_another_site_lets_nobody_in(running: Running) -> None:  # R39
    client_id = await registered(running)
    browser = await browser_of(running)
    query = urlsplit(request_for(client_id)).query
    answer = await browser.post("/oauth/authorize", data={"query": query, "decision": "allow"})
    assert answer.status_code == 403


@asynccontextmanager
async def document(**changes: Any) -> AsyncIterator[str]:
    """A client's own description, served on this machine; its address."""
    described: dict[str, Any] = {}
    app = Starlette(routes=[Route("/client.json", lambda _: JSONResponse(described))])
    with listening_socket("127.0.0.1", 0) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/client.json"
        described |= {"client_id": address, "client_name": "Editor", "redirect_uris": [BACK], **changes}
        async with serving(app, listening):
            yield address


async def test_a_client_is_known_by_the_document_at_its_id(running: Running) -> None:
    async with document() as client_id:
        code = await let_in(running, client_id)
        assert (await tokens(running, client_id, code)).status_code == 200


@pytest.mark.parametrize(
    "changes", [{"client_id": "https://else.example/client.json"}, {"redirect_uris": []}]
)
async def test_a_document_that_does_not_describe_the_client_is_refused(
    running: Running, changes: dict[str, Any]
) -> None:
    browser = await browser_of(running)
    async with document(**changes) as client_id:
        assert (await browser.get(request_for(client_id))).status_code == 400


@pytest.mark.parametrize(
    "client_id",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/client.json",
        "https://x.example",
        "x" * 3000,
    ],
)
async def test_no_document_is_read_where_none_may_lie(running: Running, client_id: str) -> None:  # R37
    browser = await browser_of(running)
    answer = await browser.get(request_for(client_id))
    assert answer.status_code == 400
    # The page keeps the address it was opened at, and shows nothing of it.
    assert "meta-data" not in re.sub(r' data-path="[^"]*"', "", answer.text)
