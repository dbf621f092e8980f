"""Servers of others, as administrators see and call them."""

from __future__ import annotations

import json
from typing import Any

import httpx2
from pydantic import SecretStr


def servers(**named: Any) -> SecretStr:
    """The setting that names these servers."""
    return SecretStr(json.dumps(named))


async def call(client: httpx2.AsyncClient, server: str, tool: str, **arguments: Any) -> httpx2.Response:
    """Call a tool of a server."""
    return await client.post(f"/api/mcp/tools/{server}/{tool}", json={"arguments": arguments})
