"""From a webhook to the host product: how long until an endpoint has it, at a steady pace."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from starlette.requests import Request as ServerRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bench.browser import Browser
from bench.ingest import WORDS
from bench.pacing import Delays, send_at_pace
from bench.processes import Processes
from bench.reaction import JSON, product_settings
from bench.stage import INTEGRATIONS, bearer_of, public_folder
from fluxstudio.kit.serving import listening_socket, serving
from tests.support.webhooks import Request, github_event

# Accounts that the events are about: each is sent in order.
ACCOUNTS = 20


class ListeningHost:
    """An endpoint that remembers when each event came first, and says when `wanted` have come."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}
        self.wanted = 0
        self.complete = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await ServerRequest(scope, receive).body()
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


async def notice(pace: int = 100, seconds: float = 10) -> Delays:
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
        begun: dict[str, float] = {}
        hook = f"{product}{INTEGRATIONS}/github/webhook"
        sent = await send_at_pace(hook, pace, seconds, partial(_opened, begun))
        assert sent == host.wanted
        with suppress(TimeoutError):
            await asyncio.wait_for(host.complete.wait(), 30)
        took = [1000 * (host.came[event] - at) for event, at in begun.items() if event in host.came]
        return Delays(pace, sent, took, "at the endpoint")


def _opened(begun: dict[str, float], number: int) -> Request:
    """An issue that was opened; `begun` remembers by its id when."""
    delivery = str(uuid4())
    event = {
        "action": "opened",
        "issue": {"number": number + 1, "title": "Tides", "body": WORDS},
        "repository": {
            "id": 1,
            "full_name": "ada-park/tides",
            "owner": {"id": 100 + number % ACCOUNTS},
        },
    }
    begun[delivery] = time.perf_counter()
    return github_event("issues", event, delivery=delivery)
