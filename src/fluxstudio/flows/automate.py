"""Automations at work: what starts them, and one run from its claim to its end.

A run is started once for each event or time, whoever hears of it, and carried out by one worker at a time.
What it asks a provider for may happen twice, when a worker dies between the provider's answer and our note.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from cachetools import LRUCache

from fluxstudio.core.automations import Automations, enqueue_runs, sql
from fluxstudio.core.jobs import Job, Queue
from fluxstudio.core.recurring import Chore
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest
from fluxstudio.flows.automations import schedules
from fluxstudio.flows.automations.definition import Definition, OnEvent, OnSchedule, read
from fluxstudio.flows.automations.evaluation.evaluator import Evaluation, TooExpensive
from fluxstudio.flows.automations.problems import too_expensive
from fluxstudio.flows.automations.running import run_one
from fluxstudio.flows.automations.schedules import BadSchedule
from fluxstudio.flows.handle import RUN, Starter
from fluxstudio.kit.postgres.database import Connection
from fluxstudio.sdk import EVERYBODY

__all__ = ["chores", "due", "lock_rules", "matching", "queue", "run_one", "start_runs"]

log = structlog.get_logger(__name__)

AT_ONCE = 24
AT_A_TIME = 100

# The id of a rule and the number of what it says.
Version = tuple[UUID, int]
_known: LRUCache[Version, Definition | None] = LRUCache(4096)


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that an event is meant for; with `too_expensive`, one of which that could not be worked out."""

    automation_id: UUID
    version: int
    definition: Definition
    too_expensive: bool = False


async def matching(services: Services, event: Mapping[str, Any]) -> list[Match]:
    """The rules that an event is meant for: switched on, and listening for a person of its audience.

    `event` has `id, provider, event_type, account_id, audience, resource, payload`, and `owner_id` where it
    counts for one user only. What our own app has said is meant for none.
    """
    provider, kind, payload = event["provider"], event["event_type"], event["payload"]
    hook = services.registry.get(provider).provider.webhook
    if hook is None or (event["account_id"] is None and event.get("resource") is None):
        return []
    if hook.echo.ours is not None and hook.echo.ours(kind, payload):
        return []
    async with services.db.connection() as connected:
        rows = await connected.fetch(
            sql.waiting_for,
            f"{provider}.{kind}",
            provider,
            event["account_id"],
            event.get("owner_id"),
            event.get("audience", EVERYBODY),
            event.get("resource"),
        )
        definitions = await _definitions(connected, [(row["id"], row["version"]) for row in rows])
    candidates: dict[UUID, list[Match]] = {}
    for row in rows:
        definition = definitions.get((row["id"], row["version"]))
        if definition is not None and isinstance(definition.when, OnEvent):
            candidates.setdefault(row["user_id"], []).append(Match(row["id"], row["version"], definition))
    # What one member's rules take is no matter of the others.
    found = await asyncio.gather(
        *(_of_member(services, user_id, payload, matches) for user_id, matches in candidates.items())
    )
    return sorted((match for matches in found for match in matches), key=lambda match: match.automation_id)


async def _of_member(
    services: Services, user_id: UUID, payload: Mapping[str, Any], candidates: Sequence[Match]
) -> list[Match]:
    """Those of one member's rules whose conditions an event meets, or which take too long to work out."""
    conditions = [
        match.definition.when.conditions for match in candidates if isinstance(match.definition.when, OnEvent)
    ]
    verdicts = await Evaluation(services, user_id).match(payload, conditions)
    return [
        match if verdict else replace(match, too_expensive=True)
        for match, verdict in zip(candidates, verdicts, strict=True)
        if verdict is not False
    ]


async def _definitions(
    connected: Connection, wanted: Sequence[Version]
) -> Mapping[Version, Definition | None]:
    """What versions of rules say, None for one that cannot be read; what a version says never changes."""
    found = {version: _known[version] for version in wanted if version in _known}
    missing = [version for version in wanted if version not in found]
    if missing:
        ids, versions = zip(*missing, strict=True)
        for row in await connected.fetch(sql.definitions, ids, versions):
            version = (row["automation_id"], row["version"])
            found[version] = _known[version] = _read(row["automation_id"], row["definition"])
    return found


def _read(automation: UUID, definition: Any) -> Definition | None:
    try:
        return read(definition)
    except InvalidRequest:
        log.error("automation_unreadable", automation_id=str(automation))
        return None


