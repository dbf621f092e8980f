"""What became of events: the runs they started, and the worst of it, for whoever asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from fluxstudio.core.automations.run_history import EventOutcome, EventRun, RunHistory
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks.events import Event
from fluxstudio.flows.webhooks.replay import reader

# What administrators read of a failure in somebody else's rule.
WITHHELD = "Only the owner of the automation can see why it failed."


async def outcomes(services: Services, actor: Actor, events: Sequence[Event]) -> Mapping[UUID, EventOutcome]:
    """What became of events, as far as somebody's own rules are concerned; administrators see everybody's.

    Of other people's rules it is said that one failed, and neither which nor why.
    """
    statuses = {event.id: event.status for event in events}
    by_event = await RunHistory(services.db).outcomes(reader(actor), statuses)
    return {event_id: _as_seen_by(actor, outcome) for event_id, outcome in by_event.items()}


def _as_seen_by(actor: Actor, outcome: EventOutcome) -> EventOutcome:
    own = outcome.failed_run is None or outcome.failed_run.user_id == actor.user_id
    return outcome if own else replace(outcome, failed_run=None)


async def runs_of(services: Services, actor: Actor, event: Event) -> list[EventRun]:
    """The runs that an event started: somebody's own, and for administrators everybody's.

    What other people's rules did comes without its content: messages of errors name channels and files.
    """
    runs = await RunHistory(services.db).of_event(reader(actor), event.id)
    return [run if run.user_id == actor.user_id else _without_content(run, event) for run in runs]


def _without_content(run: EventRun, event: Event) -> EventRun:
    problem = run.problem and {**run.problem, "message": WITHHELD, "mend": "Ask the owner to look at it."}
    call = run.call and {**run.call, "link": None, "connection": None}
    name = "An automation" if event.withheld else run.automation_name
    return replace(run, problem=problem, call=call, automation_name=name)
