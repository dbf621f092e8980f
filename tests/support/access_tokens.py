"""Programs that call with an access token."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.support.running import Running

TOKENS = "/api/access-tokens"


async def made(client: httpx2.AsyncClient, *scopes: str, **wanted: Any) -> dict[str, Any]:
    """A new access token of the client's user."""
    answer = await client.post(TOKENS, json={"name": "Script", "scopes": list(scopes), **wanted})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def holding(running: Running, token: str) -> httpx2.AsyncClient:
    """A program that holds a token."""
    client = await running.client(None)
    client.headers["authorization"] = f"Bearer {token}"
    return client


async def program(running: Running, user: httpx2.AsyncClient, *scopes: str) -> httpx2.AsyncClient:
    """A program with an access token of the user's that has these scopes."""
    return await holding(running, (await made(user, *scopes))["token"])
