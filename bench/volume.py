"""What ninety days of events cost: receiving, handling, reading and sweeping with none, and with millions."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from bench.database import settled
from bench.ingest import WORDS
from bench.stage import public_folder
from fluxstudio.core.migrations import migrate_database
from fluxstudio.core.registry import registry_of
from fluxstudio.core.retention import Sweeper
from fluxstudio.core.webhooks import events, processing
from fluxstudio.core.webhooks.events import Events, WebhookEvent
from fluxstudio.flows.webhooks import event_text, process
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres, make_home
from fluxstudio.sdk import json_body
from fluxstudio.settings import Settings
from tests.support.webhooks import slack_event

WEEKS = 14
TOGETHER = 32
# As small as rows can be and still stand for events: disks are finite, and rows are what indexes count.
PAYLOAD = '{"event": {"type": "message", "channel": "C0DESIGN01", "text": "' + WORDS[:120] + '"}}'
WEEK = """
DO $$
DECLARE monday timestamptz := date_trunc('week', clock_timestamp(), 'UTC') - {weeks} * interval '7 days';
BEGIN
    EXECUTE format(
        'CREATE TABLE IF NOT EXISTS %I PARTITION OF integration_webhooks FOR VALUES FROM (%L) TO (%L)',
        'integration_webhooks_' || to_char(monday AT TIME ZONE 'UTC', 'YYYYMMDD'),
        first_event_id(monday), first_event_id(monday + interval '7 days'));
EXCEPTION WHEN duplicate_table THEN NULL;
END $$
"""
FILL = """
WITH made AS (
    SELECT n, (
        lpad(to_hex((extract(epoch FROM date_trunc('week', clock_timestamp(), 'UTC')) * 1000)::bigint
                    - $1::bigint * 604800000 + n * (604800000 / $2::bigint)), 12, '0')
        || '7' || substr(md5(n || 'a' || $1), 1, 3) || '8' || substr(md5(n || 'b' || $1), 1, 15)
    )::uuid AS id
    FROM generate_series(0, $2 - 1) AS n
), kept AS (
    INSERT INTO integration_webhooks (id, provider, delivery_key, event_type, account_id, order_key, payload,
                                      status, attempts, received_at, handled_at)
    SELECT id, 'slack', id::text, 'message', 'T' || n % 1000, 'slack:C' || n % 5000, $3::jsonb, 'handled', 1,
           now() - $1::bigint * interval '7 days', now()
    FROM made
)
INSERT INTO webhook_keys (event_id, key, second_key)
SELECT id, (moment || substr(md5(id::text || 1), 1, 20))::uuid,
       (moment || substr(md5(id::text || 2), 1, 20))::uuid
FROM made CROSS JOIN LATERAL (SELECT substr(replace(id::text, '-', ''), 1, 12) AS moment) m
"""


async def volume(millions: float = 10, repetitions: int = 200) -> str:
    """Measure, fill, and measure again; a table in words."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fluxstudio-bench-")))
        public_folder(folder)
        make_home(folder / "home")
        server = await stack.enter_async_context(EmbeddedPostgres(folder / "home"))
        await migrate_database(server.connect_kwargs, registry_of(Settings()))
        db = await stack.enter_async_context(Database(server.connect_kwargs, command_timeout=600))
        await _measured(db, 20)
        before = await _measured(db, repetitions)
        begun = time.monotonic()
        await _filled(server.connect_kwargs, round(millions * 1_000_000))
        filled = time.monotonic() - begun
        await settled(server.superuser_dsn)
        await _measured(db, 20)
        after = await _measured(db, repetitions)
        lines = [f"{millions:g} million events kept ({filled:.0f} s to make them); medians"]
        for name, first in before.items():
            now = after[name]
            lines.append(f"  {name:<38} {1000 * first:7.2f} ms → {1000 * now:7.2f} ms  {now / first:5.2f}")
        swept, waited = await _swept(db)
        lines.append(
            f"  the oldest week swept in {swept:.1f} s; the slowest commit meanwhile {1000 * waited:.1f} ms"
        )
        return "\n".join(lines)


async def _filled(target: Mapping[str, Any], count: int) -> None:
    """As many events, spread over the weeks they are kept for and one that they are not."""
    connection = await asyncpg.connect(**target, command_timeout=3600)
    try:
        await connection.execute("SET synchronous_commit = off")
        for week in range(1, WEEKS + 1):
            await connection.execute(WEEK.format(weeks=week))
            await connection.execute(FILL, week, count // WEEKS, PAYLOAD)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _measured(db: Database, repetitions: int) -> dict[str, float]:
    """Seconds that things take, each the median of its repetitions."""
    stored = Events(db)
    received: list[UUID] = []

    async def receive() -> None:
        received.extend(await commit(db, TOGETHER))

    async def take() -> None:
        event_id = received.pop(0)
        assert await db.fetchrow(processing.sql.claim, event_id, process.ENDS_WITHIN)

    async def read() -> None:
        assert len(await stored.page(None, limit=50)) == 50

    things: dict[str, Callable[[], Awaitable[None]]] = {
        f"receive: a commit of {TOGETHER} events": receive,
        "handle: take one event": take,
        "read: the first page": read,
    }
    return {name: await _median(thing, repetitions) for name, thing in things.items()}


async def _median(thing: Callable[[], Awaitable[None]], repetitions: int) -> float:
    took = []
    for _ in range(repetitions):
        begun = time.perf_counter()
        await thing()
        took.append(time.perf_counter() - begun)
    return median(took)


async def commit(db: Database, count: int) -> list[UUID]:
    """Receive so many fresh events in one commit, with their jobs."""
    arrivals = [arrival() for _ in range(count)]
    stored = await events.store(db, arrivals, job=process.JOB, together=process.TOGETHER)
    fresh = stored.new_ids
    assert len(fresh) == count
    return [entry.id for entry in arrivals]


def arrival() -> WebhookEvent:
    """A fresh event on its way in, of a conversation of its own: those of one have to wait for each other."""
    body, _headers = slack_event(text=WORDS)
    now = time.time()
    delivery, second = uuid4().hex, uuid4().hex
    return WebhookEvent(
        id=events.new_id(now),
        provider="slack",
        delivery_key=delivery,
        key=events.key_of("slack", delivery, now),
        second_key=events.key_of("slack", second, now),
        event_type="message",
        account_id="T1",
        subscription=None,
        order_key=f"slack:C{random.randrange(10**9)}",
        payload=json_body(body),
        size=1000,
    )


async def _swept(db: Database) -> tuple[float, float]:
    """Sweep what is too old while events arrive; seconds it took, and the slowest commit meanwhile."""
    begun = time.monotonic()
    summarize = partial(event_text.summary, registry_of(Settings()))
    sweeping = asyncio.create_task(Sweeper(db, Settings().retention, summarize).events())
    slowest = 0.0
    while not sweeping.done():
        at = time.perf_counter()
        await commit(db, TOGETHER)
        slowest = max(slowest, time.perf_counter() - at)
    await sweeping
    return time.monotonic() - begun, slowest
