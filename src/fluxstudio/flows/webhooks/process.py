"""Handling events: whatever follows from one inside the product happens in one transaction, and so once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import structlog

from fluxstudio.core.automations import rules
from fluxstudio.core.event_stream.subscribers import StreamEvent
from fluxstudio.core.jobs import queue
from fluxstudio.core.jobs.queue import Job
from fluxstudio.core.metrics import counters
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks import processing, unknown_shapes
from fluxstudio.core.webhooks.events import milliseconds_since
from fluxstudio.core.webhooks.processing import HandledEvent
from fluxstudio.errors import FluxStudioError
from fluxstudio.flows.design_tokens.syncs.following import follow
from fluxstudio.flows.visibility import resources
from fluxstudio.flows.visibility.conversations import settle
from fluxstudio.flows.webhooks.effects import decide_approval, end_access, outdate
from fluxstudio.flows.webhooks.large_events import with_payload
from fluxstudio.flows.webhooks.starters import Starter, StartPlan, plan_of
from fluxstudio.kit.postgres.database import Connection, DatabaseUnavailable
from fluxstudio.kit.trace import TracedStep, step
from fluxstudio.sdk import EVERYBODY

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


def _ids_of(payload: bytes) -> list[UUID]:
    return [UUID(bytes=payload[place : place + 16]) for place in range(0, len(payload), 16)]


@dataclass(frozen=True, slots=True)
class Processing:
    """What follows from events. `services` are what it works with, `starter` what people have ordered."""

    services: Services
    starter: Starter

    async def turn(self, turn: Sequence[Job]) -> None:
        """Handle the events of some jobs: those of a lane are of one order, the others of none.

        Some of each lane share a transaction. Where that fails, or a worker was lost with them before, each
        has its own. Raises `queue.Retry` when there has to be another attempt at an only one.
        """
        lanes: dict[str, list[UUID]] = {}
        for job in turn:
            lanes.setdefault(job.lane, []).extend(_ids_of(job.payload))
        if any(job.attempts > 1 for job in turn):
            event_ids = [event_id for ids in lanes.values() for event_id in ids]
            await self.each(event_ids, share=turn[0].share)
            return
        each = max(1, BATCH // len(lanes))
        for place in range(0, max(map(len, lanes.values())), each):
            some = {lane: ids[place : place + each] for lane, ids in lanes.items() if len(ids) > place}
            left = await self._together(some, each)
            if left:
                await self.each(left, share=turn[0].share)

    async def each(self, event_ids: Sequence[UUID], *, share: str | None = None) -> None:
        """Handle events each by itself, those of one order one after the other.

        Raises `queue.Retry` when there has to be another attempt at an only one.
        """
        if len(event_ids) == 1:
            await self.event(event_ids[0])
            return
        alone: list[UUID] = []
        in_order: dict[str | UUID, list[UUID]] = {}
        for event in await processing.open_events(self.services.db, event_ids):
            if event.begun:
                alone.append(event.id)
            else:
                in_order.setdefault(event.order_key or event.id, []).append(event.id)
        turns = asyncio.Semaphore(ORDERS_AT_ONCE)

        async def one_after_the_other(some: list[UUID]) -> None:
            for place, event_id in enumerate(some):
                try:
                    async with turns:
                        await self.event(event_id)
                except EarlierEventPending as turn:
                    await self._put_back([some[place:]], turn.seconds, share)
                    return
                except queue.Retry as retry:
                    await self._put_back([[event_id]], retry.seconds, share)

        if alone:
            # What ends one worker must not count against the others.
            await self._put_back([[event_id] for event_id in alone], 0, share)
        ended = await asyncio.gather(*map(one_after_the_other, in_order.values()), return_exceptions=True)
        for error in filter(None, ended):
            raise error

    async def event(self, event_id: UUID) -> None:
        """Make one attempt at an event, after those before it. Raises `queue.Retry` when it needs another."""
        while True:
            start = time.monotonic()
            event = await self._claimed(event_id)
            if event is None:
                return
            if event["id"] == event_id:
                await self._attempt(event, start)
                return
            # It has a job of its own, which makes the next attempt.
            with suppress(queue.Retry):
                await self._attempt(event, start)

    async def _together(self, lanes: Mapping[str, Sequence[UUID]], each: int) -> list[UUID]:
        """Handle events by lane, up to `each` of one in a transaction; what is left after that."""
        left = [event_id for ids in lanes.values() for event_id in ids]
        try:
            handled: set[UUID] | None = None
            # Earlier ones of an order may take the places of those that were asked for.
            while left and handled != set():
                handled = await self._batch(lanes, each)
                left = [event_id for event_id in left if event_id not in handled]
        except DatabaseUnavailable:
            raise
        except Exception as error:
            log.warning("batch_failed", kind=type(error).__name__, events=len(left))
        return left

    async def _batch(self, lanes: Mapping[str, Sequence[UUID]], each: int) -> set[UUID]:
        """Handle events that nobody has begun in one transaction, in their order; which those were."""
        orders = {lane: max(ids) for lane, ids in lanes.items() if lane}
        db = self.services.db
        rows = await processing.unordered_batch(db, lanes[""]) if "" in lanes else []
        if orders:
            rows += await processing.ordered_batch(db, orders, each)
        if not rows:
            return set()
        events_read = [await with_payload(self.services, row) for row in rows]
        audiences = await asyncio.gather(*(settle(self.services, event) for event in events_read))
        settled = [
            {**event, "audience": audience} for event, audience in zip(events_read, audiences, strict=True)
        ]
        await resources.note(self.services, settled)
        await unknown_shapes.note(db, self.services.registry, settled)
        plan = await plan_of(self.services, settled, self.starter)
        with ExitStack() as steps:
            return await self._commit_batch(rows, [_begun(event, steps) for event in settled], plan)

    async def _commit_batch(
        self, rows: Sequence[Mapping[str, Any]], settled: Sequence[Mapping[str, Any]], plan: StartPlan
    ) -> set[UUID]:
        async with self.services.db.transaction() as connected:
            still_open = await processing.lock_batch(connected, [row["id"] for row in rows])
            batch = [event for event in settled if event["id"] in still_open]
            if not batch:
                return set()
            notes = await outdate(self.services, connected, batch)
            await follow(self.services, connected, batch)
            await plan.lock(connected)
            runs: list[UUID] = []
            records = []
            for event in batch:
                start = time.monotonic()
                started = await plan.start(connected, event)
                ended = await end_access(self.services, connected, event)
                ended = ended or await decide_approval(self.services, connected, event)
                runs += started
                note = _note(notes.get(event["id"], ""), ended, len(started))
                records.append(HandledEvent(event["id"], milliseconds_since(start), note))
            await rules.enqueue_runs(connected, RUN, runs)
            question_count = await resources.enqueue(connected, batch)
            await processing.save_handled_batch(connected, records)
        for event in batch:
            self._count(event, "done")
        self._announce(batch, "handled")
        if runs:
            self.services.wakeups.wake(RUN)
        if question_count:
            self.services.wakeups.wake(resources.JOB)
        return {event["id"] for event in batch}

    async def _put_back(self, several: Iterable[Sequence[UUID]], seconds: float, share: str | None) -> None:
        """Give events jobs anew, those that belong together one."""
        async with self.services.db.transaction() as connected:
            for event_ids in several:
                await enqueue(connected, event_ids, share=share, seconds=seconds)

    async def _attempt(self, event: Mapping[str, Any], start: float) -> None:
        if event["attempts"] > queue.MOST_ATTEMPTS:
            # It has ended whoever tried, without so much as an error.
            problem = {"code": "POISONOUS", "message": "Every attempt to handle this event ended the worker."}
            await self._failed(event, start, problem)
            return
        try:
            with _step(event) as processing_step:
                await self._process({**event, "origin": processing_step.origin.text}, start)
        except DatabaseUnavailable:
            raise
        except Exception as error:
            log.error("event_failed", event_id=str(event["id"]), kind=type(error).__name__)
            await self._failed(event, start, _problem(error))

    async def _claimed(self, event_id: UUID) -> Mapping[str, Any] | None:
        """The event, or one before it that nobody has begun; None where there is nothing left to do.

        Raises `EarlierEventPending` while others are at those before it.
        """
        for _ in range(LOOKS):
            event = await processing.claim(self.services.db, event_id, ENDS_WITHIN)
            if event is not None:
                return event
            if await processing.status(self.services.db, event_id) not in {"received", "failed"}:
                return None
            await asyncio.sleep(BETWEEN_LOOKS)
        raise EarlierEventPending(TURN, "an earlier one comes first")

    async def _process(self, event: Mapping[str, Any], start: float) -> None:
        # Who may see it has to be known before it starts anything, and is asked while no transaction is open.
        async with self._held(event["id"]):
            event = await with_payload(self.services, event)
            event = {**event, "audience": await settle(self.services, event)}
            await resources.note(self.services, [event])
            await unknown_shapes.note(self.services.db, self.services.registry, [event])
            plan = await plan_of(self.services, [event], self.starter)
        async with self.services.db.transaction() as connected:
            if not await processing.lock(connected, event["id"]):
                return
            outdated = await outdate(self.services, connected, [event])
            await follow(self.services, connected, [event])
            ended = await end_access(self.services, connected, event)
            ended = ended or await decide_approval(self.services, connected, event)
            await plan.lock(connected)
            runs = await plan.start(connected, event)
            await rules.enqueue_runs(connected, RUN, runs)
            question_count = await resources.enqueue(connected, [event])
            note = _note(outdated.get(event["id"], ""), ended, len(runs))
            handled = HandledEvent(event["id"], milliseconds_since(start), note)
            await processing.save_handled(connected, handled, _number(event))
        self._announce([event], "handled")
        if runs:
            self.services.wakeups.wake(RUN)
        if question_count:
            self.services.wakeups.wake(resources.JOB)
        self._count(event, "done")

    @asynccontextmanager
    async def _held(self, event_id: UUID) -> AsyncIterator[None]:
        """Nobody takes a claimed event for lost while this lasts, however long its rules wait."""

        async def keep() -> None:
            while True:
                await asyncio.sleep(SECONDS_BETWEEN_RENEWALS)
                with suppress(DatabaseUnavailable):
                    await processing.renew_claim(self.services.db, event_id)

        keeping = asyncio.create_task(keep())
        try:
            yield
        finally:
            keeping.cancel()
            # A statement that is under way would wait for the transaction that comes next.
            await asyncio.gather(keeping, return_exceptions=True)

    async def _failed(self, event: Mapping[str, Any], start: float, problem: Mapping[str, Any]) -> None:
        """Keep why an attempt failed, and ask for the next one while there is any left."""
        last = event["attempts"] >= queue.MOST_ATTEMPTS
        status = "dead" if last else "failed"
        async with self.services.db.transaction() as connected:
            await processing.save_failure(
                connected,
                event["id"],
                _number(event),
                status=status,
                took_ms=milliseconds_since(start),
                problem=problem,
            )
        self._announce([event], status)
        self._count(event, "dead" if last else "failed")
        if not last:
            raise queue.Retry(queue.pause_before(event["attempts"]), problem["code"])

    def _count(self, event: Mapping[str, Any], outcome: Literal["done", "failed", "dead"]) -> None:
        counters.delivered("event", outcome)
        if outcome == "failed":
            return
        webhook = self.services.registry.get(event["provider"]).provider.webhooks
        is_declared = webhook is not None and event["event_type"] in webhook.events
        waited = self.services.clock.now() - event["received_at"].timestamp()
        self.services.insights.event(
            event["provider"],
            event["event_type"] if is_declared else "",
            outcome,
            account=event["account_id"] if event.get("audience") == EVERYBODY else None,
            # How long ago an event came that is replayed says nothing of how fast it is handled.
            seconds=None if event["earlier_attempts"] else max(0.0, waited),
        )

    def _announce(self, batch: Iterable[Mapping[str, Any]], status: str) -> None:
        self.services.event_stream.publish(
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


def _step(event: Mapping[str, Any]) -> TracedStep:
    about = {"fluxstudio.provider": event["provider"], "fluxstudio.event": str(event["id"])}
    return step("process event", about, origin=event.get("origin"), kind="consumer")


def _begun(event: Mapping[str, Any], steps: ExitStack) -> Mapping[str, Any]:
    """The event with the step in which it is handled beside others, for what it starts to belong to."""
    begun = _step(event)
    steps.callback(begun.end)
    return {**event, "origin": begun.origin.text}


def _note(outdated: str, ended: str, runs: int) -> str:
    started = "" if not runs else "1 automation started" if runs == 1 else f"{runs} automations started"
    return ", ".join(filter(None, (outdated, ended, started))) or "nothing to do"


def _problem(error: Exception) -> Mapping[str, Any]:
    if isinstance(error, FluxStudioError):
        return {"code": error.code, "message": error.message}
    return {"code": "UNEXPECTED", "message": f"It could not be handled ({type(error).__name__})."}


def _number(event: Mapping[str, Any]) -> int:
    """Which attempt this is, of all that there ever were."""
    return int(event["earlier_attempts"] + event["attempts"])


async def replay(services: Services, event_ids: Sequence[UUID]) -> int:
    """Have events handled again, whatever became of them; how many there were."""
    count = 0
    for event_id in event_ids:
        async with services.db.transaction() as connected:
            share = await processing.reopen(connected, event_id)
            if share is None:
                continue
            await enqueue(connected, [event_id], share=share)
            count += 1
    if count:
        services.wakeups.wake(JOB)
    return count
