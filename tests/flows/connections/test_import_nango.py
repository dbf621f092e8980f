"""Importing from Nango: connections go on working, and nobody connects again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fluxstudio.errors import Forbidden
from fluxstudio.flows.connections.importing import ImportLine, import_from
from fluxstudio.flows.connections.nango import NangoApi
from fluxstudio.kit.serving import listening_socket, serving
from tests.support.emptying import empty
from tests.support.running import Running

KEY = "not-a-real-nango-key"


@dataclass
class Nango:
    """As much of Nango's API as is read: what it lists, and what it was asked for."""

    url: str = ""
    integrations: list[dict[str, Any]] = field(default_factory=list)
    connections: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    busy: int = 0

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self.answer)])

    async def answer(self, request: Request) -> Response:
        path = request.url.path.strip("/").split("/")
        self.asked.append(request.url.path)
        if request.headers["authorization"] != f"Bearer {KEY}":
            return JSONResponse({"error": {"code": "unknown_account"}}, 401)
        if self.busy:
            self.busy -= 1
            return Response(status_code=429, headers={"retry-after": "0"})
        query = request.query_params
        if path == ["integrations"]:
            listed = [{k: v for k, v in entry.items() if k != "credentials"} for entry in self.integrations]
            return JSONResponse({"data": listed})
        if path[0] == "integrations":
            [entry] = [entry for entry in self.integrations if entry["unique_key"] == path[1]]
            return JSONResponse({"data": entry})
        if path == ["connections"]:
            start, limit = int(query["page"]) * int(query["limit"]), int(query["limit"])
            listed = [{k: v for k, v in entry.items() if k != "credentials"} for entry in self.connections]
            return JSONResponse({"connections": listed[start : start + limit]})
        for entry in self.connections:
            if [entry["connection_id"], entry["provider_config_key"]] == [
                path[1],
                query["provider_config_key"],
            ]:
                return JSONResponse(entry)
        return JSONResponse({"error": {"code": "not_found"}}, 404)

    def add(self, user: str, provider: str, token: dict[str, Any], **further: Any) -> None:
        """A connection of somebody, with the provider's own token answer."""
        self.connections.append(
            {
                "id": len(self.connections),
                "connection_id": f"c-{user}-{provider}",
                "provider": provider,
                "provider_config_key": f"{provider}-prod",
                "tags": {"end_user_id": user, "end_user_email": f"{user}@example.com", "plan": "pro"},
                "errors": [],
                "credentials": {
                    "type": "OAUTH2",
                    "access_token": token["access_token"],
                    "refresh_token": token.get("refresh_token"),
                    "expires_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
                    "raw": token,
                },
                **further,
            }
        )


@pytest.fixture
async def nango() -> AsyncIterator[Nango]:
    nango = Nango()
    with listening_socket("127.0.0.1", 0) as listening:
        nango.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with serving(nango.app(), listening):
            yield nango


async def run(running: Running, nango: Nango, *, dry_run: bool = False, key: str = KEY) -> list[ImportLine]:
    api = NangoApi(nango.url, key)
    try:
        return [line async for line in import_from(running.services, api, dry_run=dry_run)]
    finally:
        await api.aclose()


async def moved(running: Running, nango: Nango) -> None:
    """Ada's connections as Nango holds them, and nothing of them here."""
    ada = await running.client()
    for provider in ("github", "figma"):
        await running.connect(ada, provider)
        entry = running.services.registry[provider]
        nango.integrations.append(
            {
                "unique_key": f"{provider}-prod",
                "provider": provider,
                "credentials": {"type": "OAUTH2", "client_id": entry.settings.client_id},
            }
        )
        connection = (await ada.get("/api/integrations")).json()["integrations"][0]["id"]
        grant = await running.grant_of(connection)
        fresh = await running.services.refresher.fresh(grant["id"])
        token = {"access_token": fresh.token(running.services.vault), "token_type": "bearer"}
        nango.add("ada", provider, token)
        await empty(running.services.db, "users", "oauth_tokens")


