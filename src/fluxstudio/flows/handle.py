"""Handling an event: whatever follows from it inside the product happens in one transaction, and so once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

import asyncpg
import structlog

from fluxstudio.core import events, jobs, metrics
from fluxstudio.core.events import sql
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError
from fluxstudio.flows.audience import settle
from fluxstudio.kit.postgres.database import Connection, DatabaseUnavailable

log = structlog.get_logger(__name__)

OUTDATE = """
UPDATE provider_cache SET fresh_until = least(fresh_until, clock_timestamp()), outdated_at = clock_timestamp()
WHERE operation = ANY ($3)
  AND grant_id IN (
      SELECT id FROM oauth_tokens g
      WHERE provider = $1 AND account_id = $2 AND is_active AND ($4::uuid IS NULL OR EXISTS (
          SELECT FROM connections c WHERE c.grant_id = g.id AND c.user_id = $4 AND c.is_active
      ))
  )
"""
# Access that was given after the event is another one.
END = """
UPDATE oauth_tokens
SET status = 'reauthorize', problem = $3, problem_since = now(), version = version + 1, epoch = epoch + 1,
    lease_owner = NULL, lease_until = NULL
WHERE provider = $1 AND account_id = $2 AND status = 'active' AND refreshed_at < $4
"""
# How long an event waits for one before it that has begun. What takes longer was lost with its worker, and
# must not hold up the others.
ENDS_WITHIN = timedelta(seconds=3)
# Looks before an event goes back into the queue until its turn comes, and seconds between them.
LOOKS, BETWEEN_LOOKS, TURN = 5, 0.02, 0.3
# Seconds after which a run that was begun where its event was handled is looked after by the queue.
LEFT_ALONE = 20.0
# The kinds of the jobs of events and of what they start, and how many events one job is for at most.
JOB, RUN, TOGETHER = "event", "run", 20

# Starts what people have ordered to follow an event, in the given transaction; the ids of what is to be run.
Starter = Callable[[Connection, Services, Mapping[str, Any]], Awaitable[list[UUID]]]


@runtime_checkable
class Planner(Protocol):
    """A starter that works out what is to be started before there is a transaction to hold up."""

    async def plan(self, services: Services, event: Mapping[str, Any]) -> Starter:
        """What starts just that."""


class Soon(Protocol):
    """Carries out runs in this process, at once."""

    @property
    def room(self) -> bool:
        """Whether it takes more of them now."""

    def begin(self, run_ids: Sequence[UUID]) -> None:
        """Carry out runs whose start is committed."""


class NotYet(jobs.Retry):
    """Others of the same order come first."""


async def enqueue(connected: Connection, event_ids: Sequence[UUID], *, seconds: float = 0) -> None:
    """Have events handled, `seconds` after the caller's transaction commits: one job for some of them."""
    together = [event_ids[place : place + TOGETHER] for place in range(0, len(event_ids), TOGETHER)]
    payloads = [b"".join(event_id.bytes for event_id in some) for some in together]
    await jobs.enqueue(connected, JOB, payloads, seconds=seconds)


async def handle_all(
    services: Services,
    payload: bytes,
    start_runs: Starter,
    turns: asyncio.Semaphore,
    soon: Soon | None = None,
) -> None:
    """Handle the events of one job, each in its turn, those of one order one after the other.

    Raises `jobs.Retry` when there has to be another attempt at an only one.
    """
    event_ids = [UUID(bytes=payload[place : place + 16]) for place in range(0, len(payload), 16)]
    if len(event_ids) == 1:
        async with turns:
            await handle(services, event_ids[0], start_runs, soon)
        return
    alone: list[UUID] = []
    in_order: dict[str | UUID, list[UUID]] = {}
    for row in await services.db.fetch(sql.open, event_ids):
        if row["begun"]:
            alone.append(row["id"])
        else:
            in_order.setdefault(row["order_key"] or row["id"], []).append(row["id"])

    async def one_after_the_other(some: list[UUID]) -> None:
        for place, event_id in enumerate(some):
            try:
                async with turns:
                    await handle(services, event_id, start_runs, soon)
            except NotYet as turn:
                await _put_back(services, [some[place:]], turn.seconds)
                return
            except jobs.Retry as retry:
                await _put_back(services, [[event_id]], retry.seconds)

    if alone:
        # What ends one worker must not count against the others.
        await _put_back(services, [[event_id] for event_id in alone], 0)
    ended = await asyncio.gather(*map(one_after_the_other, in_order.values()), return_exceptions=True)
    for error in filter(None, ended):
        raise error


async def _put_back(services: Services, several: Iterable[Sequence[UUID]], seconds: float) -> None:
    """Give events jobs anew, those that belong together one."""
    async with services.db.transaction() as connected:
        for event_ids in several:
            await enqueue(connected, event_ids, seconds=seconds)


async def handle(services: Services, event_id: UUID, start_runs: Starter, soon: Soon | None = None) -> None:
    """Make one attempt at an event, after those before it. Raises `jobs.Retry` when there has to be another.

    Its runs are left to the queue, or carried out by `soon` where that has room.
    """
    while True:
        begun = time.monotonic()
        event = await _claimed(services, event_id)
        if event is None:
            return
        if event["id"] == event_id:
            await _attempt(services, event, begun, start_runs, soon)
            return
        # It has a job of its own, which makes the next attempt.
        with suppress(jobs.Retry):
            await _attempt(services, event, begun, start_runs, soon)


