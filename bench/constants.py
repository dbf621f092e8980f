"""What one event, one call and one process cost: the constants that docs/scaling.md calculates with.

Processor time is counted, and not how long anything took, so that a busy machine changes little.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import asyncpg
import psutil

from bench.browser import Browser
from bench.processes import Processes, free_port
from bench.reaction import connect, product_settings
from bench.stage import INTEGRATIONS, bearer_of, public_folder
from bench.wire import pour, request
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
from tests.support.process import dsn_of
from tests.support.webhooks import SLACK_SECRET, slack_event

EVENTS, CALLS, CONNECTIONS = 2_000, 2_000, 16
# A whole time between two checkpoints, after which each page is written in full once.
IDLE_SECONDS = 300.0
SETTLING_SECONDS = 30.0
DAY_SECONDS = 86_400.0
# Makes an event as large as Slack's are on average: 1.7 KB.
WORDS = "The harbour at dusk needs a calmer blue. " * 32
SIZE = """
SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
"""
SESSIONS = """
SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND backend_type = 'client backend'
"""
# Copies of what one connect has left, so that they are as large as real ones.
COPIES = 10_000
COLUMNS = """
SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'
"""
COPY = """
INSERT INTO {table} ({columns})
SELECT {columns} FROM (
    SELECT (jsonb_populate_record(t, jsonb_build_object({changes}))).*
    FROM {table} t, generate_series(1, $1) n WHERE t.id = (SELECT id FROM {table} LIMIT 1)
) made
"""
CHANGES = {
    "users": "'id', md5('user' || n)::uuid, 'subject', 'copy' || n, 'email', NULL",
    "oauth_tokens": "'id', md5('grant' || n)::uuid, 'account_id', 'copy' || n",
    "connections": "'id', md5('connection' || n)::uuid, 'user_id', md5('user' || n)::uuid, "
    "'grant_id', md5('grant' || n)::uuid",
}
LEFT = "SELECT count(*) FROM integration_webhooks WHERE status <> 'handled'"


@dataclass
class Installation:
    """Two processes of the product over a database of their own."""

    base: str
    database: asyncpg.Connection[Any]
    serve: psutil.Process
    worker: psutil.Process
    postgres: psutil.Process

    def seconds(self) -> dict[str, float]:
        """Processor seconds that each has taken so far, all processes of the database together."""
        return {
            "serve": _seconds([self.serve, *self.serve.children(recursive=True)]),
            "worker": _seconds([self.worker, *self.worker.children(recursive=True)]),
            "database": _seconds([self.postgres, *self.postgres.children(recursive=True)]),
        }

    async def written(self) -> int:
        """Bytes of the write-ahead log so far."""
        return int(await self.database.fetchval("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))

    async def size(self) -> int:
        """Bytes of all tables with their indexes."""
        return int(await self.database.fetchval(SIZE))


def _seconds(processes: Sequence[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _memory(process: psutil.Process) -> str:
    """What is its own, which every further process takes as well, and with what it shares with others."""
    memory = process.memory_full_info()
    return f"{memory.uss / 2**20:.0f} MiB of its own, {memory.rss / 2**20:.0f} MiB with what is shared"


async def constants(repetitions: int, seconds: float) -> None:
    """Measure once, and print a line for each constant."""
    async with AsyncExitStack() as stack:
        on = await _installation(stack)
        await asyncio.sleep(SETTLING_SECONDS)
        idle, wal = on.seconds(), await on.written()
        await asyncio.sleep(IDLE_SECONDS)
        idle = _difference(on.seconds(), idle)
        wal_a_day = (await on.written() - wal) * DAY_SECONDS / IDLE_SECONDS
        sessions = [await on.database.fetchval(SESSIONS, name) for name in ("serve", "worker")]
        print("Constants, in processor time\n")
        _say("serve, idle", _memory(on.serve), "≤ 100")
        _say("worker, idle", _memory(on.worker), "≤ 90")
        _say("write-ahead log, idle", f"{wal_a_day / 1e6:.0f} MB a day", "≤ 60")
        _say("sessions in the database, idle", f"serve {sessions[0]}, worker {sessions[1]}", "≤ 12 each")
        for name, spent in idle.items():
            _say(f"{name}, idle", f"{100 * spent / IDLE_SECONDS:.1f} % of a core")
        await _of_events(on)
        await _of_calls(on)
        await _of_connections(on)
        sessions = [await on.database.fetchval(SESSIONS, name) for name in ("serve", "worker")]
        _say(
            "sessions in the database, under load", f"serve {sessions[0]}, worker {sessions[1]}", "≤ 12 each"
        )


async def _installation(stack: AsyncExitStack) -> Installation:
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="fluxstudio-bench-")))
    public_folder(folder)
    servers = await stack.enter_async_context(Processes(folder))
    port = free_port()
    hosts = await servers.role("office", f"http://127.0.0.1:{port}", "1", port=port)
    settings = product_settings(folder / "home", hosts) | {"SLACK_SIGNING_SECRET": SLACK_SECRET}
    server = await stack.enter_async_context(EmbeddedPostgres(folder / "home"))
    dsn = dsn_of(server.connect_kwargs)
    port = free_port()
    base = await servers.product("--no-worker", **settings, DATABASE_URL=f"{dsn}&application_name=serve")
    await servers.worker(port, **settings, DATABASE_URL=f"{dsn}&application_name=worker")
    database = await asyncpg.connect(server.superuser_dsn)
    stack.push_async_callback(database.close)
    serve, worker = (psutil.Process(pid) for pid in servers.pids[-2:])
    postmaster = psutil.Process(await database.fetchval("SELECT pg_backend_pid()")).parent()
    assert postmaster is not None
    return Installation(base, database, serve, worker, postmaster)


async def _of_events(on: Installation) -> None:
    """Events received, handled, and kept."""
    url = f"{on.base}{INTEGRATIONS}/slack/webhook"
    requests = []
    for _ in range(EVENTS):
        body, headers = slack_event(text=WORDS, client_msg_id=str(uuid4()))
        requests.append(request("POST", url, headers, body))
    before, wal, size = on.seconds(), await on.written(), await on.size()
    # One iterator that all connections share, until it is empty.
    await pour(url, [iter(requests)] * CONNECTIONS, 600)
    async with asyncio.timeout(600):
        while await on.database.fetchval(LEFT):  # noqa: ASYNC110 - it happens elsewhere
            await asyncio.sleep(0.5)
    spent = _difference(on.seconds(), before)
    logged = await on.written() - wal
    grown = await on.size() - size
    for name, doing in (("serve", "received"), ("worker", "handled"), ("database", "received and handled")):
        _say(f"events {doing}, a core of {name}", f"{EVENTS / spent[name]:,.0f} a second")
    _say("write-ahead log", f"{logged / EVENTS / 1e3:.1f} MB for 1,000 events")
    _say("disk", f"{grown / EVENTS / 1e3:.1f} KB an event")


async def _of_calls(on: Installation) -> None:
    """Calls of somebody who is connected, answered from what is kept."""
    headers, url = bearer_of("ada"), f"{on.base}{INTEGRATIONS}/slack/channels"
    async with Browser() as browser:
        await browser.ask("POST", f"{on.base}/api/session", headers)
        await connect(on.base, browser, "slack", "T0HARBOUR1")
        await browser.ask("GET", url, headers)
    before = on.seconds()
    await pour(url, [iter([request("GET", url, headers)] * CALLS)] * CONNECTIONS, 600)
    spent = _difference(on.seconds(), before)
    _say("calls, a core of serve", f"{CALLS / spent['serve']:,.0f} a second")
    _say("calls, a core of database", f"{CALLS / spent['database']:,.0f} a second")


async def _of_connections(on: Installation) -> None:
    """What a user with one connected account takes of the disk."""
    before = await on.size()
    for table, changes in CHANGES.items():
        columns = await on.database.fetchval(COLUMNS, table)
        await on.database.execute(COPY.format(table=table, columns=columns, changes=changes), COPIES)
    _say("disk", f"{(await on.size() - before) / COPIES / 1e3:.1f} KB a user with a connection")


def _difference(after: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {name: max(after[name] - before[name], 0.01) for name in after}


def _say(what: str, value: str, required: str = "") -> None:
    print(f"  {what:44} {value}" + (f"   ({required})" if required else ""), flush=True)
