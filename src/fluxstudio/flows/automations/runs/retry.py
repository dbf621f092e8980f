"""Running a failed run again: once, with today's rule, through the connection the rule uses now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from fluxstudio.core.automations.rules import enqueue_runs
from fluxstudio.core.automations.run_history import RunHistory, RunToRetry, repeat
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks import processing
from fluxstudio.errors import Conflict, NotFound
from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.visibility import conversations
from fluxstudio.flows.webhooks.large_events import with_payload
from fluxstudio.flows.webhooks.process import RUN

FAILED = frozenset({"failed", "dead"})
# Why a run is not run again, by the reason that callers are given.
REFUSALS: Mapping[str, str] = {
    "UNDER_WAY": "This run has not finished yet. Wait until it has.",
    "NOT_FAILED": "Only failed runs can be run again, and this one did not fail.",
    "DELETED": "The automation was deleted, so the run can’t be run again.",
    "SWITCHED_OFF": "The automation is off. Turn it on, then run it again.",
    "CHANGED": "The automation has another trigger by now, so this run can’t be run again.",
    "EVENT_GONE": "The event has expired, or you no longer have access to it.",
    "NO_MATCH": "The automation’s trigger or conditions no longer match this event. Edit it, then try again.",
}


@dataclass(frozen=True, slots=True)
class RetriedRun:
    """The run that repeats another one; `added` is false where an earlier request has added it."""

    automation_id: UUID
    run_id: UUID
    added: bool


async def retry(
    services: Services,
    run_id: UUID,
    *,
    owner: UUID | None,
    by: UUID | None,
    automation_id: UUID | None = None,
) -> RetriedRun:
    """Run a failed run again, once: whoever asks a second time gets the run that the first one added.

    `owner` is whose rule it has to be, None for an operator's command; `by` is who asks. Raises `NotFound`,
    and `Conflict` with its reason: the run did not fail, its rule is switched off, deleted or about something
    else by now, or the event is gone.
    """
    run = await RunHistory(services.db).to_retry(run_id, automation_id=automation_id, owner=owner)
    if run is None:
        raise NotFound("There is no such run, or it is older than 90 days. `GET …/runs` lists yours.")
    if run.retried_as is not None:
        return RetriedRun(run.automation_id, run.retried_as, added=False)
    _require_failed_run_of_live_rule(run)
    await _require_matching_event(services, run)
    async with services.db.transaction() as connected:
        added = await repeat(connected, run_id)
        await enqueue_runs(connected, RUN, [added] if added is not None else [])
    if added is None:
        return await _added_meanwhile(services, run)
    services.wakeups.wake(RUN)
    await services.audit.record(
        "run_retried",
        None,
        run_id,
        user_id=by,
        automation=str(run.automation_id),
        run=str(added),
        event=None if run.event_id is None else str(run.event_id),
    )
    return RetriedRun(run.automation_id, added, added=True)


def _require_failed_run_of_live_rule(run: RunToRetry) -> None:
    if run.status == "queued":
        raise _refusal("UNDER_WAY")
    if run.status not in FAILED:
        raise _refusal("NOT_FAILED")
    if run.deleted:
        raise _refusal("DELETED")
    if not run.enabled:
        raise _refusal("SWITCHED_OFF")


def _refusal(reason: str) -> Conflict:
    return Conflict(REFUSALS[reason], reason)


async def _require_matching_event(services: Services, run: RunToRetry) -> None:
    """The event is there, its user may see it, and the rule as it is today is still meant for it."""
    is_for_event = run.definition.get("when", {}).get("event") is not None
    if is_for_event != (run.event_id is not None):
        raise _refusal("CHANGED")
    if run.event_id is None:
        return
    await conversations.refresh(services, run.user_id)
    visible = await RunHistory(services.db).sees_event(run.user_id, run.event_id)
    stored = await processing.event_to_replay(services.db, run.event_id) if visible else None
    if stored is None:
        raise _refusal("EVENT_GONE")
    event = await with_payload(services, stored)
    matches = await triggers.matching(services, {**event, "owner_id": run.user_id})
    if run.automation_id not in {match.automation_id for match in matches}:
        raise _refusal("NO_MATCH")


async def _added_meanwhile(services: Services, run: RunToRetry) -> RetriedRun:
    other = await RunHistory(services.db).retried_as(run.id)
    if other is None:
        raise _refusal("SWITCHED_OFF")
    return RetriedRun(run.automation_id, other, added=False)
