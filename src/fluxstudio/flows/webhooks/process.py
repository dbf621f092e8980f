"""Handling events: whatever follows from one inside the product happens in one transaction, and so once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from fluxstudio.core.automations import rules
from fluxstudio.core.event_stream.subscribers import StreamEvent
from fluxstudio.core.jobs import queue
from fluxstudio.core.jobs.queue import Job
from fluxstudio.core.metrics import counters
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks import events, unknown_shapes
from fluxstudio.core.webhooks.events import sql
from fluxstudio.errors import FluxStudioError
from fluxstudio.flows.visibility import resources
from fluxstudio.flows.visibility.conversations import settle
from fluxstudio.flows.webhooks.effects import end_access, outdate
from fluxstudio.flows.webhooks.large_events import with_payload
from fluxstudio.flows.webhooks.starters import Starter, plan_of
from fluxstudio.kit.postgres.database import Connection, DatabaseUnavailable

log = structlog.get_logger(__name__)

# How long an event waits for one before it that has begun. What takes longer was lost with its worker, and
# must not hold up the others.
ENDS_WITHIN = timedelta(seconds=3)
SECONDS_BETWEEN_RENEWALS = 1.0
# Looks before an event goes back into the queue until its turn comes, and seconds between them.
LOOKS, BETWEEN_LOOKS, TURN = 5, 0.02, 0.3
# The kinds of the jobs of events and of what they start, and how many events one job is for at most.
JOB, RUN, TOGETHER = "event", "run", 20
# Events handled in one transaction, and orders that one turn is at when each of its events has its own.
BATCH, ORDERS_AT_ONCE = 50, 4


class EarlierEventPending(queue.Retry):
    """Others of the same order come first."""


async def enqueue(
    connected: Connection, event_ids: Sequence[UUID], *, share: str | None = None, seconds: float = 0
) -> None:
    """Have events handled, `seconds` after the caller's transaction commits: one job for some of them."""
    together = [event_ids[place : place + TOGETHER] for place in range(0, len(event_ids), TOGETHER)]
    payloads = [b"".join(event_id.bytes for event_id in some) for some in together]
    await queue.enqueue(connected, JOB, payloads, share=share, seconds=seconds)


