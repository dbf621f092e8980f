"""Events that each kind of secret proves, and what they start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from fluxstudio.core.webhooks import subscriptions
from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.webhooks.process import Processing
from tests.support.running import Running
from tests.support.webhooks import Request, github_event

EVENTS = "/api/webhooks/events"
ISSUES = {"when": {"event": "github.issues"}}
POST = {"operation": "slack.message", "arguments": {"channel": "C0DESIGN01", "text": "An issue"}}


async def people(running: Running, *names: str) -> dict[str, httpx2.AsyncClient]:
    """People who all have connected the same accounts of GitHub and Slack."""
    clients = {name: await running.client(name) for name in names}
    for client in clients.values():
        await running.connect(client, "github", choice="ada-park")
        await running.connect(client, "slack")
    return clients


async def hook_of(running: Running, user: str, hook: str, provider: str = "github") -> str:
    """A webhook that a user registered, with a secret of its own; the secret."""
    actor = await running.actor(user)
    connections = await running.services.connections.of_user(actor.user_id)
    connection = next(entry.id for entry in connections if entry.provider == provider)
    secret = f"the secret of {hook}"
    db, vault = running.services.db, running.services.vault
    await subscriptions.keep(db, vault, provider, connection, hook, secret, {}, signs=provider == "github")
    return secret


def signed(kind: str, payload: Mapping[str, Any], hook: str, secret: str, **further: Any) -> Request:
    """A delivery of a webhook of GitHub's, signed with its own secret."""
    body, headers = github_event(kind, payload, secret=secret, **further)
    return body, {**headers, "x-github-hook-id": hook}


async def deliver(running: Running, request: Request, provider: str = "github", status: int = 200) -> None:
    body, headers = request
    client = await running.client(None)
    answer = await client.post(f"/api/integrations/{provider}/webhook", content=body, headers=headers)
    assert answer.status_code == status, answer.text


async def handle_everything(running: Running) -> None:
    """Handle whatever has arrived."""
    for row in await running.services.db.fetch(
        "SELECT id FROM integration_webhooks WHERE status = 'received' ORDER BY id"
    ):
        await Processing(running.services, triggers.start_runs).event(row["id"])


async def seen(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = (await client.get(EVENTS, params={"provider": "github"})).json()["events"]
    return result


async def rule(client: httpx2.AsyncClient) -> str:
    answer = await client.post(
        "/api/automations", json={"name": "A rule", "definition": {**ISSUES, "do": POST}}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def runs_of(client: httpx2.AsyncClient, automation: str) -> int:
    return len((await client.get(f"/api/automations/{automation}/runs")).json()["runs"])


def issue(number: int = 5) -> dict[str, Any]:
    return {
        "action": "opened",
        "issue": {"number": number, "title": "Heron", "updated_at": "2026-11-29T10:00:00Z"},
        "repository": {"id": 1, "full_name": "ada-park/sketchbook"},
        "sender": {"id": 58301, "login": "ada-park", "type": "User"},
    }
