"""Receiving webhooks, side by side: ours, the least possible, and Slack's own framework."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from uuid import uuid4

import asyncpg

from bench.database import settled, worn_in
from bench.measures import Contender
from bench.processes import Processes
from bench.report import Pace, Result, table
from bench.roles import SECRET
from bench.stage import public_folder
from bench.wire import SECONDS_TO_FALL_INTO_STEP, pour, request
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres, make_home
from tests.support.process import dsn_of
from tests.support.webhooks import SLACK_SECRET, slack_event

CONNECTIONS = 32
HOOK = "/api/integrations/slack/webhook"
# Makes an event as large as Slack's are on average: 1.7 KB.
WORDS = "The harbour at dusk needs a calmer blue. " * 32


@dataclass
class Load:
    """Posts unique signed events over all connections; remembers how long each answer took."""

    processor_seconds: Callable[[str], float]
    seconds_each: dict[str, list[list[float]]] = field(default_factory=dict)
    rates: dict[str, list[float]] = field(default_factory=dict)

    async def pace(self, name: str, url: str, seconds: float) -> Pace:
        """At which pace these are answered. Raises `Refused` for any answer but 200."""
        # Enough to last, were it half as fast again as it has been so far.
        expected = max(1.5 * max(self.rates.get(name, [0.0])), 9000)
        prepared = [
            self._request(url) for _ in range(round(expected * (seconds + SECONDS_TO_FALL_INTO_STEP)))
        ]
        before = self.processor_seconds(url)
        poured = await pour(url, [iter(prepared)] * CONNECTIONS, seconds)
        self.seconds_each.setdefault(name, []).append(sorted(poured.took))
        self.rates.setdefault(name, []).append(poured.rate)
        return Pace(poured.rate, (self.processor_seconds(url) - before) / poured.answers)

    @staticmethod
    def _request(url: str) -> bytes:
        body, headers = slack_event(text=WORDS, client_msg_id=str(uuid4()))
        return request("POST", url, headers, body)

    def p99(self, name: str) -> float:
        """Milliseconds that 99 of 100 answers stayed below; of several repetitions the median."""
        return 1000 * median(took[int(0.99 * len(took))] for took in self.seconds_each[name])


@asynccontextmanager
async def contenders() -> AsyncIterator[tuple[Load, Mapping[str, Contender]]]:
    """Everything that is compared, running; the first is the floor, the last is ours."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fluxstudio-bench-")))
        public_folder(folder)
        make_home(folder / "home")
        servers = await stack.enter_async_context(Processes(folder))
        load = Load(servers.processor_seconds)
        # The others do not handle what they take in either.
        product = await servers.product(
            "--no-worker",
            FLUXSTUDIO_HOME=str(folder / "home"),
            JWT_SECRET=SECRET,
            SLACK_SIGNING_SECRET=SLACK_SECRET,
        )
        server = await stack.enter_async_context(EmbeddedPostgres(folder / "home"))
        await worn_in(server.superuser_dsn)
        dsn = dsn_of(server.connect_kwargs)
        results = {
            "raw ASGI 200, no database": partial(load.pace, "floor", await servers.role("floor") + "/hook"),
            "slack_bolt, acknowledging only": partial(
                load.pace, "bolt", await servers.role("bolt", SLACK_SECRET, "") + "/hook"
            ),
            "slack_bolt with one insert": partial(
                load.pace, "bolt with insert", await servers.role("bolt", SLACK_SECRET, dsn) + "/hook"
            ),
        }
        if shutil.which("pgbench"):
            results["pgbench, one such insert a commit"] = partial(_pgbench, dsn, folder)
        results["FluxStudio, job enqueued"] = partial(load.pace, "ours", product + HOOK)
        settling = partial(_settled, server.superuser_dsn)
        yield load, {name: partial(settling, contender) for name, contender in results.items()}


async def _settled(superuser: str, contender: Contender, seconds: float) -> Pace:
    """Measure one that does not have to pay for what the one before has left to be written."""
    await settled(superuser)
    return await contender(seconds)


async def _pgbench(dsn: str, folder: Path, seconds: float) -> Pace:
    """Inserts a second that the database commits for as many clients."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS bench_limit (id bigserial PRIMARY KEY, body jsonb NOT NULL)"
    )
    await connection.close()
    body = slack_event(text=WORDS)[0].decode().replace("'", "")
    script = folder / "insert.sql"
    script.write_text(f"INSERT INTO bench_limit (body) VALUES ('{body}');\n")
    command = ("pgbench", "-n", "-f", str(script), "-c", str(CONNECTIONS), "-j", "1")
    started = await asyncio.create_subprocess_exec(
        *(*command, "-T", str(max(1, round(seconds))), dsn), stdout=asyncio.subprocess.PIPE
    )
    text, _ = await started.communicate()
    rates = [line.split()[2] for line in text.decode().splitlines() if line.startswith("tps")]
    # A machine this busy may end it before it has counted anything.
    return Pace(float(rates[0]) if rates else 0.0, None)


async def ingest(repetitions: int, seconds: float) -> None:
    """Measure in turn, several times over, and print the table."""
    async with contenders() as (load, running):
        for contender in running.values():
            await contender(0.5)
        load.seconds_each.clear()
        paces: dict[str, list[Pace]] = {name: [] for name in running}
        for _ in range(repetitions):
            for name, contender in running.items():
                paces[name].append(await contender(seconds))
    title = f"Signed Slack events of 1.7 KB, {CONNECTIONS} connections"
    print(f"{repetitions} interleaved repetitions of {seconds:g} s; medians\n")
    print(table([Result(title, paces, 0.25)]))
    bolt, ours = (
        median(pace.rate for pace in paces[name])
        for name in ("slack_bolt with one insert", "FluxStudio, job enqueued")
    )
    late = {name: load.p99(name) for name in load.seconds_each}
    print(f"\n  FluxStudio : slack_bolt with one insert = {ours / bolt:.2f}  (≥ 2.5)")
    print("  p99: " + ", ".join(f"{name} {milliseconds:.1f} ms" for name, milliseconds in late.items()))
    print(f"  p99: FluxStudio : raw ASGI = {late['ours'] / late['floor']:.2f}  (≤ 3)")
