"""From a webhook to the host product: how long until an endpoint has it, at a steady pace."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bench.browser import Browser
from bench.ingest import WORDS
from bench.processes import Processes
from bench.reaction import JSON, product_settings
from bench.stage import INTEGRATIONS, bearer_of, public_folder
from bench.wire import request, wires
from fluxstudio.kit.serving import listening_socket, serving
from tests.support.webhooks import github_event

# Accounts that the events are about: each is sent in order.
ACCOUNTS = 20


@dataclass(frozen=True, slots=True)
class Notice:
    """Milliseconds from sending a webhook to its arrival at an endpoint, and how many were sent."""

    pace: int
    sent: int
    milliseconds: list[float]

    def __str__(self) -> str:
        took = sorted(self.milliseconds)
        return (
            f"{self.pace} events a second, {self.sent} sent, {len(took)} at the endpoint: "
            f"p50 {median(took):.0f} ms, p99 {took[int(0.99 * len(took))]:.0f} ms, slowest {took[-1]:.0f} ms"
        )


class ListeningHost:
    """An endpoint that remembers when each event came first, and says when `wanted` have come."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}
        self.wanted = 0
        self.complete = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        self.came.setdefault(json.loads(body)["data"]["eventId"], time.perf_counter())
        if len(self.came) >= self.wanted:
            self.complete.set()
        await Response(status_code=204)(scope, receive, send)


@asynccontextmanager
async def _listening() -> AsyncIterator[tuple[ListeningHost, str]]:
    host = ListeningHost()
    with listening_socket("127.0.0.1", 0) as listening:
        async with serving(host, listening):
            yield host, f"http://127.0.0.1:{listening.getsockname()[1]}/"


async def notice(pace: int = 100, seconds: float = 10) -> Notice:
    """Send events of GitHub at a pace to the product as people run it, which sends each to one endpoint."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fluxstudio-bench-")))
        public_folder(folder)
        servers = await stack.enter_async_context(Processes(folder))
        product = await servers.product(**product_settings(folder / "home", "http://127.0.0.1:9"))
        browser = await stack.enter_async_context(Browser())
        host, url = await stack.enter_async_context(_listening())
        headers = {**bearer_of("root", role="admin"), **JSON}
        body = json.dumps({"url": url, "types": ["event.received"]}).encode()
        await browser.ask("POST", f"{product}/api/endpoints", headers, body, expect=201)
        host.wanted = round(pace * seconds)
        sent = await _send(f"{product}{INTEGRATIONS}/github/webhook", pace, seconds)
        with suppress(TimeoutError):
            await asyncio.wait_for(host.complete.wait(), 30)
        took = [1000 * (host.came[event] - begun) for event, begun in sent.items() if event in host.came]
        return Notice(pace, len(sent), took)


async def _send(url: str, pace: int, seconds: float) -> dict[str, float]:
    """Post events at a steady pace; when each began, by its id."""
    now = asyncio.get_running_loop().time
    sent: dict[str, float] = {}
    async with wires(url, 16) as opened:
        free = asyncio.Queue[int]()
        for number in range(len(opened)):
            free.put_nowait(number)

        async def one(number: int) -> None:
            wire, delivery = await free.get(), str(uuid4())
            event = {
                "action": "opened",
                "issue": {"number": number + 1, "title": "Tides", "body": WORDS},
                "repository": {
                    "id": 1,
                    "full_name": "ada-park/tides",
                    "owner": {"id": 100 + number % ACCOUNTS},
                },
            }
            body, headers = github_event("issues", event, delivery=delivery)
            sent[delivery] = time.perf_counter()
            answer = await opened[wire].ask(request("POST", url, headers, body))
            assert answer.status == 200
            free.put_nowait(wire)

        begun = now()
        async with asyncio.TaskGroup() as group:
            for number in range(round(pace * seconds)):
                await asyncio.sleep(max(0.0, begun + number / pace - now()))
                group.create_task(one(number))
    return sent
