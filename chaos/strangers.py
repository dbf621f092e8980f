"""Strangers who begin to send and do not come to an end, while signed events go on arriving."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from chaos.report import Row
from chaos.stage import stage, tally
from chaos.webhooks import Sender, lost
from tests.support.process import Served

MEGABYTE = 1024 * 1024
ROOT = Path(__file__).parents[1]


async def unfinished_bodies(
    crowds: Sequence[int] = (3, 100), seconds: float = 20, rate: float = 20, slowest: float = 100
) -> Row:
    """F21: unsigned, unfinished posts at webhooks and routes, from one address and from many."""
    seen: list[str] = []
    met = True
    async with stage() as here:
        [server] = await here.processes(1, TRUSTED_PROXIES="127.0.0.1")
        process = psutil.Process(server.process.pid)
        for crowd, many in [(crowd, many) for crowd in crowds for many in (False, True)]:
            sender = Sender(here, [server])
            await asyncio.gather(*(sender.one() for _ in range(20)))
            sender.outcomes.clear()
            before = most = process.memory_info().rss
            pages: list[float] = []
            async with _strangers(server, crowd, many=many):
                going = asyncio.create_task(sender.paced(rate, seconds))
                while not going.done():
                    begun = time.monotonic()
                    await here.call(server, "/health")
                    pages.append(time.monotonic() - begun)
                    most = max(most, process.memory_info().rss)
                    await asyncio.sleep(0.05)
                await going
            grown, page = (most - before) / MEGABYTE, 1000 * max(pages)
            missing = await lost(here.running.services.db, sender)
            met &= set(sender.outcomes) == {"200"} and missing == 0 and grown <= 30 and page <= slowest
            origin = "many addresses" if many else "one address"
            seen.append(
                f"{crowd} from {origin}: events {tally(sender.outcomes)}, {missing} lost, "
                f"+{grown:.0f} MB, slowest page {page:.0f} ms"
            )
    return Row(
        "F21 unfinished, unsigned bodies",
        f"100 % of signed events, memory +≤ 30 MB, pages ≤ {slowest:.0f} ms",
        "; ".join(seen),
        met,
    )


@asynccontextmanager
async def _strangers(server: Served, crowd: int, *, many: bool) -> AsyncIterator[None]:
    """So many who begin again whenever they are hung up on, for as long as this lasts."""
    arguments = ["-m", "chaos.crowd", server.base, str(crowd), "many" if many else "one"]
    senders = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert senders.stdout is not None
    try:
        await senders.stdout.readline()
        yield
    finally:
        senders.kill()
        await senders.wait()
