"""Events that arrive while everything goes wrong: accepted means kept, and what follows happens once."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from uuid import uuid4

import httpx2

from chaos.report import Row
from chaos.stage import Stage, stage, tally
from fluxstudio.kit.postgres.database import Database
from tests.support.process import Served
from tests.support.webhooks import Request, slack, slack_event

ADDRESS = "/api/integrations/slack/webhook"
# Conversations that events are about, and seconds between two of one sender.
CHANNELS, BREATH = 40, 0.1
KEPT = "SELECT count(*) FROM integration_webhooks WHERE delivery_key = ANY ($1)"
UNHANDLED = "SELECT count(*) FROM integration_webhooks WHERE status <> 'handled'"
EFFECTS = "SELECT count(*) FROM deliveries WHERE outcome = 'done'"
SLOWEST = """
SELECT coalesce(extract(epoch FROM max(handled_at - received_at)), 0)::float8 FROM integration_webhooks
"""
STATE = """
SELECT md5(string_agg(delivery_key || status, ',' ORDER BY delivery_key)) FROM integration_webhooks
"""


@dataclass
class Sender:
    """Sends unique events to whichever processes there are, and knows which were acknowledged."""

    here: Stage
    servers: list[Served]
    outcomes: Counter[str] = field(default_factory=Counter)
    acknowledged: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, server: Served, request: Request, event_id: str | None = None) -> str:
        """Send one request; its status, or the name of what went wrong on the way."""
        body, headers = request
        begun = time.perf_counter()
        try:
            answer = await self.here.client.post(server.base + ADDRESS, content=body, headers=headers)
        except httpx2.TransportError as error:
            outcome = type(error).__name__
        else:
            outcome = str(answer.status_code)
            self.seconds.append(time.perf_counter() - begun)
        self.outcomes[outcome] += 1
        if outcome == "200" and event_id is not None:
            self.acknowledged.append(event_id)
        return outcome

    async def one(self) -> None:
        """Send a fresh event to one of the processes."""
        event_id, channel = f"Ev{uuid4().hex.upper()}", f"C0BUSY{random.randrange(CHANNELS):04d}"
        event = slack_event(event_id=event_id, channel=channel)
        await self.send(random.choice(self.servers), event, event_id)

    async def go(self, senders: int) -> None:
        """Send as many at once as there are senders, until it is enough.

        Each takes a breath in between: what is handled in order must not come faster than it can be.
        """

        async def repeat() -> None:
            while not self.enough.is_set():
                await self.one()
                await asyncio.sleep(BREATH)

        await asyncio.gather(*(repeat() for _ in range(senders)))

    async def paced(self, rate: float, seconds: float) -> None:
        """Send so many a second."""
        now = asyncio.get_running_loop().time
        begun = now()
        async with asyncio.TaskGroup() as group:
            for number in range(round(rate * seconds)):
                await asyncio.sleep(max(0.0, begun + number / rate - now()))
                group.create_task(self.one())

    def percentile(self, share: float) -> float:
        """The time that this share of the answers stayed below, in seconds."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(share * len(self.seconds)))]


async def settled(db: Database, seconds: float = 90) -> float:
    """Wait until every kept event is handled; the longest that one took."""
    async with asyncio.timeout(seconds):
        while await db.fetchval(UNHANDLED):
            await asyncio.sleep(0.1)
    slowest: float = await db.fetchval(SLOWEST)
    return slowest


async def lost(db: Database, sender: Sender) -> int:
    """How many acknowledged events are not kept."""
    stored: int = await db.fetchval(KEPT, sender.acknowledged)
    return len(sender.acknowledged) - stored


async def killed_while_receiving(kills: int = 100, senders: int = 8) -> Row:
    """F1: server processes are killed under load, again and again."""
    async with stage() as here:
        servers = await here.processes(2)
        sender = Sender(here, servers)
        going = asyncio.create_task(sender.go(senders))
        for _ in range(kills):
            await asyncio.sleep(random.uniform(0.1, 0.5))
            victim = random.choice(servers)
            victim.kill()
            [fresh] = await here.processes(1)
            servers[servers.index(victim)] = fresh
        sender.enough.set()
        await going
        db = here.running.services.db
        slowest = await settled(db)
        missing, effects = await lost(db, sender), await db.fetchval(EFFECTS)
        events = await db.fetchval("SELECT count(*) FROM integration_webhooks")
        return Row(
            f"F1 {kills} × kill -9 under webhooks",
            "each 200 kept, its effect once, none stuck > 60 s",
            f"{len(sender.acknowledged)} acknowledged, {missing} lost; {events} events, {effects} effects; "
            f"slowest {slowest:.0f} s",
            missing == 0 and events == effects and bool(sender.acknowledged),
            slowest <= 60,
        )


