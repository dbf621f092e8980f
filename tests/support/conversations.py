"""A workspace with private conversations, and who is in which."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2

from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.webhooks.process import Processing
from tests.support.receiving import send
from tests.support.running import NO_TLS, Running
from tests.support.webhooks import slack_event

LAUNCH, MESSAGE, GROUP_MESSAGE = "C0LAUNCH01", "D0ADAFLUX1", "G0ADAMEI01"
ADA, TOMAS = "U0ADAPARK1", "U0TOMASRZ1"
EVENTS = "/api/webhooks/events"
ALL_SCOPES = ("im:read", "mpim:read", "im:history", "mpim:history", "groups:history")
LAST = "SELECT id FROM integration_webhooks ORDER BY id DESC LIMIT 1"


@dataclass
class Workspace:
    """One workspace with Ada, who is in #tidewater-launch, and Tomas, who is not; both have connected it."""

    running: Running
    ada: httpx2.AsyncClient
    tomas: httpx2.AsyncClient
    connections: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def begin(cls, running: Running) -> Workspace:
        """Ada and Tomas, who have each connected it with every scope that the app can have."""
        ada, tomas = await running.client("ada"), await running.client("tomas")
        connections = {
            "ada": await running.connect(ada, "slack", choice="T0HARBOUR1", person=ADA),
            "tomas": await running.connect(tomas, "slack", choice="T0HARBOUR1", person=TOMAS),
        }
        workspace = cls(running, ada, tomas, connections)
        await workspace.give_scopes(*ALL_SCOPES)
        return workspace

    async def happens(self, kind: str = "message", **event: Any) -> UUID:
        """Something happens in Slack, is received and handled; the event's id."""
        answer = await send(self.ada, "slack", slack_event(**{"type": kind, "channel_type": None, **event}))
        assert answer.status_code == 200, answer.text
        event_id: UUID = await self.running.services.db.fetchval(LAST)
        await Processing(self.running.services, triggers.start_runs).event(event_id)
        return event_id

    async def seen_by(self, client: httpx2.AsyncClient) -> list[str]:
        """The ids of the events somebody sees over the API."""
        return [entry["id"] for entry in (await client.get(EVENTS)).json()["events"]]

    async def moves(self, user: str, channel: str, *, member: bool) -> None:
        """Somebody joins or leaves, without an event that says so."""
        control = self.running.simulators["slack"].url("web") + "/_control/members"
        async with httpx2.AsyncClient(verify=NO_TLS) as slack:
            moved = {"channel": channel, "user": user, "member": member, "silent": True}
            assert (await slack.post(control, json=moved)).status_code == 200

    async def time_passes(self, minutes: int = 20) -> None:
        """What was asked of Slack lies so many minutes back."""
        for table in ("conversations", "conversation_members", "membership_checks"):
            await self.running.services.db.execute(
                f"UPDATE {table} SET checked_at = checked_at - make_interval(mins => $1)",
                minutes,
            )

    async def give_scopes(self, *scopes: str) -> None:
        """The workspace has granted the app more than it asks for."""
        await self.running.give_scopes("slack", *scopes)
