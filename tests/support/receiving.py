"""Events sent to the product, stored, and in each state of their processing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx2

from fluxstudio.core.services import Services
from fluxstudio.kit.postgres.database import Connection
from tests.support.running import Running
from tests.support.webhooks import Request, slack_event


def address(provider: str, path: str = "webhook") -> str:
    return f"/api/integrations/{provider}/{path}"


async def send(
    client: httpx2.AsyncClient, provider: str, request: Request, path: str = "webhook"
) -> httpx2.Response:
    body, headers = request
    return await client.post(address(provider, path), content=body, headers=headers)


async def stored_events(running: Running) -> list[dict[str, Any]]:
    return [
        dict(row) for row in await running.services.db.fetch("SELECT * FROM integration_webhooks ORDER BY id")
    ]


BEGUN = "UPDATE integration_webhooks SET attempts = 1, claimed_at = clock_timestamp() WHERE id = $1"


async def nothing(connected: Connection, services: Services, event: Mapping[str, Any]) -> list[UUID]:
    return []


async def broken(connected: Connection, services: Services, event: Mapping[str, Any]) -> list[UUID]:
    raise ValueError("a fault in here")


async def arrived(running: Running, **event: Any) -> UUID:
    """An event that was received and not handled yet."""
    before = {entry["id"] for entry in await stored_events(running)}
    assert (await send(await running.client(None), "slack", slack_event(**event))).status_code == 200
    [event_id] = {entry["id"] for entry in await stored_events(running)} - before
    result: UUID = event_id
    return result


async def state(running: Running, event_id: UUID) -> tuple[str, int]:
    row = await running.services.db.fetchrow(
        "SELECT status, attempts FROM integration_webhooks WHERE id = $1", event_id
    )
    assert row is not None
    return row["status"], row["attempts"]


async def team_of(running: Running, connection: str) -> str:
    account: str = (await running.grant_of(connection))["account_id"]
    return account
