"""What processes share beside the database: Redis, which is a help and never a need."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

import httpx2

from chaos.keys import Traffic
from chaos.report import Row
from chaos.stage import stage, tally
from tests.support.browsing import Browser
from tests.support.process import Served
from tests.support.redis import RedisServer, redis_server

# Tries to sign in as one person; the counts without Redis are those of each process.
TRIES = 3
ROUNDS = 5
REFRESHES = "SELECT count(*) FROM audit_log WHERE action = 'refresh' AND outcome = 'done'"


async def redis_killed(
    times: int = 5, *, rate: float = 100, away: float = 2, processes: int = 2, pace: float = 0.9
) -> Row:
    """F19: Redis is killed or stopped again and again while calls, refreshes and connects go on.

    `away` is for how many seconds; `pace` is the share of `rate` that has to be reached.
    """
    async with stage() as here, redis_server(here.home) as redis:
        servers = await here.processes(
            processes, REDIS_URL=redis.url, RATE_LIMIT_SIGN_IN_EMAIL=f"{TRIES}/hour"
        )
        traffic = Traffic(here, servers, rate)
        going = asyncio.create_task(traffic.go())
        most, back = 0, 0.0
        try:
            together = await _let_in_together(servers, "together")
            for turn in range(times):
                await take_away(redis, kill=turn % 2 == 0)
                most = max(most, await _let_in(servers, f"turn{turn}"))
                await _all_say(servers, "does not answer")
                await asyncio.sleep(away)
                await bring_back(redis)
                back = max(back, await _all_say(servers, "ok"))
            together = max(together, await _let_in_together(servers, "again"))
        finally:
            traffic.enough.set()
            await going
        refreshes = await here.running.services.db.fetchval(REFRESHES)
        fine = (
            set(traffic.outcomes) == {"200"}
            and refreshes > 0
            and together == TRIES
            and TRIES <= most <= TRIES * processes
        )
        return Row(
            f"F19 Redis killed or frozen × {times} under load",
            "correctness unchanged, calls go on",
            f"{traffic.pace:.0f} calls/s: {tally(traffic.outcomes)}; {refreshes} refreshes, "
            f"{traffic.connects} connects; of {TRIES} tries to sign in {together} were let in, without Redis "
            f"{most} on {processes} processes; back within {back:.1f} s",
            fine,
            back < 10 and traffic.pace >= pace * rate,
        )


async def take_away(redis: RedisServer, *, kill: bool) -> None:
    """Kill Redis, or let it fall silent."""
    if kill:
        await redis.kill()
    else:
        redis.freeze()


async def bring_back(redis: RedisServer) -> None:
    """Undo `take_away`."""
    assert redis.process is not None
    if redis.process.returncode is None:
        redis.thaw()
    else:
        await redis.start()


async def _let_in_together(servers: Sequence[Served], person: str) -> int:
    """The same while Redis answers all of them in time, which a busy machine may need several rounds for."""
    for number in range(ROUNDS):
        before = _times_away(servers)
        seen = await _let_in(servers, f"{person}{number}")
        if _times_away(servers) == before:
            break
    return seen


def _times_away(servers: Sequence[Served]) -> int:
    return sum(server.log.read_text().count("redis_away") for server in servers)


async def _let_in(servers: Sequence[Served], person: str) -> int:
    """Try to sign in as somebody on every process in turn; how many tries were looked at."""
    seen: Counter[int] = Counter()
    for _ in range(TRIES + 1):
        for server in servers:
            async with httpx2.AsyncClient(base_url=server.base, timeout=30, verify=False) as client:
                seen[(await Browser(client).sign_in(f"{person}@example.com")).status_code] += 1
    assert set(seen) == {401, 429}, seen
    return seen[401]


async def _all_say(servers: Sequence[Served], redis: str) -> float:
    """Wait until every process says this of Redis; how many seconds it took. Raises `TimeoutError`."""
    begun = time.monotonic()
    async with asyncio.timeout(20), httpx2.AsyncClient(verify=False) as client:
        for server in servers:
            while not (await client.get(f"{server.base}/ready")).json()["checks"]["redis"].startswith(redis):
                await asyncio.sleep(0.05)
    return time.monotonic() - begun