async def process_turn(services: Services, turn: Sequence[Job], start_runs: Starter) -> None:
    """Handle the events of some jobs: those of a lane are of one order, the others of none.

    Some of each lane share a transaction. Where that fails, or a worker was lost with them before, each has
    its own. Raises `queue.Retry` when there has to be another attempt at an only one.
    """
    lanes: dict[str, list[UUID]] = {}
    for job in turn:
        lanes.setdefault(job.lane, []).extend(_ids_of(job.payload))
    if any(job.attempts > 1 for job in turn):
        event_ids = [event_id for ids in lanes.values() for event_id in ids]
        await process_each(services, event_ids, start_runs, share=turn[0].share)
        return
    each = max(1, BATCH // len(lanes))
    for place in range(0, max(map(len, lanes.values())), each):
        some = {lane: ids[place : place + each] for lane, ids in lanes.items() if len(ids) > place}
        left = await _process_together(services, some, each, start_runs)
        if left:
            await process_each(services, left, start_runs, share=turn[0].share)


async def _process_together(
    services: Services, lanes: Mapping[str, Sequence[UUID]], each: int, start_runs: Starter
) -> list[UUID]:
    """Handle events by lane, up to `each` of one in a transaction; the events that are left after that."""
    left = [event_id for ids in lanes.values() for event_id in ids]
    try:
        handled: set[UUID] | None = None
        # Earlier ones of an order may take the places of those that were asked for.
        while left and handled != set():
            handled = await _process_batch(services, lanes, each, start_runs)
            left = [event_id for event_id in left if event_id not in handled]
    except DatabaseUnavailable:
        raise
    except Exception as error:
        log.warning("batch_failed", kind=type(error).__name__, events=len(left))
    return left


def _ids_of(payload: bytes) -> list[UUID]:
    return [UUID(bytes=payload[place : place + 16]) for place in range(0, len(payload), 16)]


async def _process_batch(
    services: Services, lanes: Mapping[str, Sequence[UUID]], each: int, start_runs: Starter
) -> set[UUID]:
    """Handle events that nobody has begun in one transaction, the earliest of their order first; which."""
    orders = {lane: max(ids) for lane, ids in lanes.items() if lane}
    rows = await services.db.fetch(sql.batch, lanes[""]) if "" in lanes else []
    if orders:
        rows += await services.db.fetch(sql.batch_of_orders, list(orders), list(orders.values()), each)
    if not rows:
        return set()
    events_read = [await with_payload(services, dict(row)) for row in rows]
    audiences = await asyncio.gather(*(settle(services, event) for event in events_read))
    settled = [
        {**event, "audience": audience} for event, audience in zip(events_read, audiences, strict=True)
    ]
    await resources.note(services, settled)
    await unknown_shapes.note(services.db, services.registry, settled)
    plan = await plan_of(services, settled, start_runs)
    async with services.db.transaction() as connected:
        open_ids = await connected.fetch(sql.lock_batch, [row["id"] for row in rows])
        still_open = {row["id"] for row in open_ids}
        batch = [event for event in settled if event["id"] in still_open]
        if not batch:
            return set()
        notes = await outdate(services, connected, batch)
        await plan.lock(connected)
        runs: list[UUID] = []
        records = []
        for event in batch:
            begun = time.monotonic()
            started = await plan.start(connected, event)
            ended = await end_access(services, connected, event)
            runs += started
            note = _note(notes.get(event["id"], ""), ended, len(started))
            records.append((event["id"], events.milliseconds_since(begun), note))
        await rules.enqueue_runs(connected, RUN, runs)
        asked = await resources.enqueue(connected, batch)
        await connected.execute(sql.handled_together, *map(list, zip(*records, strict=True)))
    for _ in batch:
        counters.delivered("event", "done")
    _announce(services, batch, "handled")
    if runs:
        services.wakeups.wake(RUN)
    if asked:
        services.wakeups.wake(resources.JOB)
    return {event["id"] for event in batch}


def _note(outdated: str, ended: str, runs: int) -> str:
    started = "" if not runs else "1 automation started" if runs == 1 else f"{runs} automations started"
    return ", ".join(filter(None, (outdated, ended, started))) or "nothing to do"


def _announce(services: Services, batch: Iterable[Mapping[str, Any]], status: str) -> None:
    services.event_stream.publish(
        StreamEvent(
            str(event["id"]),
            event["provider"],
            status,
            event["event_type"],
            event["account_id"],
            owner=event["owner_id"],
            audience=event["audience"],
            resource=event["resource"],
        )
        for event in batch
    )


async def process_each(
    services: Services, event_ids: Sequence[UUID], start_runs: Starter, *, share: str | None = None
) -> None:
    """Handle events each by itself, those of one order one after the other.

    Raises `queue.Retry` when there has to be another attempt at an only one.
    """
    if len(event_ids) == 1:
        await process_event(services, event_ids[0], start_runs)
        return
    alone: list[UUID] = []
    in_order: dict[str | UUID, list[UUID]] = {}
    for row in await services.db.fetch(sql.open, event_ids):
        if row["begun"]:
            alone.append(row["id"])
        else:
            in_order.setdefault(row["order_key"] or row["id"], []).append(row["id"])
    turns = asyncio.Semaphore(ORDERS_AT_ONCE)

    async def one_after_the_other(some: list[UUID]) -> None:
        for place, event_id in enumerate(some):
            try:
                async with turns:
                    await process_event(services, event_id, start_runs)
            except EarlierEventPending as turn:
                await _put_back(services, [some[place:]], turn.seconds, share)
                return
            except queue.Retry as retry:
                await _put_back(services, [[event_id]], retry.seconds, share)

    if alone:
        # What ends one worker must not count against the others.
        await _put_back(services, [[event_id] for event_id in alone], 0, share)
    ended = await asyncio.gather(*map(one_after_the_other, in_order.values()), return_exceptions=True)
    for error in filter(None, ended):
        raise error


async def _put_back(
    services: Services, several: Iterable[Sequence[UUID]], seconds: float, share: str | None
) -> None:
    """Give events jobs anew, those that belong together one."""
    async with services.db.transaction() as connected:
        for event_ids in several:
            await enqueue(connected, event_ids, share=share, seconds=seconds)


async def process_event(services: Services, event_id: UUID, start_runs: Starter) -> None:
    """Make one attempt at an event, after those before it. Raises `queue.Retry` when it needs another."""
    while True:
        begun = time.monotonic()
        event = await _claimed(services, event_id)
        if event is None:
            return
        if event["id"] == event_id:
            await _attempt(services, event, begun, start_runs)
            return
        # It has a job of its own, which makes the next attempt.
        with suppress(queue.Retry):
            await _attempt(services, event, begun, start_runs)


async def _attempt(services: Services, event: Mapping[str, Any], begun: float, start_runs: Starter) -> None:
    if event["attempts"] > queue.MOST_ATTEMPTS:
        # It has ended whoever tried, without so much as an error.
        problem = {"code": "POISONOUS", "message": "Every attempt to handle this event ended the worker."}
        await _failed(services, event, begun, problem)
        return
    try:
        await _process(services, event, begun, start_runs)
    except DatabaseUnavailable:
        raise
    except Exception as error:
        log.error("event_failed", event_id=str(event["id"]), kind=type(error).__name__)
        await _failed(services, event, begun, _problem(error))


async def _claimed(services: Services, event_id: UUID) -> Mapping[str, Any] | None:
    """The event, or one before it that nobody has begun; None where there is nothing left to do.

    Raises `EarlierEventPending` while others are at those before it.
    """
    for _ in range(LOOKS):
        event = await services.db.fetchrow(sql.claim, event_id, ENDS_WITHIN)
        if event is not None:
            return dict(event)
        if await services.db.fetchval(sql.status, event_id) not in {"received", "failed"}:
            return None
        await asyncio.sleep(BETWEEN_LOOKS)
    raise EarlierEventPending(TURN, "an earlier one comes first")


def _problem(error: Exception) -> Mapping[str, Any]:
    if isinstance(error, FluxStudioError):
        return {"code": error.code, "message": error.message}
    return {"code": "UNEXPECTED", "message": f"It could not be handled ({type(error).__name__})."}


async def _process(services: Services, event: Mapping[str, Any], begun: float, start_runs: Starter) -> None:
    # Who may see it has to be known before it starts anything, and is asked while no transaction is open.
    async with _held(services, event["id"]):
        event = await with_payload(services, event)
        event = {**event, "audience": await settle(services, event)}
        await resources.note(services, [event])
        await unknown_shapes.note(services.db, services.registry, [event])
        plan = await plan_of(services, [event], start_runs)
    async with services.db.transaction() as connected:
        if not await connected.fetchval(sql.lock, event["id"]):
            return
        outdated = await outdate(services, connected, [event])
        ended = await end_access(services, connected, event)
        await plan.lock(connected)
        runs = await plan.start(connected, event)
        await rules.enqueue_runs(connected, RUN, runs)
        asked = await resources.enqueue(connected, [event])
        await connected.execute(sql.handled, event["id"])
        note = _note(outdated.get(event["id"], ""), ended, len(runs))
        took = events.milliseconds_since(begun)
        await connected.execute(sql.record_delivery, event["id"], _number(event), "done", took, note, None)
    _announce(services, [event], "handled")
    if runs:
        services.wakeups.wake(RUN)
    if asked:
        services.wakeups.wake(resources.JOB)
    counters.delivered("event", "done")


@asynccontextmanager
async def _held(services: Services, event_id: UUID) -> AsyncIterator[None]:
    """Nobody takes a claimed event for lost while this lasts, however long its rules wait for their turn."""

    async def keep() -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_RENEWALS)
            with suppress(DatabaseUnavailable):
                await services.db.execute(sql.renew_claim, event_id)

    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        keeping.cancel()
        # A statement that is under way would wait for the transaction that comes next.
        await asyncio.gather(keeping, return_exceptions=True)


