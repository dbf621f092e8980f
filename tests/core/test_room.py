"""What somebody may have only so many of stays within that, however many are asked for at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from fluxstudio.core.design_tokens import syncs
from fluxstudio.core.endpoints import endpoints
from fluxstudio.core.identity import access_tokens
from tests.support.running import Running
from tests.support.token_syncs import WANTED

ROOM, ASKED = 2, 5
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query NOT LIKE '%pg_stat_activity%'
"""
Ask = Callable[[httpx2.AsyncClient, int], Awaitable[httpx2.Response]]


def access_token(client: httpx2.AsyncClient, number: int) -> Awaitable[httpx2.Response]:
    return client.post("/api/access-tokens", json={"name": f"Token {number}", "scopes": ["read"]})


def endpoint(client: httpx2.AsyncClient, number: int) -> Awaitable[httpx2.Response]:
    body: dict[str, Any] = {"url": f"https://host.example/{number}", "types": ["connection.connected"]}
    return client.post("/api/endpoints", json=body)


def token_sync(client: httpx2.AsyncClient, number: int) -> Awaitable[httpx2.Response]:
    target = {**WANTED["target"], "path": f"tokens/{number}.json"}
    return client.post("/api/design-tokens/syncs", json={**WANTED, "target": target})


@pytest.mark.parametrize("ask", [access_token, endpoint, token_sync])
async def test_all_at_once_get_no_more_than_one_after_the_other(
    running: Running, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    monkeypatch.setattr(access_tokens, "MAX_ACTIVE_TOKENS", ROOM)
    monkeypatch.setattr(endpoints, "MAX_ENDPOINTS", ROOM)
    monkeypatch.setattr(syncs, "MAX_SYNCS_PER_USER", ROOM)
    root = await running.client("root", role="admin")
    await running.connect(root, "figma", scopes="file_variables:read")
    await running.connect(root, "github")
    db = running.services.db
    async with asyncio.TaskGroup() as group, db.transaction() as held:
        # All of them come as far as they can before the first is done.
        await held.execute("SELECT FROM users WHERE subject = 'root' FOR UPDATE")
        asking = [group.create_task(_answer(ask(root, number))) for number in range(ASKED)]
        while await db.fetchval(WAITING) < ASKED:
            await asyncio.sleep(0.01)
    statuses = [task.result() for task in asking]
    assert statuses.count(201) == ROOM, statuses


async def _answer(response: Awaitable[httpx2.Response]) -> int:
    return (await response).status_code
