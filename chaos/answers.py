"""Providers that ask us to wait, send rubbish, or never finish."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter

import psutil

from chaos.report import Row
from chaos.stage import PAGES, REPOSITORIES, stage, tally
from fluxstudio.sdk.simulation import Fault

API = r"/api\.github\.com/"


async def asked_to_wait(waits: tuple[int, ...] = (1, 3600, 396749)) -> Row:
    """F10: 429 with Retry-After; nobody calls early and nobody waits with a request open."""
    async with stage() as here:
        [server] = await here.processes(1)
        notes, fine = [], True
        for wait in waits:
            await here.forget()
            await here.running.services.db.execute("DELETE FROM provider_budgets")
            simulator = here.running.simulators["github"]
            limited = {"retry-after": str(wait), "x-ratelimit-remaining": "0"}
            simulator.faults.active.append(
                Fault(match=API, status=429, body={"message": "slow down"}, headers=limited, times=1)
            )
            begun = time.monotonic()
            first = await here.call(server)
            asked = len(simulator.faults.requests)
            text = await here.client.get(server.base + PAGES.format(number=77))
            quick = time.monotonic() - begun
            early = len(simulator.faults.requests) - asked
            again = ""
            if wait <= 5:
                await asyncio.sleep(wait + 0.1)
                again = f", then {await here.call(server)}"
            retry = int(text.headers.get("retry-after", "0"))
            fine = fine and first == "429" and early == 0 and quick < 2 and wait - 5 <= retry <= wait
            told_as = f"{first}, then {text.status_code} with {retry} s in {quick * 1000:.0f} ms"
            notes.append(f"{wait} s: {told_as}, {early} early{again}")
        return Row(
            "F10 Retry-After 1 s, 1 h, 396749 s", "never early, nobody blocked", "; ".join(notes), fine
        )


async def rubbish(
    megabytes: int = 1024, kinds: tuple[str, ...] = ("garbage", "truncated", "huge", "drip", "drop")
) -> Row:
    """F11: garbage, broken gzip, an endless body and a dripping one."""
    async with stage() as here:
        # A fork takes up the pages of its parent bit by bit, which would count as memory of ours.
        [server] = await here.processes(1, python=sys.executable)
        await here.call(server, REPOSITORIES)
        process = psutil.Process(server.process.pid)
        before = most = process.memory_info().rss
        notes, fine, slowest = [], True, 0.0
        for kind in kinds:
            await here.forget()
            await here.running.services.db.execute("DELETE FROM provider_budgets")
            simulator = here.running.simulators["github"]
            simulator.faults.active.append(
                Fault.model_validate({"match": API, "kind": kind, "megabytes": megabytes})
            )
            begun = time.monotonic()
            asking = asyncio.create_task(here.calls([server], 3))
            while not asking.done():
                most = max(most, process.memory_info().rss)
                await asyncio.sleep(0.02)
            outcomes: Counter[str] = await asking
            seconds = time.monotonic() - begun
            simulator.faults.active.clear()
            # What is too large stays so, and is no outage.
            fine = fine and set(outcomes) == {"400" if kind == "huge" else "502"}
            slowest = max(slowest, seconds)
            notes.append(f"{kind} {tally(outcomes)} in {seconds:.1f} s")
        grown = (most - before) / 1048576
        after = await here.call(server)
        return Row(
            "F11 garbage, truncated gzip, 1 GB, slow-loris",
            "bounded time, memory +≤ 100 MB",
            f"{'; '.join(notes)}; +{grown:.0f} MB; then {after}",
            fine and grown <= 100 and after == "200",
            slowest < 25,
        )
