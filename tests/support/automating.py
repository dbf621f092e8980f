"""Automations in tests: events as if received, and runs carried out at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx2

from fluxstudio.core.webhooks.events import new_id
from fluxstudio.flows.automations.runs import triggers
from tests.support.running import Running

KEEP = """
INSERT INTO integration_webhooks (id, provider, delivery_key, event_type, account_id, payload)
VALUES ($1, $2, gen_random_uuid(), $3, $4, $5)
RETURNING id, provider, event_type, account_id, payload, received_at
"""
# What fills every blank of the gallery.
ANSWERS = {
    "channel": "#design",
    "channelId": "C0DESIGN01",
    "file": "TidewaterBookingFlow01",
    "owner": "harbour-pine",
    "repository": "tidewater-web",
    "branch": "main",
    "timeZone": "Europe/Berlin",
}
COMMENT: Mapping[str, Any] = {
    "event_type": "FILE_COMMENT",
    "file_key": "TidewaterBookingFlow01",
    "file_name": "Tidewater booking flow",
    "comment": [{"text": "Looks good"}],
    "comment_id": "1200000001",
    "triggered_by": {"id": "1000000000000000001", "handle": "Mei Lin"},
}
RULE: dict[str, Any] = {
    "when": {"event": "figma.FILE_COMMENT"},
    "do": {
        "operation": "slack.message",
        "arguments": {"channel": "C0DESIGN01", "text": "{{ event.comment | join('', 'text') }}"},
    },
}


@dataclass
class Automating:
    """The product with somebody who has connected everything, and her automations."""

    running: Running
    client: httpx2.AsyncClient
    connections: dict[str, str]

    @classmethod
    async def begin(cls, running: Running, user: str = "ada", *providers: str) -> Automating:
        client = await running.client(user)
        connections = {name: await running.connect(client, name) for name in providers or ("figma", "slack")}
        return cls(running, client, connections)

    async def make(self, definition: Mapping[str, Any] = RULE, **further: Any) -> str:
        """Make an automation over the API; its id."""
        body = {"name": "A rule", "definition": definition, **further}
        answer = await self.client.post("/api/automations", json=body)
        assert answer.status_code == 201, answer.text
        made: str = answer.json()["id"]
        return made

    async def received(
        self, provider: str = "figma", kind: str = "FILE_COMMENT", payload: Mapping[str, Any] = COMMENT
    ) -> dict[str, Any]:
        """An event of the account that is connected, as it is kept."""
        grant = await self.running.grant_of(self.connections[provider])
        row = await self.running.services.db.fetchrow(
            KEEP, new_id(time.time()), provider, kind, grant["account_id"], dict(payload)
        )
        assert row is not None
        return dict(row)

    async def start(self, event: Mapping[str, Any]) -> list[UUID]:
        """Start what an event starts; the ids of the runs."""
        async with self.running.services.db.transaction() as connected:
            return await triggers.start_runs(connected, self.running.services, event)

    async def happens(self, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
        """An event is received and its runs are carried out; what the API says of all runs."""
        for run in await self.start(await self.received(*args, **kwargs)):
            # Slack takes one message a second in a channel. Nobody waits for the turn here.
            await self.running.services.db.execute(
                "DELETE FROM provider_budgets WHERE bucket LIKE 'chat.postMessage%'"
            )
            await triggers.run_one(self.running.services, run)
        return await self.all_runs()

    async def all_runs(self) -> list[dict[str, Any]]:
        """The runs of every automation, by the API."""
        results: list[dict[str, Any]] = []
        for entry in (await self.client.get("/api/automations")).json()["automations"]:
            answer = await self.client.get(f"/api/automations/{entry['id']}/runs")
            assert answer.status_code == 200, answer.text
            results += answer.json()["runs"]
        return results

    async def posted(self) -> list[str]:
        """What stands in the channel, newest first."""
        answer = await self.client.get("/api/integrations/slack/channels/C0DESIGN01/history")
        return [entry.get("text", "") for entry in answer.json()["messages"]]

    async def due_at(self, automation: str, moment: datetime | None) -> None:
        """Let the schedule of an automation be due at a moment."""
        await self.running.services.db.execute(
            "UPDATE automations SET next_at = $2 WHERE id = $1", UUID(automation), moment
        )
