"""A host product in every kind of trouble: nothing is lost, order is kept, other endpoints do not notice."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from uuid import uuid4

import httpx2
import psutil
from standardwebhooks import Webhook
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chaos.report import Row
from chaos.stage import Stage, stage, until
from fluxstudio.kit.serving import listening_socket, serving
from tests.support.process import Served
from tests.support.webhooks import slack_event

ADDRESS = "/api/integrations/slack/webhook"
# Seconds between two attempts at most, in place of an hour.
LONGEST_PAUSE = 2
SLOW_SECONDS = 4.0
MAX_MEMORY_GROWTH = 150 * 1024**2
MAX_HEALTHY_SECONDS = 2.0
AN_HOUR_AGO = """
UPDATE endpoint_deliveries SET begun_at = begun_at - interval '1 hour', due_at = now()
WHERE status = 'waiting' AND begun_at IS NOT NULL
"""
WAITING = "SELECT count(*) FROM endpoint_deliveries WHERE status = 'waiting'"


@dataclass
class Host:
    """An endpoint with a mood: `fine`, `500`, `slow` or `redirecting`; down while it does not listen."""

    mood: str = "fine"
    secret: str = field(default="", repr=False)
    # What it has taken first, by account, and how long each was on its way.
    taken: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    seen: set[str] = field(default_factory=set)
    repeated: int = 0
    seconds: list[float] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        message = Webhook(self.secret).verify(body, dict(request.headers))
        if self.mood == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        status = {"500": 500, "redirecting": 302}.get(self.mood, 204)
        if status == 204:
            self._take(message["data"])
        headers = {"location": "/elsewhere"} if status == 302 else {}
        await Response(status_code=status, headers=headers)(scope, receive, send)

    def _take(self, data: dict[str, Any]) -> None:
        if data["eventId"] in self.seen:
            self.repeated += 1
            return
        self.seen.add(data["eventId"])
        self.taken[data["accountId"]].append(data["eventId"])
        self.seconds.append(time.time() - float(data["eventId"].partition("-")[2]))


@asynccontextmanager
async def _listening(host: Host, port: int) -> AsyncIterator[int]:
    with listening_socket("127.0.0.1", port) as listening:
        async with serving(host, listening):
            yield listening.getsockname()[1]


async def _endpoint(admin: httpx2.AsyncClient, host: Host, port: int) -> None:
    wish = {"url": f"http://127.0.0.1:{port}/", "types": ["event.received"]}
    answer = await admin.post("/api/endpoints", json=wish)
    host.secret = answer.json()["secret"]


async def _send(here: Stage, servers: list[Served], account: str, count: int, sent: list[str]) -> None:
    """Send events of one account, each until it is acknowledged."""
    for number in range(count):
        event_id = f"Ev{uuid4().hex[:12]}-{time.time():.6f}"
        body, headers = slack_event(account, event_id=event_id)
        while True:
            try:
                base = servers[number % len(servers)].base
                answer = await here.client.post(base + ADDRESS, content=body, headers=headers)
                if answer.status_code == 200:
                    break
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.1)
        sent.append(event_id)


def _memory(servers: Sequence[Served]) -> int:
    return max(psutil.Process(server.process.pid).memory_info().rss for server in servers)


async def troubled_host(events: int = 10_000, accounts: int = 10, mood_seconds: float = 8.0) -> Row:
    """F25: an endpoint is down, answers 500, redirects, is slow while a process is killed; one is fine."""
    async with stage() as here, AsyncExitStack() as hosts:
        settings = {"ENDPOINT_LONGEST_PAUSE": str(LONGEST_PAUSE)}
        servers = await here.processes(2, **settings)
        admin = await here.running.client("root", role="admin")
        troubled, healthy = Host(), Host()
        healthy_port = await hosts.enter_async_context(_listening(healthy, 0))
        async with _listening(troubled, 0) as port:
            await _endpoint(admin, troubled, port)
            await _endpoint(admin, healthy, healthy_port)
        before = _memory(servers)
        sent: dict[str, list[str]] = {f"T0CHAOS{number:02d}": [] for number in range(accounts)}
        sending = [
            asyncio.create_task(_send(here, servers, account, events // accounts, ids))
            for account, ids in sent.items()
        ]
        # It does not listen at all, for what counts as an hour.
        await asyncio.sleep(mood_seconds)
        await here.running.services.db.execute(AN_HOUR_AGO)
        async with _listening(troubled, port):
            for troubled.mood in ("500", "redirecting", "slow"):
                await asyncio.sleep(mood_seconds)
                if troubled.mood == "500":
                    servers[0].kill()
                    [servers[0]] = await here.processes(1, **settings)
            await asyncio.gather(*sending)
            peak = _memory(servers)
            troubled.mood = "fine"
            await until(lambda: min(len(troubled.seen), len(healthy.seen)) >= events, 600)
            waiting = await here.running.services.db.fetchval(WAITING)
        state = (await admin.get("/api/endpoints")).json()["endpoints"]
    return _row(events, sent, troubled, healthy, peak - before, waiting, [e["status"] for e in state])


def _row(
    events: int,
    sent: dict[str, list[str]],
    troubled: Host,
    healthy: Host,
    growth: int,
    waiting: int,
    states: list[str],
) -> Row:
    wanted = {event_id for ids in sent.values() for event_id in ids}
    lost = len(wanted - troubled.seen) + len(wanted - healthy.seen)
    disordered = sum(
        host.taken[account] != ids for host in (troubled, healthy) for account, ids in sent.items()
    )
    typical = median(healthy.seconds)
    return Row(
        f"F25 an endpoint down, 500, redirecting, slow, killed in between; {events:,} events",
        f"0 lost, in order per account, memory ≤ +{MAX_MEMORY_GROWTH >> 20} MB, the other one unharmed",
        f"{lost} lost, {disordered} accounts out of order, {troubled.repeated + healthy.repeated} repeated, "
        f"memory +{growth >> 20} MB, the other one after {1000 * typical:.0f} ms (p50), {waiting} left",
        lost == 0
        and disordered == 0
        and growth <= MAX_MEMORY_GROWTH
        and len(healthy.seen) == events
        and states == ["active", "active"],
        typical <= MAX_HEALTHY_SECONDS,
    )
