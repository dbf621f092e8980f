"""Strangers who begin to send and do not come to an end, while signed events go on arriving."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import psutil

from faults.report import Row
from faults.stage import stage, tally
from faults.webhooks import Sender, lost
from tests.support.process import Served

HOOKS = [f"/api/integrations/{provider}/webhook" for provider in ("github", "slack", "figma")]
UPLOADS = ["/api/integrations/slack/files", "/api/session", "/settings/integrations"]
MEGABYTE = 1024 * 1024
PIECE = b"x" * 65536
# How much of a body of which more was announced a stranger sends at once.
SENT = 24 * MEGABYTE


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
async def _strangers(server: Served, crowd: int, *, many: bool) -> AsyncIterator[Counter[str]]:
    """So many who begin again whenever they are hung up on, for as long as this lasts."""
    answers: Counter[str] = Counter()
    tasks = [asyncio.create_task(_begin_again(server, number, answers, many=many)) for number in range(crowd)]
    try:
        yield answers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _begin_again(server: Served, number: int, answers: Counter[str], *, many: bool) -> None:
    while True:
        try:
            answers[await _unfinished(server, number, many=many)] += 1
        except (ConnectionError, IndexError):
            answers["hung up"] += 1
        # However often they come back: the machine's cores are for who is tried here.
        await asyncio.sleep(0.5)


async def _unfinished(server: Served, number: int, *, many: bool) -> str:
    """Send much of a body, then a byte now and then, until there is an answer; its status."""
    address = urlsplit(server.base)
    path = (HOOKS + UPLOADS)[number % 6]
    kind = "multipart/form-data; boundary=x" if path in UPLOADS else "application/json"
    # The proxy whom the process trusts says where they are.
    source = f"203.0.{number // 250}.{number % 250 + 1}" if many else "203.0.113.7"
    announced = 25 * MEGABYTE if number % 6 == 0 or path in UPLOADS else MEGABYTE
    head = [
        f"POST {path} HTTP/1.1",
        f"host: {address.netloc}",
        f"content-length: {announced}",
        f"content-type: {kind}",
        f"x-forwarded-for: {source}",
    ]
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    answer = asyncio.create_task(reader.readline())
    try:
        writer.write("\r\n".join([*head, "", ""]).encode())
        sent = 0
        while not answer.done():
            whole = sent < min(SENT, announced - MEGABYTE // 2)
            writer.write(PIECE if whole else b"x")
            sent += len(PIECE) if whole else 1
            await writer.drain()
            await asyncio.wait({answer}, timeout=0.1 if whole else 1)
        return (await answer).split()[1].decode()
    finally:
        answer.cancel()
        await asyncio.gather(answer, return_exceptions=True)
        writer.close()
