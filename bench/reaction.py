"""From a webhook to what follows from it: how long until a rule's message is at Slack, at a steady pace."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.browser import Browser
from bench.ingest import HOOK, WORDS
from bench.processes import Processes, free_port
from bench.roles import SECRET, channel_id
from bench.stage import INTEGRATIONS, bearer_of, public_folder
from bench.wire import request, wires
from fluxstudio.core.registry import discover
from fluxstudio.demo import simulator_of
from fluxstudio.kit.postgres.embedded import make_home
from tests.support.webhooks import SLACK_SECRET, slack_event

# Slack takes one message a second in a channel, so a pace needs at least as many channels.
CHANNELS = 120
TEAM = "T0HARBOUR1"
JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Reaction:
    """Milliseconds from sending a webhook to the message it led to, and how many led to none."""

    pace: int
    sent: int
    milliseconds: list[float]

    def __str__(self) -> str:
        took = sorted(self.milliseconds)
        return (
            f"{self.pace} events a second, {self.sent} sent, {len(took)} messages at Slack: "
            f"p50 {median(took):.0f} ms, p99 {took[int(0.99 * len(took))]:.0f} ms, slowest {took[-1]:.0f} ms"
        )


async def reaction(pace: int = 100, seconds: float = 10) -> Reaction:
    """Send events at a pace to the product as people run it; each matches one of a user's rules."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fluxstudio-bench-")))
        public_folder(folder)
        servers = await stack.enter_async_context(Processes(folder))
        port = free_port()
        hosts = await servers.role("slack", f"http://127.0.0.1:{port}", str(CHANNELS), port=port)
        product = await servers.product(**_settings(folder / "home", hosts))
        browser = await stack.enter_async_context(Browser())
        await _connect(product, browser)
        for number in range(CHANNELS):
            await _rule(product, browser, channel_id(number))
        sent = await _send(product + HOOK, pace, seconds)
        took: list[float] = []
        until = time.monotonic() + 20
        while len(took) < sent and time.monotonic() < until:
            await asyncio.sleep(0.25)
            took = json.loads((await browser.ask("GET", f"{hosts}/took")).body)
        return Reaction(pace, sent, [1000 * each for each in took])


def _settings(home: Path, hosts: str) -> dict[str, str]:
    make_home(home)
    provider = next(provider for provider, _ in discover() if provider.id == "slack")
    simulated = simulator_of(provider)
    return {
        "FLUXSTUDIO_HOME": str(home),
        "JWT_SECRET": SECRET,
        "RATE_LIMIT_USER": "100000/second",
        "SLACK_CLIENT_ID": simulated.app_id,
        "SLACK_CLIENT_SECRET": simulated.app_secret,
        "SLACK_SIGNING_SECRET": SLACK_SECRET,
        **{f"SLACK_{role.upper()}_URL": f"{hosts}/{host}" for role, host in simulated.hosts.items()},
    }


async def _connect(product: str, browser: Browser) -> None:
    await browser.ask("POST", f"{product}/api/session", bearer_of("ada"))
    begun = await browser.ask("GET", f"{product}{INTEGRATIONS}/slack/auth")
    await browser.ask(
        "GET", await browser.allow(json.loads(begun.body)["authorizationUrl"], TEAM), expect=303
    )


async def _rule(product: str, browser: Browser, channel: str) -> None:
    rule = {
        "name": channel,
        "definition": {
            "when": {
                "event": "slack.message",
                "conditions": [{"field": "event.channel", "is": "equals", "value": channel}],
            },
            "do": {
                "operation": "slack.message",
                "arguments": {"channel": channel, "text": "{{ event.event.client_msg_id }}"},
            },
            "limit": {"runs": 1000, "per": "minute"},
        },
    }
    headers = {**bearer_of("ada"), **JSON}
    await browser.ask("POST", f"{product}/api/automations", headers, json.dumps(rule).encode(), expect=201)


async def _send(url: str, pace: int, seconds: float) -> int:
    """Post events at a steady pace, each with the moment of its sending; how many were acknowledged."""
    now = asyncio.get_running_loop().time
    async with wires(url, 16) as opened:
        free = asyncio.Queue[int]()
        for number in range(len(opened)):
            free.put_nowait(number)
        acknowledged = 0

        async def one(number: int) -> None:
            nonlocal acknowledged
            channel, wire = channel_id(number % CHANNELS), await free.get()
            body, headers = slack_event(TEAM, channel=channel, text=WORDS, client_msg_id=f"{time.time():.6f}")
            answer = await opened[wire].ask(request("POST", url, headers, body))
            acknowledged += answer.status == 200
            free.put_nowait(wire)

        begun = now()
        async with asyncio.TaskGroup() as group:
            for number in range(round(pace * seconds)):
                await asyncio.sleep(max(0.0, begun + number / pace - now()))
                group.create_task(one(number))
        return acknowledged
