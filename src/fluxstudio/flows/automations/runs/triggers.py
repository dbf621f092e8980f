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
from msgspec import Raw

from fluxstudio.core.automations import triggers as store
from fluxstudio.core.automations.rules import Automations, enqueue_runs
from fluxstudio.core.automations.triggers import AwaitedEvent, NewRun, VersionId
from fluxstudio.core.jobs.queue import Job, Queue
from fluxstudio.core.jobs.scheduler import PeriodicTask
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest
from fluxstudio.flows.automations.evaluation.evaluator import Evaluation, TooExpensive
from fluxstudio.flows.automations.health import failure_notice
from fluxstudio.flows.automations.health.flooding import pause_flooded
from fluxstudio.flows.automations.rules import schedules
from fluxstudio.flows.automations.rules.definition import Condition, Definition, OnEvent, OnSchedule, read
from fluxstudio.flows.automations.rules.schedules import InvalidSchedule
from fluxstudio.flows.automations.runs.executor import run_one
from fluxstudio.flows.automations.runs.problems import too_expensive
from fluxstudio.flows.webhooks.large_events import written_payload
from fluxstudio.flows.webhooks.process import RUN
from fluxstudio.kit.postgres.database import Connection
from fluxstudio.sdk import EVERYBODY

__all__ = ["periodic_tasks", "due", "matching", "queue", "run_one", "start_runs"]

log = structlog.get_logger(__name__)

# What a worker does most often, so that it also shows that there is one.
DUE_TASK, DUE_EVERY = "start automations that are due", timedelta(seconds=4)
RUNS_AT_ONCE = 24
SCHEDULES_AT_A_TIME = 100
# Events of a batch whose rules are worked out at the same time; of one member a worker has one piece of work.
PLANNED_AT_ONCE = 4

_definition_cache: LRUCache[VersionId, Definition | None] = LRUCache(4096)


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """A rule that an event is meant for; with `too_expensive`, one of which that could not be worked out."""

    automation_id: UUID
    version: int
    definition: Definition
    too_expensive: bool = False


async def matching(services: Services, event: Mapping[str, Any]) -> list[RuleMatch]:
    """The rules that an event is meant for: switched on, and listening for a person of its audience.

    `event` has `id, provider, event_type, account_id, audience, resource, payload`, `owner_id` where it
    counts for one user only, and `is_large` where its payload is a short copy. What our own app has said is
    meant for none.
    """
    [matches] = await _matching_each(services, [event])
    return matches


async def _matching_each(services: Services, events: Sequence[Mapping[str, Any]]) -> list[list[RuleMatch]]:
    """What `matching` gives for each of several events; those about the same are looked up once."""
    about = [_about(services, event) for event in events]
    waiting: dict[AwaitedEvent, Mapping[UUID, Sequence[RuleMatch]]] = {}
    if any(about):
        async with services.db.connection() as connected:
            for place in dict.fromkeys(filter(None, about)):
                waiting[place] = await _waiting(connected, place)
    matches: list[list[RuleMatch]] = []
    for start in range(0, len(events), PLANNED_AT_ONCE):
        some = slice(start, start + PLANNED_AT_ONCE)
        matches += await asyncio.gather(
            *(
                _meant(services, event, waiting[place] if place is not None else {})
                for event, place in zip(events[some], about[some], strict=True)
            )
        )
        # Whoever else uses the event loop has a turn in between.
        await asyncio.sleep(0)
    return matches


def _about(services: Services, event: Mapping[str, Any]) -> AwaitedEvent | None:
    """Whose rules may wait for an event, None where nobody's can."""
    provider, kind = event["provider"], event["event_type"]
    hook = services.registry.get(provider).provider.webhooks
    if hook is None or (event["account_id"] is None and event.get("resource") is None):
        return None
    if hook.self_events.ours is not None and hook.self_events.ours(kind, event["payload"]):
        return None
    audience, resource = event.get("audience", EVERYBODY), event.get("resource")
    owner = event.get("owner_id")
    return AwaitedEvent(f"{provider}.{kind}", provider, event["account_id"], owner, audience, resource)


async def _waiting(connected: Connection, about: AwaitedEvent) -> Mapping[UUID, Sequence[RuleMatch]]:
    """The rules of each member that wait for such an event, whatever their conditions."""
    rules = await store.waiting_for(connected, about)
    definitions = await _definitions(connected, [rule.version for rule in rules])
    candidates: dict[UUID, list[RuleMatch]] = {}
    for version, user_id in rules:
        definition = definitions.get(version)
        if definition is not None and isinstance(definition.when, OnEvent):
            candidates.setdefault(user_id, []).append(RuleMatch(*version, definition))
    return candidates


async def _meant(
    services: Services, event: Mapping[str, Any], candidates: Mapping[UUID, Sequence[RuleMatch]]
) -> list[RuleMatch]:
    payload: Mapping[str, Any] | Raw = event["payload"]
    if event.get("is_large") and any(_conditions(match) for some in candidates.values() for match in some):
        payload = await written_payload(services, event["id"])
    # What one member's rules take is no matter of the others.
    matches = await asyncio.gather(
        *(_of_member(services, user_id, payload, rules) for user_id, rules in candidates.items())
    )
    return sorted((match for some in matches for match in some), key=lambda match: match.automation_id)