async def lock_rules(connected: Connection, events: Sequence[Mapping[str, Any]]) -> bool:
    """Lock every rule that some events may start, in one order, so that two who start several never wait for
    each other; whether there is any.
    """
    accounts = {(event["provider"], event["account_id"]) for event in events if event["account_id"]}
    resources = {(event["provider"], event["resource"]) for event in events if event["resource"]}
    if not accounts and not resources:
        return False
    kinds = sorted({f"{event['provider']}.{event['event_type']}" for event in events})
    about = [[entry[part] for entry in some] for some in (accounts, resources) for part in (0, 1)]
    return bool(await connected.fetch(sql.lock_waiting, kinds, *about))


class StartRuns:
    """Starts whatever an event is meant to start, in the caller's transaction, and gives their ids.

    An event that comes a second time starts nothing. Beyond a rule's limit its runs are recorded as skipped.
    """

    async def plan(self, services: Services, event: Mapping[str, Any]) -> Starter:
        """Work out which rules an event is meant for, outside of the transaction: it may take its time."""
        matches = await matching(services, event)

        async def start(connected: Connection, _: Services, event: Mapping[str, Any]) -> list[UUID]:
            return await _start_runs(connected, matches, event)

        return start

    async def __call__(
        self, connected: Connection, services: Services, event: Mapping[str, Any]
    ) -> list[UUID]:
        """Plan and start."""
        return await _start_runs(connected, await matching(services, event), event)


start_runs = StartRuns()


async def _start_runs(
    connected: Connection, matches: Sequence[Match], event: Mapping[str, Any]
) -> list[UUID]:
    if not matches:
        return []
    # Whoever counts the runs of a rule does so alone, or each would find room for one more.
    await connected.execute(sql.in_turn, [match.automation_id for match in matches])
    started = []
    for match in matches:
        limit = match.definition.limit
        lately = await connected.fetchval(sql.started_lately, match.automation_id, limit.period, limit.runs)
        status, problem = "queued", None
        if lately >= limit.runs:
            status, problem = "skipped", _over(limit.runs, limit.per)
        elif match.too_expensive:
            status, problem = "failed", too_expensive(TooExpensive())
        run: UUID | None = await connected.fetchval(
            sql.start_on_event,
            match.automation_id,
            match.version,
            event["id"],
            status,
            problem,
            event.get("happening"),
        )
        if run is not None and status == "queued":
            started.append(run)
    return started


def _over(runs: int, per: str) -> Mapping[str, str]:
    return {
        "code": "TOO_OFTEN",
        "message": f"It had run {runs} times within one {per}, which is its limit.",
        "mend": "Narrow its conditions, or raise its limit.",
    }


async def due(services: Services) -> int:
    """Start whatever schedules are due; how many. What was missed meanwhile is done once."""
    started = 0
    while True:
        async with services.db.transaction() as connected:
            rows = await connected.fetch(sql.due, AT_A_TIME)
            runs = []
            for row in rows:
                if row["ready"]:
                    run = await connected.fetchval(
                        sql.start_on_time, row["id"], row["version"], row["next_at"]
                    )
                    runs += [] if run is None else [run]
                definition = _read(row["id"], row["definition"])
                following = None
                if definition is not None and isinstance(definition.when, OnSchedule):
                    following = _following(row["id"], definition.when, row["now"])
                await connected.execute(sql.next_at, row["id"], following)
            await enqueue_runs(connected, RUN, runs)
        if runs:
            services.wakeups.wake(RUN)
        started += len(runs)
        if len(rows) < AT_A_TIME:
            return started


def _following(automation: UUID, when: OnSchedule, now: datetime) -> datetime | None:
    try:
        return schedules.next_after(when.schedule, when.time_zone, now)
    except BadSchedule as error:
        log.error("schedule_ended", automation_id=str(automation), reason=str(error))
        return None


def queue(services: Services) -> Queue:
    """How a worker carries out runs, each in its user's share; they wait for providers, and not for turns."""

    async def one_run(turn: Sequence[Job]) -> None:
        await run_one(services, UUID(bytes=turn[0].payload))

    return Queue(RUN, one_run, AT_ONCE)


def chores(services: Services) -> list[Chore]:
    """What recurs: starting schedules, and sweeping old versions."""
    return [
        Chore("start automations that are due", timedelta(seconds=4), lambda: due(services)),
        Chore("sweep versions of automations", timedelta(hours=1), Automations(services.db).sweep),
    ]