async def _failed(
    services: Services, event: Mapping[str, Any], begun: float, problem: Mapping[str, Any]
) -> None:
    """Keep why an attempt failed, and ask for the next one while there is any left."""
    last = event["attempts"] >= queue.MOST_ATTEMPTS
    status = "dead" if last else "failed"
    async with services.db.transaction() as connected:
        await connected.execute(sql.failed, event["id"], status, problem)
        await connected.execute(
            sql.record_delivery,
            *(event["id"], _number(event), status, events.milliseconds_since(begun), "", problem),
        )
    _announce(services, [event], status)
    counters.delivered("event", "dead" if last else "failed")
    if not last:
        raise queue.Retry(queue.pause_before(event["attempts"]), problem["code"])


def _number(event: Mapping[str, Any]) -> int:
    """Which attempt this is, of all that there ever were."""
    return int(event["earlier_attempts"] + event["attempts"])


async def replay(services: Services, event_ids: Sequence[UUID]) -> int:
    """Have events handled again, whatever became of them; how many there were."""
    found = 0
    for event_id in event_ids:
        async with services.db.transaction() as connected:
            row = await connected.fetchrow(sql.replay, event_id)
            if row is None:
                continue
            await enqueue(connected, [event_id], share=row["share"])
            found += 1
    if found:
        services.wakeups.wake(JOB)
    return found
