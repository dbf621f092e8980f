"""Handled events a second: as it was done before beside as it is now, and one order beside everybody else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

from bench.database import worn_in
from bench.stage import public_folder
from fluxstudio.core.jobs.queue import Job
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks import events
from fluxstudio.core.webhooks.events import WebhookEvent
from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.webhooks import process
from fluxstudio.flows.webhooks.process import JOB, TOGETHER
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
from tests.support.running import Running, started

HANDLERS = (1, 4, 16)
ORDERS, BACKLOG = 500, 10_000
NOTIFY = "SELECT pg_notify('bench', $1)"
LEFT = "SELECT count(*) FROM integration_webhooks WHERE status <> 'handled'"
DRAINED = """
SELECT extract(epoch FROM max(handled_at) - min(handled_at))::float8 FROM integration_webhooks
WHERE order_key = 'figma:hot'
"""
TOOK = """
SELECT extract(epoch FROM handled_at - received_at)::float8 FROM integration_webhooks
WHERE id = $1 AND status = 'handled'
"""


@dataclass(frozen=True, slots=True)
class Hot:
    """One order with many events: how many were handled a second, and how long others' took meanwhile."""

    rate: float
    others: Sequence[float]

    def __str__(self) -> str:
        took = sorted(1000 * each for each in self.others)
        return (
            f"one order with {BACKLOG:,} waiting: {self.rate:,.0f} handled a second; {len(took)} others "
            f"meanwhile: p50 {median(took):.0f} ms, slowest {took[-1]:.0f} ms"
        )


async def handling(repetitions: int, seconds: float) -> None:
    """Print what was measured; each repetition handles some hundreds of events in each way."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fluxstudio-bench-")))
        public_folder(folder)
        server = await stack.enter_async_context(EmbeddedPostgres(folder / "database"))
        await worn_in(server.superuser_dsn)
        start = await stack.enter_async_context(started(server.connect_kwargs, folder / "home"))
        running = await start(database_pool_size=20)
        services = running.services
        rates: dict[tuple[str, int], list[float]] = {}
        for _ in range(repetitions):
            for handlers in HANDLERS:
                for name, way in WAYS.items():
                    rate = await _rate(services, way, handlers, round(400 * max(seconds, 0.25)))
                    rates.setdefault((name, handlers), []).append(rate)
        print(f"Handled events a second, {repetitions} interleaved repetitions; medians")
        for name in WAYS:
            figures = ", ".join(f"{median(rates[name, handlers]):,.0f}" for handlers in HANDLERS)
            print(f"  {name}: {figures} with {', '.join(map(str, HANDLERS))} handlers")
        working = await start(maintenance=True, simulators=running.simulators)
        print(f"  {await _hot(working)}\n")


async def _notified(services: Services, turn: Sequence[Job]) -> None:
    """As it was: each event claimed, handled and told of in commits of its own, which notify."""
    for job in turn:
        event_id = UUID(bytes=job.payload)
        await process.Processing(services, triggers.start_runs).event(event_id)
        async with services.db.transaction() as connected:
            await connected.execute(NOTIFY, str(event_id))


async def _alone(services: Services, turn: Sequence[Job]) -> None:
    """Each event in commits of its own, told of after them."""
    for job in turn:
        await process.Processing(services, triggers.start_runs).event(UUID(bytes=job.payload))


async def _together(services: Services, turn: Sequence[Job]) -> None:
    """As it is: those of one order in one transaction."""
    await process.Processing(services, triggers.start_runs).turn(turn)


Way = Callable[[Services, Sequence[Job]], Awaitable[None]]
WAYS: Mapping[str, Way] = {
    "each event alone, notifying": _notified,
    "each event alone": _alone,
    "FluxStudio": _together,
}


async def _rate(services: Services, way: Way, handlers: int, many: int) -> float:
    """Events of many orders, twenty of each, by so many handlers at once."""
    orders = [f"figma:{uuid4().hex}" for _ in range(max(1, many // TOGETHER))]
    turns: asyncio.Queue[list[Job]] = asyncio.Queue()
    for order in orders:
        ids = await _store(services, TOGETHER, order)
        turns.put_nowait(
            [Job(place, "figma:bench", order, event.bytes, 1) for place, event in enumerate(ids)]
        )
    await services.db.execute("DELETE FROM jobs")

    async def one() -> None:
        while not turns.empty():
            await way(services, turns.get_nowait())

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(handlers)))
    rate = len(orders) * TOGETHER / (time.perf_counter() - begun)
    assert await services.db.fetchval(LEFT) == 0
    return rate


async def _hot(working: Running) -> Hot:
    services, took = working.services, []
    for place in range(0, BACKLOG, ORDERS):
        await _store(services, min(ORDERS, BACKLOG - place), "figma:hot", account="hot")
    services.wakeups.wake(JOB)
    for number in count():
        [other] = await _store(services, 1, f"figma:other{number}", account=f"other{number}")
        services.wakeups.wake(JOB)
        while (seconds := await services.db.fetchval(TOOK, other)) is None:  # noqa: ASYNC110 - it is elsewhere
            await asyncio.sleep(0.005)
        took.append(seconds)
        if not await services.db.fetchval(LEFT):
            break
        await asyncio.sleep(0.1)
    return Hot(BACKLOG / max(await services.db.fetchval(DRAINED), 0.001), took)


async def _store(services: Services, many: int, order: str, *, account: str = "bench") -> list[UUID]:
    arrivals = [_arrival(order, account) for _ in range(many)]
    stored = await events.store(services.db, arrivals, job=JOB, together=TOGETHER)
    return sorted(stored.new_ids)


def _arrival(order: str, account: str) -> WebhookEvent:
    delivery, now = uuid4().hex, time.time()
    names: dict[str, Any] = {"provider": "figma", "delivery_key": delivery, "second_key": None}
    return WebhookEvent(
        id=events.new_id(now),
        key=events.key_of("figma", delivery, now),
        event_type="FILE_UPDATE",
        account_id=account,
        subscription=None,
        order_key=order,
        payload={"file_key": "bench", "timestamp": "2026-11-25T10:00:00Z"},
        **names,
    )
