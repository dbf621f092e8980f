"""Filling the views of events from what is kept of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from fluxstudio.core.automations.run_history import EventOutcome, EventRun
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.jobs import queue
from fluxstudio.core.registry import Registry
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks.events import Event, Events, ProcessingAttempt
from fluxstudio.faces.web.activity.views import EventPage, EventRow, EventRunView
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.components.runs import OUTCOMES, made_link
from fluxstudio.faces.web.components.views import HeadView, LinkView, StateView, StepView
from fluxstudio.faces.web.shell.paths import ACTIVITY, run_path
from fluxstudio.flows.directory import named
from fluxstudio.flows.webhooks import event_text, history, replay

MAX_PAYLOAD_CHARACTERS = 60_000
STATES: Mapping[str, StateView] = {
    "received": StateView(key="received", words="Received", tone="neutral", icon="clock"),
    "handled": StateView(key="handled", words="Handled", tone="neutral", icon="check-circle"),
    "failed": StateView(key="failed", words="Retrying", tone="attention", icon="refresh"),
    "dead": StateView(key="dead", words="Failed", tone="bad", icon="cross-circle"),
}
REPLAYING = StateView(key="replaying", words="Replaying", tone="neutral", icon="clock")
RUNNING = StateView(key="running", words="Running", tone="neutral", icon="clock")
RUN_FAILED = StateView(key="run-failed", words="Automation failed", tone="bad", icon="cross-circle")

Names = Mapping[tuple[str, str], str]


def event_row(registry: Registry, event: Event, names: Names, outcome: EventOutcome) -> EventRow:
    """An event as its row shows it, with the worst that became of it; `names` are those of accounts."""
    registered = registry.get(event.provider)
    name, icon = registered.provider.name, mark(registered)
    failing = event.status in {"failed", "dead"}
    run = outcome.failed_run
    why = run.message if run is not None else _problem_sentence(event.problem) if failing else None
    return EventRow(
        id=str(event.id),
        href=f"{ACTIVITY}/{event.id}",
        icon=icon,
        provider_name=name,
        text=event_text.of_event(registry, event)[0],
        received_at=event.received_at,
        state=_state(event, outcome),
        account=names.get((event.provider, event.account_id or "")),
        why=why,
        run_failed=outcome.outcome == "run_failed",
        failed_run=LinkView(label="Open the run", href=run_path(run.automation_id, run.id)) if run else None,
        replay_action=f"{ACTIVITY}/{event.id}/replay" if _can_be_replayed(event) else None,
    )


def _can_be_replayed(event: Event) -> bool:
    return event.status != "received" and event.payload_deleted_at is None


def _state(event: Event, outcome: EventOutcome) -> StateView:
    # An attempt that failed leaves its problem.
    replayed = event.status == "failed" and event.problem is None
    state = REPLAYING if replayed else STATES[event.status]
    if outcome.outcome == "run_failed":
        count = outcome.failed_runs
        state = RUN_FAILED if count == 1 else replace(RUN_FAILED, words=f"{count} automations failed")
    elif outcome.outcome == "pending" and event.status == "handled":
        state = RUNNING
    return replace(state, key=f"{state.key}{event.attempts}-{outcome.failed_runs}")


def _problem_sentence(problem: Mapping[str, Any] | None) -> str | None:
    return str(problem.get("message") or problem.get("code") or "") or None if problem else None


async def event_page(
    services: Services, actor: Actor, event: Event, deliveries: Sequence[ProcessingAttempt], parent: LinkView
) -> EventPage:
    """The page of an event."""
    accounts = await Events(services.db).account_names([event])
    [spoken] = await named(services, replay.reader(actor), [event])
    outcomes = await history.outcomes(services, actor, [event])
    runs = await history.runs_of(services, actor, event)
    row = event_row(services.registry, spoken, accounts, outcomes[event.id])
    link = event_text.of_event(services.registry, event)[1]
    next_at = None
    if event.status in {"received", "failed"}:
        next_at = await queue.due(services.db, "event", event.id.bytes)
    payload = event.excerpt or ""
    if event.payload is not None:
        payload = msgspec.json.format(msgspec.json.encode(event.payload), indent=2).decode()
    whole = event.payload is not None and len(payload) <= MAX_PAYLOAD_CHARACTERS
    deleted = replay.payload_deleted(services, event)
    return EventPage(
        head=HeadView(title=row.text, parent=parent),
        event=row,
        event_type=event.event_type,
        delivery_key=event.delivery_key,
        attempts=event.attempts,
        steps=tuple(map(_step, deliveries)),
        runs=tuple(_run(services.registry, run, own=run.user_id == actor.user_id) for run in runs),
        payload=payload[:MAX_PAYLOAD_CHARACTERS],
        live_href=row.href,
        link=LinkView(label=f"Open in {row.provider_name}", href=link, external=True) if link else None,
        next_at=next_at,
        unknown_shape=event_text.unknown_shape(services.registry, event),
        payload_deleted=None if deleted is None else deleted.message,
        whole_href=None if whole or deleted else f"/api/webhooks/events/{event.id}/payload",
    )


def _run(registry: Registry, run: EventRun, *, own: bool) -> EventRunView:
    path = run_path(run.automation_id, run.id)
    problem = run.problem or {}
    failed = run.status in {"failed", "dead"}
    return EventRunView(
        id=str(run.id),
        name=run.automation_name,
        outcome=OUTCOMES[run.status],
        at=run.finished_at or run.created_at,
        href=path if own and not run.deleted else None,
        cause=problem.get("message"),
        mend=problem.get("mend"),
        made=made_link(registry, run.call),
        retry_action=f"{path}/retry"
        if own and failed and not run.deleted and run.retried_as is None
        else None,
    )


def _step(delivery: ProcessingAttempt) -> StepView:
    done = delivery.outcome in {"done", "replayed"}
    outcomes = {"done": "succeeded", "replayed": "was a replay for one member"}
    return StepView(
        label=f"Attempt {delivery.attempt} {outcomes.get(delivery.outcome, 'failed')}",
        state="done" if done else "failed",
        at=delivery.ended_at,
        detail=_sentence(delivery.note) if done else _problem_sentence(delivery.problem),
    )


def _sentence(note: str) -> str | None:
    return f"{note[:1].upper()}{note[1:]}." if note else None
