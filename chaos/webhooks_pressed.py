"""Events that arrive while memory, disk, connections or Redis are short: none is acknowledged unkept."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from urllib.parse import urlsplit

import asyncpg
import psutil

from chaos.report import Row
from chaos.resources import FULL, ROOM
from chaos.shared import bring_back, take_away
from chaos.stage import stage, tally
from chaos.webhooks import ADDRESS, Sender, lost, settled
from tests.support.process import Served
from tests.support.redis import redis_server
from tests.support.webhooks import slack_event

HUGE = 1024 * 1024 * 1024


async def slow_and_endless(crowd: int = 500, seconds: float = 15, rate: float = 20) -> Row:
    """F11: senders that drip, and bodies of a gigabyte, while others send events and read pages."""
    async with stage() as here:
        [server] = await here.processes(1)
        process = psutil.Process(server.process.pid)
        sender = Sender(here, [server])
        await sender.one()
        before = process.memory_info().rss
        dripping = [asyncio.create_task(_drip(server, body=number % 2 == 0)) for number in range(crowd)]
        endless = [asyncio.create_task(_endless(server)) for _ in range(5)]
        pages: list[float] = []
        most, until = before, time.monotonic() + seconds
        going = asyncio.create_task(sender.paced(rate, seconds))
        while time.monotonic() < until:
            begun = time.monotonic()
            await here.call(server, "/health")
            pages.append(time.monotonic() - begun)
            most = max(most, process.memory_info().rss)
            await asyncio.sleep(0.1)
        await going
        async with asyncio.timeout(30):
            ended = await asyncio.gather(*dripping, *endless)
        grown, slowest = (most - before) / 1048576, 1000 * max(pages)
        missing = await lost(here.running.services.db, sender)
        return Row(
            f"F11 {crowd} dripping senders, bodies of 1 GB",
            "bounded time, memory +≤ 100 MB",
            f"events {tally(sender.outcomes)}, {missing} lost; slowest page {slowest:.0f} ms; "
            f"+{grown:.0f} MB; let go of after {max(ended):.0f} s",
            set(sender.outcomes) == {"200"} and missing == 0 and grown <= 100,
            max(ended) < 20,
        )


async def _drip(server: Served, *, body: bool) -> float:
    """Send a webhook a byte at a time; for how many seconds the server put up with it."""
    text, headers = slack_event()
    head = f"POST {ADDRESS} HTTP/1.1\r\nhost: here\r\n".encode()
    rest = b""
    if body:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head += f"{lines}content-length: {len(text)}\r\n\r\n".encode()
        rest = text
    else:
        rest = b"x-slow: " + b"a" * 1000
    return await _told_slowly(server, head, rest, 0.5, 1)


async def _endless(server: Served) -> float:
    """Send a body without end, of no announced length; for how many seconds the server took it."""
    _, headers = slack_event()
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {ADDRESS} HTTP/1.1\r\nhost: here\r\n{lines}transfer-encoding: chunked\r\n\r\n".encode()
    piece = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    return await _told_slowly(server, head, piece * 16, 0, len(piece), again=HUGE // (16 * 65536))


async def _told_slowly(
    server: Served, head: bytes, rest: bytes, pause: float, size: int, again: int = 1
) -> float:
    begun = time.monotonic()
    address = urlsplit(server.base)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    ended = asyncio.create_task(reader.read())
    try:
        writer.write(head)
        for place in (place for _ in range(again) for place in range(0, len(rest), size)):
            if ended.done():
                break
            writer.write(rest[place : place + size])
            await writer.drain()
            await asyncio.wait({ended}, timeout=pause)
        await asyncio.wait({ended}, timeout=20)
    except ConnectionError:
        pass
    finally:
        ended.cancel()
        writer.close()
    return time.monotonic() - begun


async def nothing_left(events: int = 200, held: float = 8) -> Row:
    """F18: the pool is stuck behind a lock, then the disk is full; what was refused is sent again."""
    async with stage() as here:
        [server] = await here.processes(1)
        sender = Sender(here, [server])
        holder = await asyncpg.connect(**here.target)
        locked = holder.transaction()
        await locked.start()
        await holder.execute("LOCK TABLE webhook_keys IN ACCESS EXCLUSIVE MODE")
        begun = time.monotonic()
        sending = asyncio.gather(*(sender.one() for _ in range(events)))
        await asyncio.wait({asyncio.ensure_future(sending)}, timeout=held)
        await locked.rollback()
        await sending
        seconds, stuck = time.monotonic() - begun, Counter(sender.outcomes)
        sender.outcomes.clear()
        await holder.execute(FULL.format(table="webhook_keys"))
        await asyncio.gather(*(sender.one() for _ in range(events)))
        full = Counter(sender.outcomes)
        await holder.execute(ROOM)
        await holder.close()
        sender.outcomes.clear()
        await asyncio.gather(*(sender.one() for _ in range(events)))
        db = here.running.services.db
        missing = await lost(db, sender)
        await settled(db)
        return Row(
            "F18 events at a stuck pool, a full disk",
            "no false 200",
            f"pool: {tally(stuck)} in {seconds:.0f} s; disk: {tally(full)}; then {tally(sender.outcomes)}; "
            f"{missing} lost",
            set(stuck) <= {"200", "503"}
            and set(full) == {"503"}
            and set(sender.outcomes) == {"200"}
            and missing == 0,
        )


async def redis_killed(times: int = 5, *, rate: float = 100, away: float = 2) -> Row:
    """F19: Redis is killed or frozen again and again while events arrive."""
    async with stage() as here, redis_server(here.home) as redis:
        servers = await here.processes(2, REDIS_URL=redis.url)
        sender = Sender(here, servers)
        going = asyncio.create_task(sender.paced(rate, 2 * away * times))
        for turn in range(times):
            await take_away(redis, kill=turn % 2 == 0)
            await asyncio.sleep(away)
            await bring_back(redis)
            await asyncio.sleep(away)
        await going
        db = here.running.services.db
        slowest, missing = await settled(db), await lost(db, sender)
        return Row(
            f"F19 Redis killed or frozen × {times} under events",
            "correctness unchanged",
            f"{tally(sender.outcomes)}; {missing} lost; p99 {1000 * sender.percentile(0.99):.0f} ms; "
            f"handled within {slowest:.1f} s",
            set(sender.outcomes) == {"200"} and missing == 0,
        )