async def _of_member(
    services: Services, user_id: UUID, payload: Mapping[str, Any] | Raw, candidates: Sequence[RuleMatch]
) -> list[RuleMatch]:
    """Those of one member's rules whose conditions an event meets, or which take too long to work out."""
    conditions = [_conditions(match) for match in candidates]
    verdicts = await Evaluation(services, user_id).match(payload, conditions)
    return [
        match if verdict else replace(match, too_expensive=True)
        for match, verdict in zip(candidates, verdicts, strict=True)
        if verdict is not False
    ]


def _conditions(match: RuleMatch) -> Sequence[Condition]:
    return match.definition.when.conditions if isinstance(match.definition.when, OnEvent) else ()


async def _definitions(
    connected: Connection, version_ids: Sequence[VersionId]
) -> Mapping[VersionId, Definition | None]:
    """What versions of rules say, None for one that cannot be read; what a version says never changes."""
    definitions = {
        version: _definition_cache[version] for version in version_ids if version in _definition_cache
    }
    missing = [version for version in version_ids if version not in definitions]
    if missing:
        for version, definition in (await store.definitions(connected, missing)).items():
            definitions[version] = _definition_cache[version] = _read(version.automation_id, definition)
    return definitions


def _read(automation: UUID, definition: Any) -> Definition | None:
    try:
        return read(definition)
    except InvalidRequest:
        log.error("automation_unreadable", automation_id=str(automation))
        return None


@dataclass(frozen=True, slots=True)
class PlannedRuns:
    """The rules that some events are meant for, by the ids of the events."""

    matches: Mapping[UUID, Sequence[RuleMatch]]

    async def lock(self, connected: Connection) -> None:
        """Lock these rules: whoever counts the runs of one does so alone, or each would find room."""
        rules = {match.automation_id for matches in self.matches.values() for match in matches}
        if rules:
            await store.lock_rules(connected, rules)

    async def start(self, connected: Connection, event: Mapping[str, Any]) -> list[UUID]:
        """Start the rules that an event is meant for, once; the ids of the runs."""
        matches = self.matches[event["id"]]
        if not matches:
            return []
        new_runs = [_new_run(match) for match in matches]
        runs = await store.start_on_event(
            connected, event["id"], event.get("happening"), new_runs, event.get("origin")
        )
        limit_of = {match.automation_id: match.definition.limit for match in matches}
        for run in runs:
            if run.status == "skipped":
                await pause_flooded(connected, run.automation_id, limit_of[run.automation_id])
            elif run.status == "failed":
                await store.begin_failing(connected, run.automation_id)
        return [run.id for run in runs if run.status == "queued"]


def _new_run(match: RuleMatch) -> NewRun:
    limit = match.definition.limit
    return NewRun(
        VersionId(match.automation_id, match.version),
        limit.period,
        limit.runs,
        too_expensive(TooExpensive()) if match.too_expensive else None,
        _over(limit.runs, limit.per),
    )


class RunPlanner:
    """Starts whatever an event is meant to start, in the caller's transaction, and gives their ids.

    An event that comes a second time starts nothing. Beyond a rule's limit its runs are recorded as skipped.
    """

    async def plan(self, services: Services, events: Sequence[Mapping[str, Any]]) -> PlannedRuns:
        """Work out which rules events are meant for, outside of the transaction: it may take its time."""
        matches = await _matching_each(services, events)
        return PlannedRuns({event["id"]: some for event, some in zip(events, matches, strict=True)})

    async def __call__(
        self, connected: Connection, services: Services, event: Mapping[str, Any]
    ) -> list[UUID]:
        """Plan and start."""
        plan = await self.plan(services, [event])
        await plan.lock(connected)
        return await plan.start(connected, event)


start_runs = RunPlanner()


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
            due_now = await store.due_schedules(connected, SCHEDULES_AT_A_TIME)
            runs = []
            for schedule in due_now:
                if schedule.ready:
                    run = await store.start_on_schedule(connected, schedule)
                    runs += [] if run is None else [run]
                automation = schedule.rule.automation_id
                definition = _read(automation, schedule.definition)
                following = None
                if definition is not None and isinstance(definition.when, OnSchedule):
                    following = _following(automation, definition.when, schedule.now)
                await store.set_next_due(connected, automation, following)
            await enqueue_runs(connected, RUN, runs)
        if runs:
            services.wakeups.wake(RUN)
        started += len(runs)
        if len(due_now) < SCHEDULES_AT_A_TIME:
            return started


def _following(automation: UUID, when: OnSchedule, now: datetime) -> datetime | None:
    try:
        return schedules.next_after(when.schedule, when.time_zone, now)
    except InvalidSchedule as error:
        log.error("schedule_ended", automation_id=str(automation), reason=str(error))
        return None


def queue(services: Services) -> Queue:
    """How a worker carries out runs, each in its user's share; they wait for providers, and not for turns."""

    async def one_run(turn: Sequence[Job]) -> None:
        await run_one(services, UUID(bytes=turn[0].payload))

    return Queue(RUN, one_run, RUNS_AT_ONCE)


def periodic_tasks(services: Services) -> list[PeriodicTask]:
    """What recurs: starting schedules, and sweeping old versions."""
    return [
        PeriodicTask(DUE_TASK, DUE_EVERY, lambda: due(services)),
        PeriodicTask("sweep versions of automations", timedelta(hours=1), Automations(services.db).sweep),
        *failure_notice.periodic_tasks(services),
    ]