async def _attempt(
    services: Services, event: asyncpg.Record, begun: float, start_runs: Starter, soon: Soon | None
) -> None:
    if event["attempts"] > jobs.MOST_ATTEMPTS:
        # It has ended whoever tried, without so much as an error.
        problem = {"code": "POISONOUS", "message": "Every attempt to handle this event ended the worker."}
        await _failed(services, event, begun, problem)
        return
    try:
        await _handle(services, event, begun, start_runs, soon)
    except DatabaseUnavailable:
        raise
    except Exception as error:
        log.error("event_failed", event_id=str(event["id"]), kind=type(error).__name__)
        await _failed(services, event, begun, _problem(error))


async def _claimed(services: Services, event_id: UUID) -> asyncpg.Record | None:
    """The event, or one before it that nobody has begun; None where there is nothing left to do.

    Raises `NotYet` while others are at those before it.
    """
    for _ in range(LOOKS):
        event = await services.db.fetchrow(sql.claim, event_id, ENDS_WITHIN)
        if event is not None:
            return event
        if await services.db.fetchval(sql.status, event_id) not in {"received", "failed"}:
            return None
        await asyncio.sleep(BETWEEN_LOOKS)
    raise NotYet(TURN, "an earlier one comes first")


def _problem(error: Exception) -> Mapping[str, Any]:
    if isinstance(error, FluxStudioError):
        return {"code": error.code, "message": error.message}
    return {"code": "UNEXPECTED", "message": f"It could not be handled ({type(error).__name__})."}


async def _handle(
    services: Services, event: asyncpg.Record, begun: float, start_runs: Starter, soon: Soon | None
) -> None:
    here = soon if soon is not None and soon.room else None
    # Who may see it has to be known before it starts anything, and is asked while no transaction is open.
    audience = await settle(services, dict(event))
    starter: object = start_runs
    if isinstance(starter, Planner):
        start_runs = await starter.plan(services, {**event, "audience": audience})
    async with services.db.transaction() as connected:
        if not await connected.fetchval(sql.lock, event["id"]):
            return
        done = [
            await _outdate(services, connected, event),
            await _end_access(services, connected, event),
        ]
        runs = await start_runs(connected, services, {**event, "audience": audience})
        if runs:
            # In the queue they are for whoever is left, should this process be lost.
            later = 0.0 if here is None else LEFT_ALONE
            await jobs.enqueue(connected, RUN, [run.bytes for run in runs], seconds=later)
            done.append(f"{len(runs)} automations started" if len(runs) > 1 else "1 automation started")
        await connected.execute(sql.handled, event["id"])
        note = ", ".join(filter(None, done)) or "nothing to do"
        await connected.execute(
            sql.record_delivery,
            event["id"],
            _number(event),
            "done",
            events.milliseconds_since(begun),
            note,
            None,
        )
        await _tell(connected, event, audience, "handled")
    if here is not None and runs:
        here.begin(runs)
    metrics.delivered("event", "done")


async def _outdate(services: Services, connected: Connection, event: asyncpg.Record) -> str:
    provider = services.registry[event["provider"]].provider
    assert provider.webhook is not None
    names = provider.webhook.makes_stale.get(event["event_type"], ())
    stale = [provider[name].full_name for name in names if name in provider.operations]
    if not stale or event["account_id"] is None:
        return ""
    outdated = await connected.execute(OUTDATE, provider.id, event["account_id"], stale, event["owner_id"])
    count = int(outdated.rpartition(" ")[2])
    return f"{count} kept answers outdated" if count else ""


async def _end_access(services: Services, connected: Connection, event: asyncpg.Record) -> str:
    provider = services.registry[event["provider"]].provider
    assert provider.webhook is not None
    ends = provider.webhook.ends
    ending = ends(event["event_type"], event["payload"]) if ends is not None else None
    # Only the app's own secret proves that; the owner of a webhook's secret can write what they like.
    if ending is None or event["owner_id"] is not None:
        return ""
    problem = {"code": "ended", "message": ending.why}
    ended = await connected.execute(END, provider.id, ending.account_id, problem, event["received_at"])
    if ended == "UPDATE 0":
        return ""
    await services.audit.record("access_ended", provider.id, event["id"], account=ending.account_id)
    return "access ended"


async def _failed(
    services: Services, event: asyncpg.Record, begun: float, problem: Mapping[str, Any]
) -> None:
    """Keep why an attempt failed, and ask for the next one while there is any left."""
    last = event["attempts"] >= jobs.MOST_ATTEMPTS
    status = "dead" if last else "failed"
    async with services.db.transaction() as connected:
        await connected.execute(sql.failed, event["id"], status, problem)
        await connected.execute(
            sql.record_delivery,
            *(event["id"], _number(event), status, events.milliseconds_since(begun), "", problem),
        )
        await _tell(connected, event, event["audience"], status)
    metrics.delivered("event", "dead" if last else "failed")
    if not last:
        raise jobs.Retry(jobs.pause_before(event["attempts"]), problem["code"])


def _number(event: asyncpg.Record) -> int:
    """Which attempt this is, of all that there ever were."""
    return int(event["earlier_attempts"] + event["attempts"])


async def _tell(connected: Connection, event: asyncpg.Record, audience: str, status: str) -> None:
    about = (event["id"], event["provider"], event["event_type"], event["account_id"])
    await events.tell(connected, *about, audience, status, owner=event["owner_id"])


async def replay(services: Services, event_ids: Sequence[UUID]) -> int:
    """Have events handled again, whatever became of them; how many there were."""
    found = 0
    for event_id in event_ids:
        async with services.db.transaction() as connected:
            if await connected.fetchval(sql.replay, event_id) is None:
                continue
            await enqueue(connected, [event_id])
            found += 1
    return found
