"""From a webhook to what follows from it: how long until a rule's message is at Slack, at a steady pace."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.browser import Browser
from bench.ingest import WORDS
from bench.pacing import Delays, send_at_pace
from bench.processes import Processes, free_port
from bench.roles import SECRET, channel_id, simulated_by
from bench.stage import INTEGRATIONS, bearer_of, public_folder
from fluxstudio.kit.postgres.embedded import make_home
from tests.support.webhooks import SHARED_SECRET, Request, github_event

# Slack takes one message a second in a channel, so a pace needs at least as many channels.
CHANNELS = 120
JSON = {"content-type": "application/json"}


async def reaction(pace: int = 100, seconds: float = 10) -> Delays:
    """Send events of GitHub at a pace to the product as people run it; each matches one of a user's rules."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fluxstudio-bench-")))
        public_folder(folder)
        servers = await stack.enter_async_context(Processes(folder))
        port = free_port()
        hosts = await servers.role("office", f"http://127.0.0.1:{port}", str(CHANNELS), port=port)
        product = await servers.product(**product_settings(folder / "home", hosts))
        browser = await stack.enter_async_context(Browser())
        await browser.ask("POST", f"{product}/api/session", bearer_of("ada"))
        await connect(product, browser, "slack", "T0HARBOUR1")
        account = await connect(product, browser, "github", "ada-park")
        for number in range(CHANNELS):
            await _rule(product, browser, channel_id(number))
        sent = await send_at_pace(
            f"{product}{INTEGRATIONS}/github/webhook", pace, seconds, partial(_opened, account)
        )
        took: list[float] = []
        until = time.monotonic() + 30
        while len(took) < sent and time.monotonic() < until:
            await asyncio.sleep(0.25)
            took = json.loads((await browser.ask("GET", f"{hosts}/took")).body)
        return Delays(pace, sent, [1000 * each for each in took], "messages at Slack")


def product_settings(home: Path, hosts: str) -> dict[str, str]:
    """Settings of a product whose GitHub and Slack are simulated there."""
    make_home(home)
    settings = {
        "FLUXSTUDIO_HOME": str(home),
        "JWT_SECRET": SECRET,
        "RATE_LIMIT_USER": "100000/second",
        "GITHUB_WEBHOOK_SECRET": SHARED_SECRET,
    }
    for name in ("github", "slack"):
        simulated, prefix = simulated_by(name), name.upper()
        settings |= {f"{prefix}_CLIENT_ID": simulated.app_id, f"{prefix}_CLIENT_SECRET": simulated.app_secret}
        settings |= {
            f"{prefix}_{role.upper()}_URL": f"{hosts}/{host}" for role, host in simulated.hosts.items()
        }
    return settings


async def connect(product: str, browser: Browser, provider: str, choice: str) -> str:
    """Connect an account; its id at the provider."""
    begun = await browser.ask("GET", f"{product}{INTEGRATIONS}/{provider}/auth")
    back = await browser.allow(json.loads(begun.body)["authorizationUrl"], choice)
    await browser.ask("GET", back, expect=303)
    listed = json.loads((await browser.ask("GET", f"{product}{INTEGRATIONS}")).body)["integrations"]
    return next(str(entry["metadata"]["accountId"]) for entry in listed if entry["provider"] == provider)


async def _rule(product: str, browser: Browser, channel: str) -> None:
    rule = {
        "name": channel,
        "definition": {
            "when": {
                "event": "github.issues",
                "conditions": [{"field": "issue.node_id", "is": "equals", "value": channel}],
            },
            "do": {
                "operation": "slack.message",
                "arguments": {"channel": channel, "text": "{{ event.issue.title }}"},
            },
            "limit": {"runs": 1000, "per": "minute"},
        },
    }
    headers = {**bearer_of("ada"), **JSON}
    await browser.ask("POST", f"{product}/api/automations", headers, json.dumps(rule).encode(), expect=201)


def _opened(account: str, number: int) -> Request:
    """An issue that was opened; its title is the moment of it."""
    texts = {
        "action": "opened",
        "issue": {
            "number": number + 1,
            "node_id": channel_id(number % CHANNELS),
            "title": f"{time.time():.6f}",
            "body": WORDS,
        },
        "repository": {"id": 1, "full_name": "ada-park/tides", "owner": {"id": account, "type": "User"}},
        "sender": {"id": account, "login": "ada-park"},
    }
    return github_event("issues", texts)
