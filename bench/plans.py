"""What hot statements look at with a short history and with a long one, on both servers that are promised."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from bench.stage import public_folder
from bench.volume import arrival
from fluxstudio.core import retention
from fluxstudio.core.insights import counts, report
from fluxstudio.core.jobs import queue
from fluxstudio.core.migrations import migrate_database
from fluxstudio.core.registry import registry_of
from fluxstudio.core.webhooks import events, processing
from fluxstudio.flows.webhooks import process
from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres, make_home
from fluxstudio.settings import Settings
from tests.core.test_plans import MEMBER, RULE, rolled_back, statements
from tests.support.debian import OWNER, debian

WEEKS = 14
# Rows of other tables beside each row of events.
RUNS, AUDIT, COUNTS = 0.2, 0.2, 0.1
# Nothing of it has to outlive the server, and an index is made at once when its partition is attached.
PARTITION = """
CREATE UNLOGGED TABLE {name} (LIKE integration_webhooks INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
INSERT INTO {name} (id, provider, delivery_key, event_type, account_id, order_key, payload, status, attempts,
                    audience, received_at, handled_at)
SELECT overlay(first_event_id(at)::text PLACING lpad(to_hex(n), 12, '0') FROM 25)::uuid, 'slack', n::text,
       CASE n % 200000 WHEN 7 THEN 'rare' ELSE 'message' END, 'T' || n % 5000, 'slack:C' || n % 5000,
       '{{"text": "Hello"}}', 'handled', 1, '', at, at
FROM generate_series(1, {rows}) AS n
CROSS JOIN LATERAL (SELECT '{begins}'::timestamptz + n * interval '7 days' / ({rows} + 1) AS at) moment;
ALTER TABLE integration_webhooks ATTACH PARTITION {name}
    FOR VALUES FROM (first_event_id('{begins}'))
               TO (first_event_id('{begins}'::timestamptz + interval '7 days'));
INSERT INTO webhook_keys (event_id, key, second_key)
SELECT id, overlay(id::text PLACING '0' FROM 15)::uuid, overlay(id::text PLACING '1' FROM 15)::uuid
FROM {name};
"""
AUDITED = """
INSERT INTO audit_log (user_id, action, outcome, details, at)
SELECT $1, 'call', 'done', '{}', now() - n * interval '90 days' / $2 FROM generate_series(1, $2::integer) AS n
"""
COUNTED = """
INSERT INTO insight_counts (hour, figure, provider, subject, outcome, account_id, count)
SELECT date_trunc('hour', now()) - n / 5000 * interval '1 hour', 'events', 'slack', 'message', '',
       'T' || n % 5000, 1
FROM generate_series(1, $1::integer) AS n
"""
LONG, FEW = timedelta(days=90), 500
HISTORY = re.compile(r"integration_webhooks|webhook_keys|automation_runs|audit_log|insight_counts|jobs")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a statement looked at: rows of the history, pages of 8 KB, and by which steps; milliseconds."""

    rows: float
    pages: int
    milliseconds: float
    steps: str


async def plans(millions: float = 10) -> None:
    """Print the plans on the embedded server and on PostgreSQL 15; takes up to 8 GB each, one at a time."""
    for server in (_embedded, _debian):
        async with server() as target, Database(target, command_timeout=3600) as db:
            await migrate_database(target, registry_of(Settings()))
            async with db.connection() as connected:
                version = await connected.fetchval("SHOW server_version")
                member, rule = await _people(connected)
                await _fill(connected, 1, 20_000, member)
                short = await _explained(connected, member, rule)
                begun = time.monotonic()
                await _fill(connected, WEEKS, round(millions * 1e6), member)
                took = time.monotonic() - begun
                long = await _explained(connected, member, rule)
                size = await connected.fetchval("SELECT pg_size_pretty(pg_database_size(current_database()))")
        print(f"PostgreSQL {version}: {millions:g} million events, {size}, made in {took:.0f} s")
        print(f"  {'':<32} {'rows':>15} {'pages of 8 KB':>17} {'ms':>15}")
        for title, before in short.items():
            now = long[title]
            print(
                f"  {title:<32} {before.rows:>6.0f} → {now.rows:>6.0f} {before.pages:>7} → {now.pages:>7}"
                f" {before.milliseconds:>6.1f} → {now.milliseconds:>6.1f}  {now.steps}"
            )


@asynccontextmanager
async def _embedded() -> AsyncIterator[Mapping[str, Any]]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fluxstudio-bench-")))
        public_folder(folder)
        make_home(folder / "home")
        server = await stack.enter_async_context(EmbeddedPostgres(folder / "home"))
        yield server.connect_kwargs


@asynccontextmanager
async def _debian() -> AsyncIterator[Mapping[str, Any]]:
    with debian() as server:
        await server.make_owner()
        connection = await asyncpg.connect(**server.superuser)
        await connection.execute(f"CREATE DATABASE plans OWNER {OWNER}")
        await connection.close()
        yield {**server.connect_kwargs, "database": "plans"}


async def _people(connected: Connection) -> tuple[UUID, UUID]:
    """A member with a rule that has no runs yet."""
    member: UUID = await connected.fetchval(MEMBER)
    rule: UUID = await connected.fetchval(RULE, member, 0)
    return member, rule


async def _fill(connected: Connection, weeks: int, rows: int, member: UUID) -> None:
    """So many events, spread over weeks that end with this one, and what else comes with them."""
    await connected.execute("SET synchronous_commit = off; SET maintenance_work_mem = '512MB'")
    monday = await connected.fetchval("SELECT date_trunc('week', now(), 'UTC')")
    for week in range(1, weeks + 1):
        begins = monday - week * timedelta(days=7)
        name = f"integration_webhooks_{begins:%Y%m%d}"
        if week == 1:
            await connected.execute(f"DROP TABLE IF EXISTS {name}; TRUNCATE webhook_keys")
        await connected.execute(
            PARTITION.format(name=name, rows=rows // weeks, begins=begins.astimezone(UTC).isoformat())
        )
    await connected.execute(
        "INSERT INTO automation_runs (automation_id, version, event_id, status, created_at, finished_at) "
        "SELECT a.id, 1, gen_random_uuid(), 'done', now() - n * interval '90 days' / $1, now() "
        "FROM automations a, generate_series(1, $1::integer) AS n",
        round(RUNS * rows),
    )
    await connected.execute(AUDITED, member, round(AUDIT * rows))
    await connected.execute("TRUNCATE insight_counts")
    await connected.execute(COUNTED, round(COUNTS * rows))
    await connected.execute("VACUUM ANALYZE")


async def _explained(connected: Connection, member: UUID, rule: UUID) -> dict[str, Plan]:
    """The plan of each statement, run twice and rolled back, so that neither caches nor parsing count."""
    ids = [row["id"] for row in await connected.fetch(
        "(SELECT id FROM integration_webhooks ORDER BY id LIMIT 1) UNION ALL "
        "(SELECT id FROM integration_webhooks ORDER BY id DESC LIMIT 2) ORDER BY id"
    )]  # fmt: skip
    asked = {
        **statements(ids[2], ids[1], ids[0], rule),
        **{title: (False, *rest) for title, rest in (await _further(connected)).items()},
    }
    explained_by_title: dict[str, Plan] = {}
    for title, (of_member, query, arguments) in asked.items():
        for _ in range(2):
            async with rolled_back(connected):
                if of_member:
                    await connected.execute(
                        f"SET LOCAL ROLE fluxstudio_user; SET LOCAL fluxstudio.user_id = '{member}'"
                    )
                explained = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {query}"
                [plan] = await connected.fetchval(explained, *arguments)
                explained_by_title[title] = _plan(plan)
    return explained_by_title


async def _further(connected: Connection) -> dict[str, tuple[str, tuple[Any, ...]]]:
    """Statements that workers, senders and sweepers run."""
    fresh, earlier = [arrival() for _ in range(32)], [arrival() for _ in range(32)]
    await events.store(connected, earlier, job=process.JOB, together=process.TOGETHER)
    now = datetime.now(UTC)
    counted = (["events"], ["slack"], ["message"], [""], [None], ["T1"], [1])
    sweeping, sql = retention.sql, events.sql
    return {
        "32 events kept, none known": (sql.store, (fresh, process.JOB, process.TOGETHER)),
        "32 events kept, all known": (sql.store, (earlier, process.JOB, process.TOGETHER)),
        "an event claimed": (processing.sql.claim, (earlier[0].id, process.ENDS_WITHIN)),
        "jobs taken": (
            queue.sql.take,
            (process.JOB, uuid4(), timedelta(seconds=30), 16, 16, 64, 8, "", [], [], []),
        ),
        "insights added": (counts.sql.add, counted),
        "insights of a day": (report.sql.counted_by_all, (now - timedelta(days=1), now, "hour")),
        "insights compacted": (counts.sql.compact, (counts.HOURS_KEPT_FOR,)),
        "500 runs swept": (sweeping.sweep_runs, (LONG, FEW)),
        "500 lines of the audit log swept": (sweeping.sweep_audit, (LONG, FEW)),
        "500 keys swept": (sweeping.sweep_keys, (LONG, FEW)),
        "500 events swept": (sweeping.sweep_events, (LONG, FEW)),
        "500 payloads to delete": (sweeping.next_payloads, (timedelta(days=30), FEW)),
    }


def _plan(explained: Mapping[str, Any]) -> Plan:
    top = explained["Plan"]
    nodes = list(_nodes(top))
    scans = [node for node in nodes if HISTORY.match(node.get("Relation Name", "")) and _touched(node)]
    names = {f"{node['Node Type']} {_place(node)}" for node in scans}
    return Plan(
        sum(map(_touched, scans)),
        top["Shared Hit Blocks"] + top["Shared Read Blocks"],
        explained["Execution Time"],
        ", ".join(sorted(names)) or top["Node Type"],
    )


def _place(node: Mapping[str, Any]) -> str:
    """The index that a step walks, or its table, without the week of a partition."""
    return re.sub(r"_\d{8}", "", node.get("Index Name") or node["Relation Name"])


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _touched(node: Mapping[str, Any]) -> float:
    removed = sum(rows for name, rows in node.items() if name.startswith("Rows Removed"))
    return float((node["Actual Rows"] + removed) * node["Actual Loops"])
