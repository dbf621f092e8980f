"""What an operator does or suffers: a process stopped under calls, a database host that says nothing."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter

from chaos.report import Row
from chaos.stage import stage, tally
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
from fluxstudio.sdk.simulation.faults import Fault

SLOW_SECONDS = 1.0
HUNG_SECONDS = 20.0


async def stopped_under_calls(count: int = 40) -> Row:
    """SIGTERM while calls wait for their provider: all are answered, and the exit code is 0."""
    async with stage() as at:
        (process,) = await at.processes(1, DRAIN_SECONDS="60")
        faults = at.running.simulators["github"].faults
        faults.active.append(Fault(match="GET .*/user/repos", kind="latency", delay=SLOW_SECONDS))
        seen = len(at.running.seen("github", "GET .*/user/repos"))
        calls = asyncio.create_task(at.calls([process], count))
        async with asyncio.timeout(60):
            while len(at.running.seen("github", "GET .*/user/repos")) < seen + count:
                await asyncio.sleep(0.01)
        process.process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        outcomes: Counter[str] = await calls
        code = await process.process.wait()
    seconds = time.monotonic() - begun
    return Row(
        "a process stopped under calls",
        f"{count} calls answered, exit code 0",
        f"{tally(outcomes)}; exit code {code} after {seconds:.1f} s",
        outcomes == Counter({"200": count}) and code == 0,
    )


async def hung_first_host() -> Row:
    """The first of two database hosts takes connections and says nothing."""
    async with stage() as at:
        held: list[asyncio.StreamWriter] = []

        async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            held.append(writer)

        listening = await asyncio.start_server(hold, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        begun = time.monotonic()
        async with Database(_behind(at.postgres, port)) as db:
            answered = await db.fetchval("SELECT count(*) FROM connections") == 1
        seconds = time.monotonic() - begun
        for writer in held:
            writer.close()
        listening.close()
    return Row(
        "a hung first database host",
        f"passed over within {HUNG_SECONDS:.0f} s",
        f"{seconds:.1f} s",
        answered,
        seconds <= HUNG_SECONDS,
    )


def _behind(postgres: EmbeddedPostgres, port: int) -> dict[str, object]:
    own = postgres.connect_kwargs
    return {**own, "host": ["127.0.0.1", str(own["host"])], "port": [port, int(own["port"])]}
