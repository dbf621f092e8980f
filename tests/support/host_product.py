"""A host product that is sent webhooks: it remembers them, verifies them, and answers as it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from standardwebhooks import Webhook
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fluxstudio.flows.endpoints.deliver import JOB, DeliveryFlow
from fluxstudio.kit.webhook_client import WebhookClient
from tests.support.running import Running
from tests.support.serving import serving

Answering = Callable[[dict[str, Any]], int]


@dataclass
class HostProduct:
    """What it was sent, in order: verified messages, and the raw requests they came in."""

    url: str = ""
    secret: str = field(default="", repr=False)
    answering: Answering = lambda message: 204
    answer_headers: dict[str, str] = field(default_factory=dict)
    taken: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body, headers = await request.body(), dict(request.headers)
        self.requests.append((body, headers))
        message = Webhook(self.secret).verify(body, headers)
        status = self.answering(message)
        if status < 300:
            self.taken.append(message)
        await Response(status_code=status, headers=self.answer_headers)(scope, receive, send)

    @property
    def types(self) -> list[str]:
        """The types of what it has taken, in order."""
        return [message["type"] for message in self.taken]


@asynccontextmanager
async def host_product() -> AsyncIterator[HostProduct]:
    """A host product that listens on the loopback."""
    host = HostProduct()
    async with serving(lambda base: host) as base:
        host.url = f"{base}/webhooks"
        yield host


async def register(admin: httpx2.AsyncClient, host: HostProduct, **wish: Any) -> str:
    """Make an endpoint of a host product over the API; its id."""
    answer = await admin.post("/api/endpoints", json={"url": host.url, **wish})
    assert answer.status_code == 201, answer.text
    host.secret = answer.json()["secret"]
    made: str = answer.json()["id"]
    return made


@asynccontextmanager
async def delivering(running: Running, *private_hosts: str) -> AsyncIterator[Callable[[], Any]]:
    """Something that sends what waits in every lane once, as workers do, without waiting for anything."""
    flow = DeliveryFlow(running.services, WebhookClient(private_hosts or ("127.0.0.1",), seconds=5))
    due = (
        "UPDATE endpoint_deliveries SET due_at = now() WHERE status = 'waiting'",
        "UPDATE endpoints SET paused_until = NULL",
    )

    async def deliver(*, skip_pauses: bool = True) -> None:
        if skip_pauses:
            for statement in due:
                await running.services.db.execute(statement)
        jobs = await running.services.db.fetch("DELETE FROM jobs WHERE kind = $1 RETURNING share, lane", JOB)
        for share, lane in dict.fromkeys((job["share"], job["lane"]) for job in jobs):
            await flow.lane(share, lane)

    try:
        yield deliver
    finally:
        await flow.aclose()
