"""Webhooks sent at a steady pace, and how long until what follows from them has come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from bench.wire import request, wires
from tests.support.webhooks import Request


@dataclass(frozen=True, slots=True)
class Delays:
    """Milliseconds from sending a webhook to what came of it, called `what`, and how many were sent."""

    pace: int
    sent: int
    milliseconds: list[float]
    what: str

    def __str__(self) -> str:
        took = sorted(self.milliseconds)
        return (
            f"{self.pace} events a second, {self.sent} sent, {len(took)} {self.what}: "
            f"p50 {median(took):.0f} ms, p99 {took[int(0.99 * len(took))]:.0f} ms, slowest {took[-1]:.0f} ms"
        )


async def send_at_pace(url: str, pace: int, seconds: float, event: Callable[[int], Request]) -> int:
    """Post `event(number)` at a steady pace, made when its turn comes; how many were acknowledged."""
    now = asyncio.get_running_loop().time
    async with wires(url, 16) as opened:
        free = asyncio.Queue[int]()
        for number in range(len(opened)):
            free.put_nowait(number)
        acknowledged = 0

        async def one(number: int) -> None:
            nonlocal acknowledged
            wire = await free.get()
            body, headers = event(number)
            answer = await opened[wire].ask(request("POST", url, headers, body))
            acknowledged += answer.status == 200
            free.put_nowait(wire)

        begun = now()
        async with asyncio.TaskGroup() as group:
            for number in range(round(pace * seconds)):
                await asyncio.sleep(max(0.0, begun + number / pace - now()))
                group.create_task(one(number))
    return acknowledged
