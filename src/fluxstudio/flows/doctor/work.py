"""What the product does for people: jobs and who does them, events, automations, webhooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fluxstudio.core import diagnostics
from fluxstudio.core.jobs import queue
from fluxstudio.core.jobs.scheduler import seconds_since_turn
from fluxstudio.core.registry import Registry
from fluxstudio.errors import FluxStudioError
from fluxstudio.flows.automations.runs.triggers import DUE_EVERY, DUE_TASK
from fluxstudio.flows.doctor.context import Context
from fluxstudio.flows.doctor.finding import WORK, Finding, plural
from fluxstudio.kit.postgres.database import Database

# After this a worker that was not heard of counts as gone, and a job as waiting for too long.
SILENT_SECONDS = 60
WAITING_SECONDS = 60
# Runs in a row beyond its limit after which a rule counts as flooded.
FLOODED_RUNS = 10
START_WORKER = "Start `fluxstudio serve` or `fluxstudio worker` with these settings, and keep it running."


async def check(context: Context, db: Database) -> list[Finding]:
    """Workers, the job queue, schedules, events that failed, automations, webhooks."""
    if not await diagnostics.has_work_tables(db):
        return []
    findings = [*await _jobs(db), await _schedules(db)]
    findings += [await _events(db), await _automations(db), await _flooded(db)]
    findings += await _permissions(context.registry, db)
    return [*findings, *await _webhooks(context.registry, db)]


async def _jobs(db: Database) -> list[Finding]:
    silent = await seconds_since_turn(db, DUE_TASK, DUE_EVERY)
    backlog = await queue.backlog(db)
    waiting = f"{plural(backlog.waiting, 'job waits', 'jobs wait')}"
    oldest = f", the oldest for {backlog.oldest_seconds:,.0f} s" if backlog.waiting else ""
    if silent is None or silent > SILENT_SECONDS:
        since = "yet" if silent is None else f"for {silent / 60:,.0f} minutes"
        what = f"No worker has run {since}. {waiting}{oldest}."
        if backlog.waiting:
            return [WORK.bad("Workers", what, START_WORKER)]
        if silent is None:
            return [WORK.good("Workers", what)]
        return [WORK.warning("Workers", what, START_WORKER)]
    alive = WORK.good("Workers", "A worker is running.")
    running = f"{plural(backlog.under_way, 'job is', 'jobs are')} running, {backlog.later:,} to come later."
    if backlog.oldest_seconds > WAITING_SECONDS:
        mend = "Start more workers (`fluxstudio worker`), or see in the log what keeps them busy."
        return [alive, WORK.warning("Job queue", f"{waiting}{oldest}. {running}", mend)]
    return [alive, WORK.good("Job queue", f"{waiting}{oldest}. {running}")]


async def _schedules(db: Database) -> Finding:
    overdue = await diagnostics.overdue_schedules(db)
    if not overdue.count:
        return WORK.good("Schedules", "No scheduled automation is late.")
    late = plural(overdue.count, "scheduled automation is", "scheduled automations are")
    return WORK.warning(
        "Schedules", f"{late} late, by up to {overdue.oldest / 60:,.0f} minutes.", START_WORKER
    )


async def _events(db: Database) -> Finding:
    dead = await diagnostics.dead_events(db)
    if not dead.count:
        return WORK.good("Failed events", "No event has failed after all its retries.")
    failed = plural(dead.count, "event has", "events have")
    code = f" with {dead.code}" if dead.code else ""
    what = f"{failed} failed after every retry. The newest is {dead.newest}{code}."
    mend = "Open Activity → Failed, fix the cause, then replay (or run `fluxstudio replay`)."
    return WORK.warning("Failed events", what, mend)


async def _automations(db: Database) -> Finding:
    failing = await diagnostics.failing_rules(db)
    if not failing.count:
        return WORK.good("Failing automations", "No automation failed the last time it ran.")
    failed = plural(failing.count, "automation", "automations")
    people = plural(failing.owners, "person", "people")
    code = f" ({failing.code})" if failing.code else ""
    what = f"{failed} of {people} failed at the last run. The newest is “{failing.newest}”{code}."
    mend = "Their owners open Automations, fix the cause it names, and choose Run again."
    return WORK.warning("Failing automations", what, mend)


async def _flooded(db: Database) -> Finding:
    flooded = await diagnostics.flooded_rules(db, FLOODED_RUNS)
    parts = []
    if flooded.stopped:
        parts.append(f"{plural(flooded.stopped, 'automation was', 'automations were')} switched off for that")
    if flooded.limited:
        parts.append(f"{plural(flooded.limited, 'automation keeps', 'automations keep')} reaching the limit")
    if not parts:
        return WORK.good("Flooded automations", "No automation gets events faster than its limit allows.")
    people = plural(flooded.owners, "person", "people")
    what = (
        f"Events come faster than some automations may run: {' and '.join(parts)} ({people}). The newest is "
        f"“{flooded.newest}”."
    )
    mend = (
        "Their owners open Automations, look at what starts it, narrow its conditions or raise its limit. "
        "Automations that start one another often cause this."
    )
    return WORK.warning("Flooded automations", what, mend)


async def _permissions(registry: Registry, db: Database) -> list[Finding]:
    """Automations that are paused, or lack a permission for what they do."""
    rules = await diagnostics.enabled_rules(db)
    paused = sum(not (rule.acts and rule.hears) for rule in rules)
    findings = [_paused(paused)] if paused else []
    lacking = Counter(
        need for rule in rules if rule.acts for need in _needs(registry, rule.definition, rule.scopes or ())
    )
    findings += [_lack(registry, *need, count) for need, count in sorted(lacking.items())]
    return findings or [WORK.good("Permissions", "Every automation that is on has the access it needs.")]


def _paused(count: int) -> Finding:
    rules = plural(count, "automation is", "automations are")
    what = f"{rules} paused: an account that it uses is disconnected, or has to be reconnected or chosen."
    mend = "Their owners can open Automations, which shows what to reconnect or choose."
    return WORK.warning("Paused automations", what, mend)


def _lack(registry: Registry, provider: str, scope: str, count: int) -> Finding:
    name = registry.get(provider).provider.name
    rules = plural(count, "automation", "automations")
    mend = f"Their owners choose Grant access for {name} in Settings → Integrations."
    return WORK.warning("Permissions", f"{rules} can’t use {name}: {scope} is not granted.", mend)


def _needs(
    registry: Registry, definition: Mapping[str, Any], scopes: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Provider and scope that a rule lacks for what it does."""
    try:
        operation = registry.operation(str((definition.get("do") or {}).get("operation")))
    except (FluxStudioError, LookupError):
        return
    for scope in operation.provider.oauth.missing(operation.scopes, scopes):
        yield operation.provider.id, scope


async def _webhooks(registry: Registry, db: Database) -> list[Finding]:
    findings = []
    for webhooks in await diagnostics.silent_webhooks(db):
        entry = next((entry for entry in registry if entry.provider.id == webhooks.provider), None)
        name = webhooks.provider if entry is None else entry.provider.name
        if webhooks.missing:
            what = f"{plural(webhooks.missing, 'webhook')} of {name} sent events that have not arrived."
            mend = "Check that PUBLIC_URL reaches this server from outside. Settings → Webhooks names each."
            findings.append(WORK.warning(f"{name} webhooks", what, mend))
        elif webhooks.unchecked:
            what = (
                f"{plural(webhooks.unchecked, 'webhook')} of {name} could not be checked for missed events."
            )
            mend = "Their owners can open Settings → Webhooks, which shows why, and reconnect where needed."
            findings.append(WORK.warning(f"{name} webhooks", what, mend))
    return findings or [WORK.good("Webhooks", "No webhook is known to have missed an event.")]
