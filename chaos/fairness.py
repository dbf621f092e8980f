"""One member's backlog, and what a neighbour notices of it."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID, uuid4

from chaos.report import Row
from chaos.stage import Stage, stage
from fluxstudio.core.webhooks import events
from fluxstudio.core.webhooks.events import WebhookEvent
from fluxstudio.flows.webhooks import process
from tests.support.automating import COMMENT, Automating

AT_ONCE = 500
ENDED = """
SELECT extract(epoch FROM r.finished_at - e.received_at)::float8
FROM automation_runs r JOIN integration_webhooks e ON e.id = r.event_id
WHERE e.id = $1 AND r.finished_at IS NOT NULL
"""
HANDLED = """
SELECT extract(epoch FROM handled_at - received_at)::float8 FROM integration_webhooks
WHERE id = $1 AND status = 'handled'
"""
STARTED = "SELECT count(*) FROM automation_runs"
DRAINED = """
SELECT count(*) FILTER (WHERE status = 'handled') AS handled,
       count(*) FILTER (WHERE attempts <> 1) AS again,
       extract(epoch FROM max(handled_at) - min(handled_at))::float8 AS seconds
FROM integration_webhooks WHERE order_key = 'figma:busy'
"""
# Whether each was handled no sooner than the one before it; those of one transaction at the same moment.
OUT_OF_ORDER = """
SELECT count(*) FROM (
    SELECT handled_at < lag(handled_at) OVER (ORDER BY id) AS earlier
    FROM integration_webhooks WHERE order_key = 'figma:busy'
) AS steps WHERE earlier
"""


async def crowded(runs: int = 500, backlog: int = 10_000, *, looks: int = 5, seconds: float = 2) -> Row:
    """F23: somebody has hundreds of runs to be done, and thousands of events of one file; others go on."""
    async with stage() as here:
        ada = await Automating.begin(here.running, "ada")
        mei = await _neighbour(here)
        await ada.make(_rule("C0DESIGN01"))
        await mei.make(_rule("C0LAUNCH01"))
        [account, neighbour] = [await _account(here, person) for person in (ada, mei)]
        await here.processes(1)
        await _store(here, account, runs)
        await _until(here, STARTED, runs)
        took = [await _took(here, neighbour, ENDED) for _ in range(looks)]
        # No rule is for these, so that only the events themselves are in the way.
        await _store(here, account, backlog, order="figma:busy", kind="FILE_UPDATE")
        handled = [await _took(here, neighbour, HANDLED) for _ in range(looks)]
        drained, out_of_order = await _drained(here, backlog)
        slowest, rate = max(*took, *handled), backlog / max(drained["seconds"], 0.001)
        return Row(
            f"F23 {runs} runs and {backlog:,} events of one file",
            f"a neighbour's run and event ≤ {seconds:g} s",
            f"run {max(took):.2f} s, event {max(handled):.2f} s; {drained['handled']:,} handled at "
            f"{rate:,.0f}/s, {drained['again']} twice, {out_of_order} out of order",
            drained["handled"] == backlog and drained["again"] == 0 and out_of_order == 0,
            slowest <= seconds,
        )


async def _neighbour(here: Stage) -> Automating:
    """Mei, with accounts of her own."""
    client = await here.running.client("mei")
    connections = {}
    for provider in ("figma", "slack"):
        choices = [choice.id for choice in here.running.simulators[provider].choices()]
        connections[provider] = await here.running.connect(client, provider, choice=choices[-1])
    return Automating(here.running, client, connections)


def _rule(channel: str) -> dict[str, Any]:
    return {
        "when": {"event": "figma.FILE_COMMENT"},
        "do": {
            "operation": "slack.message",
            "arguments": {"channel": channel, "text": "{{ event.comment | join('', 'text') }}"},
        },
        "limit": {"runs": 1000, "per": "minute"},
    }


async def _account(here: Stage, person: Automating) -> str:
    account: str = (await here.running.grant_of(person.connections["figma"]))["account_id"]
    return account


async def _store(
    here: Stage, account: str, count: int, *, order: str | None = None, kind: str = "FILE_COMMENT"
) -> list[UUID]:
    """Events as if received, several hundred in a commit."""
    services, stored = here.running.services, []
    for place in range(0, count, AT_ONCE):
        arrivals = [_arrival(account, order, kind) for _ in range(min(AT_ONCE, count - place))]
        await events.store(services.db, arrivals, job=process.JOB, together=process.TOGETHER)
        services.wakeups.wake(process.JOB)
        stored += [arrival.id for arrival in arrivals]
    return stored


def _arrival(account: str, order: str | None, kind: str) -> WebhookEvent:
    delivery, now = uuid4().hex, time.time()
    return WebhookEvent(
        id=events.new_id(now),
        provider="figma",
        delivery_key=delivery,
        key=events.key_of("figma", delivery, now),
        second_key=None,
        event_type=kind,
        account_id=account,
        subscription=None,
        order_key=order,
        payload=COMMENT,
    )


async def _until(here: Stage, query: str, count: int) -> None:
    async with asyncio.timeout(120):
        while await here.running.services.db.fetchval(query) < count:
            await asyncio.sleep(0.05)


async def _took(here: Stage, account: str, query: str) -> float:
    """Seconds from an event of an account to what the query waits for."""
    [event_id] = await _store(here, account, 1)
    async with asyncio.timeout(120):
        while (took := await here.running.services.db.fetchval(query, event_id)) is None:
            await asyncio.sleep(0.02)
    return float(took)


async def _drained(here: Stage, backlog: int) -> tuple[Any, int]:
    """How the events of the one file were handled, once all are."""
    db = here.running.services.db
    async with asyncio.timeout(300):
        while (row := await db.fetchrow(DRAINED)) is None or row["handled"] < backlog:
            await asyncio.sleep(0.1)
    return row, await db.fetchval(OUT_OF_ORDER)