async def database_restarted(restarts: int = 20, senders: int = 8) -> Row:
    """F7: PostgreSQL is restarted under load."""
    async with stage() as here:
        servers = await here.processes(2)
        sender = Sender(here, servers)
        going = asyncio.create_task(sender.go(senders))
        longest = 0.0
        for _ in range(restarts):
            await asyncio.sleep(random.uniform(0.3, 0.8))
            await here.postgres.restart()
            begun = time.monotonic()
            for server in servers:
                await server.ready(10)
            longest = max(longest, time.monotonic() - begun)
        sender.enough.set()
        await going
        db = here.running.services.db
        slowest = await settled(db)
        missing, effects = await lost(db, sender), await db.fetchval(EFFECTS)
        events = await db.fetchval("SELECT count(*) FROM integration_webhooks")
        return Row(
            f"F7 PostgreSQL restarted × {restarts} under webhooks",
            "0 acknowledged lost, healthy ≤ 10 s, else 503",
            f"{missing} of {len(sender.acknowledged)} lost, healthy after {longest:.1f} s; "
            f"{tally(sender.outcomes)}; {effects} effects of {events}, slowest {slowest:.0f} s",
            missing == 0 and set(sender.outcomes) <= {"200", "503"} and events == effects,
            longest <= 10,
        )


async def malformed(bodies: int = 10_000, senders: int = 8, *, slowest: float = 0.1) -> Row:
    """F13: bodies that no provider sends; 99 of 100 answers within `slowest` seconds."""
    async with stage() as here:
        [server] = await here.processes(1)
        sender = Sender(here, [server])

        def one(number: int) -> Request:
            junk = random.randbytes(random.randint(0, 2000))
            wrong = slack_event()
            return [
                (junk, {"content-type": "application/json"}),
                slack(junk),
                (wrong[0] + b" ", wrong[1]),
                slack(b"[" * random.randint(1, 3000)),
                slack(wrong[0][: random.randint(0, len(wrong[0]) - 1)]),
                (wrong[0], {**wrong[1], "x-slack-request-timestamp": junk[:20].hex()}),
            ][number % 6]

        await _spread(bodies, senders, lambda number: sender.send(server, one(number)))
        rows = await here.running.services.db.fetchval("SELECT count(*) FROM integration_webhooks")
        slow = sender.percentile(0.99)
        return Row(
            f"F13 {bodies:,} malformed bodies",
            f"no 5xx, no row, p99 < {1000 * slowest:.0f} ms",
            f"{tally(sender.outcomes)}; {rows} rows; p99 {1000 * slow:.0f} ms",
            set(sender.outcomes) <= {"400", "401", "429"} and rows == 0,
            slow < slowest,
        )


async def one_event_everywhere(times: int = 1000, processes: int = 4) -> Row:
    """F14: one event, sent over and over to all processes at once."""
    async with stage() as here:
        servers = await here.processes(processes)
        sender = Sender(here, servers)
        request = slack_event()
        await _spread(times, 50, lambda number: sender.send(servers[number % processes], request))
        db = here.running.services.db
        await settled(db)
        events = await db.fetchval("SELECT count(*) FROM integration_webhooks")
        effects = await db.fetchval(EFFECTS)
        return Row(
            f"F14 one event × {times:,} on {processes} processes",
            "one effect",
            f"{tally(sender.outcomes)}; {events} event, {effects} effect",
            events == effects == 1 and set(sender.outcomes) == {"200"},
        )


async def out_of_order(events: int = 200) -> Row:
    """F15: events come shuffled, and again hours later."""
    async with stage() as here:
        servers = await here.processes(2)
        sender = Sender(here, servers)
        bodies = [slack_event(event_id=f"Ev{number:010d}")[0] for number in range(events)]
        states: list[object] = []
        for again in range(3):
            # Slack signs every retry anew.
            requests = [_again(body, again) for body in bodies]
            random.shuffle(requests)
            await _spread(events, 20, partial(_one_of, sender, servers, requests))
            db = here.running.services.db
            await settled(db)
            states.append(await db.fetchval(STATE))
        effects = await here.running.services.db.fetchval(EFFECTS)
        return Row(
            f"F15 {events} events shuffled, each three times",
            "the same final state",
            f"{len(set(states))} state, {effects} effects; {tally(sender.outcomes)}",
            len(set(states)) == 1 and effects == events,
        )


async def storm(rate: float = 40, seconds: float = 10) -> Row:
    """F17: ten times as many events as before, all at once."""
    async with stage() as here:
        servers = await here.processes(2)
        sender = Sender(here, servers)
        await sender.paced(rate, seconds / 4)
        sender.seconds.clear()
        await sender.paced(10 * rate, seconds)
        db = here.running.services.db
        slowest = await settled(db)
        missing, slow = await lost(db, sender), sender.percentile(0.99) * 1000
        return Row(
            f"F17 a storm of {10 * rate:.0f} events/s",
            "acknowledged p99 < 1 s, nothing lost",
            f"p99 {slow:.0f} ms; {missing} of {len(sender.acknowledged)} lost; handled in {slowest:.1f} s",
            missing == 0 and set(sender.outcomes) == {"200"},
            slow < 1000,
        )


async def _spread(count: int, at_once: int, send: Callable[[int], Awaitable[object]]) -> None:
    turn = asyncio.Semaphore(at_once)

    async def one(number: int) -> None:
        async with turn:
            await send(number)

    await asyncio.gather(*(one(number) for number in range(count)))


def _again(body: bytes, retry: int) -> Request:
    body, headers = slack(body)
    return body, {**headers, "x-slack-retry-num": str(retry)}


async def _one_of(sender: Sender, servers: list[Served], requests: list[Request], number: int) -> None:
    await sender.send(servers[number % len(servers)], requests[number])
