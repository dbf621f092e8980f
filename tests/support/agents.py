"""Agents that call tools as others' clients do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from tests.support.running import NO_TLS, Running


@asynccontextmanager
async def agent(running: Running, token: str, **options: Any) -> AsyncIterator[Client]:
    """The SDK's own client, with a bearer token; `mode` chooses the revision it speaks."""
    async with httpx2.AsyncClient(
        headers={"authorization": f"Bearer {token}"}, timeout=30, verify=NO_TLS
    ) as http:
        transport = streamable_http_client(f"{running.base}/mcp", http_client=http)
        async with Client(transport, **options) as client:
            yield client


def answer_text(result: CallToolResult) -> str:
    """All text of a result."""
    return "\n".join(block.text for block in result.content if block.type == "text")


async def new_agent(client: httpx2.AsyncClient, **wish: Any) -> tuple[str, str]:
    """An agent of the client's user: its id and its token."""
    answer = await client.post("/api/agents", json={"name": "Helper", **wish})
    assert answer.status_code == 201, answer.text
    return answer.json()["agent"]["id"], answer.json()["token"]


async def waiting(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    """The calls that wait for the client's user."""
    answer = await client.get("/api/approvals", params={"status": "waiting"})
    result: list[dict[str, Any]] = answer.json()["approvals"]
    return result


async def decide(
    client: httpx2.AsyncClient, approval: dict[str, Any], decision: str = "allow"
) -> httpx2.Response:
    """Allow or deny a call as it was shown."""
    path = f"/api/approvals/{approval['id']}/{decision}"
    return await client.post(path, json={"digest": approval["digest"]})