async def test_connections_go_on_working_for_the_users_they_belong_to(running: Running, nango: Nango) -> None:
    await moved(running, nango)
    planned = await run(running, nango, dry_run=True)
    assert [line.outcome for line in planned] == ["would come", "would come"]
    assert not await running.services.db.fetchval("SELECT count(*) FROM connections")
    nango.busy = 2
    assert [line.outcome for line in await run(running, nango)] == ["imported", "imported"]
    ada = await running.client()
    listed = (await ada.get("/api/integrations")).json()["integrations"]
    assert {(entry["provider"], entry["status"]) for entry in listed} == {
        ("github", "connected"),
        ("figma", "connected"),
    }
    assert {entry["metadata"]["tags"]["plan"] for entry in listed} == {"pro"}
    assert (await ada.get("/api/integrations/github/user")).status_code == 200


async def test_a_second_import_changes_nothing_and_keeps_newer_tokens(running: Running, nango: Nango) -> None:
    await moved(running, nango)
    await run(running, nango)
    before = await running.services.db.fetch("SELECT id, version, access_token FROM oauth_tokens ORDER BY id")
    assert {line.outcome for line in await run(running, nango)} == {"present"}
    after = await running.services.db.fetch("SELECT id, version, access_token FROM oauth_tokens ORDER BY id")
    assert before == after


async def test_an_interrupted_import_goes_on_where_it_was(running: Running, nango: Nango) -> None:
    await moved(running, nango)
    api = NangoApi(nango.url, KEY)
    async for line in import_from(running.services, api, dry_run=False):
        assert line.outcome == "imported"
        break
    await api.aclose()
    assert [line.outcome for line in await run(running, nango)] == ["present", "imported"]


async def test_what_cannot_come_is_named_with_the_reason(running: Running, nango: Nango) -> None:
    await moved(running, nango)
    nango.integrations[1]["credentials"]["client_id"] = "another-app"
    token = {"access_token": "x"}
    nango.add("bob", "github", {"access_token": "no-such-token"})
    nango.add("cy", "notion", token)
    nango.add("di", "github", token, errors=[{"type": "auth"}])
    nango.add("eve", "github", token, credentials={"type": "API_KEY", "apiKey": "x"})
    lines = {line.label: line for line in await run(running, nango)}
    why = {label.partition("/")[2]: line.why for label, line in lines.items() if line.outcome == "left out"}
    assert set(why) == {"c-ada-figma", "c-bob-github", "c-cy-notion", "c-di-github", "c-eve-github"}
    assert "another one" in why["c-ada-figma"]
    assert "does not accept its token" in why["c-bob-github"]
    assert "no provider" in why["c-cy-notion"]
    assert "authorized again" in why["c-di-github"]
    assert "no OAuth 2 tokens" in why["c-eve-github"]


async def test_two_users_of_one_account_share_its_grant(running: Running, nango: Nango) -> None:
    await moved(running, nango)
    nango.add("bob", "github", nango.connections[0]["credentials"]["raw"])
    assert [line.outcome for line in await run(running, nango)] == ["imported"] * 3
    grants = "SELECT count(*) FROM oauth_tokens WHERE provider = 'github'"
    assert await running.services.db.fetchval(grants) == 1
    bob = await running.client("bob")
    assert (await bob.get("/api/integrations/github/user")).status_code == 200


async def test_hundreds_of_connections_are_read_page_by_page(running: Running, nango: Nango) -> None:
    for number in range(205):
        nango.add(f"user-{number}", "notion", {"access_token": "x"})
    assert len(await run(running, nango, dry_run=True)) == 205
    assert nango.asked.count("/connections") == 3


async def test_a_wrong_key_is_said_so(running: Running, nango: Nango) -> None:
    with pytest.raises(Forbidden, match="secret key"):
        await run(running, nango, key="wrong")
