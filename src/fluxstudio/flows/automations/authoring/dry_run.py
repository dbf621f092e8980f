"""What a rule would have done with what really happened, or would do next; nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fluxstudio.core.automations.bindings import bound_connection
from fluxstudio.core.automations.rules import Automations
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import ConnectionAmbiguous, FluxStudioError
from fluxstudio.flows.automations.evaluation.evaluator import Evaluation
from fluxstudio.flows.automations.health.readiness import obstacles
from fluxstudio.flows.automations.rules import schedules
from fluxstudio.flows.automations.rules.definition import Definition, OnEvent
from fluxstudio.flows.visibility import conversations
from fluxstudio.sdk import Operation

MOST_EVENTS = 50
NEXT_TIMES = 5


@dataclass(frozen=True, slots=True)
class DryRunResult:
    """What would come of one event or one time: the arguments, or in words why nothing would be done.

    `problem` says in words what would go wrong when it ran.
    """

    at: datetime
    event_id: UUID | None
    summary: str
    would_run: bool
    why: str | None
    arguments: Mapping[str, Any] | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class DryRun:
    """A dry run. `problem` says what keeps the rule from working at all right now, such as no connection."""

    problem: str | None
    results: list[DryRunResult]


async def on_recent_events(
    services: Services, actor: Actor, definition: Definition, evaluation: Evaluation | None = None
) -> DryRun:
    """Try a checked rule on the user's events of the last week, newest first, or on the next times.

    `evaluation` is the budget it is to come out of, where the same request works out more. Raises
    `InvalidRequest` once that is spent.
    """
    evaluation = evaluation or Evaluation(services, actor.user_id)
    operation = services.registry.operation(definition.do.operation)
    problem = await _unready(services, actor, operation, definition.do.connection)
    if problem is None:
        problem = "; ".join((await obstacles(services, actor, definition)).values()) or None
        problem = problem and f"{problem[:1].upper()}{problem[1:]}."
    when = definition.when
    if not isinstance(when, OnEvent):
        now = await services.db.now()
        times = schedules.upcoming(when.schedule, when.time_zone, now, NEXT_TIMES)
        return DryRun(problem, [await _at_time(evaluation, definition, moment) for moment in times])
    connection = UUID(when.connection) if when.connection else None
    await conversations.refresh(services, actor.user_id)
    events = await Automations(services.db).lately_received(
        actor.user_id, when.event, connection, MOST_EVENTS
    )
    results = []
    for event in events:
        results.append(await on_event(evaluation, definition, event))
        # One event may take a while in the loop, and they are many.
        await asyncio.sleep(0)
    return DryRun(problem, results)


async def on_example(
    services: Services,
    actor: Actor,
    definition: Definition,
    example: Mapping[str, Any],
    evaluation: Evaluation | None = None,
) -> DryRunResult:
    """What a rule would do with an event made up to show it, `{type, payload}`, whatever it asks for.

    Raises `InvalidRequest` where that takes too long to work out.
    """
    assert isinstance(definition.when, OnEvent)
    anything = definition.model_copy(update={"when": definition.when.model_copy(update={"conditions": []})})
    provider = definition.when.event.partition(".")[0]
    event = {
        "id": None,
        "provider": provider,
        "event_type": example["type"],
        "received_at": await services.db.now(),
        "payload": example["payload"],
    }
    return await on_event(evaluation or Evaluation(services, actor.user_id), anything, event)


async def on_event(evaluation: Evaluation, definition: Definition, event: Mapping[str, Any]) -> DryRunResult:
    """What would come of an event of the kind that the rule waits for. Raises `InvalidRequest`."""
    if event.get("too_large"):
        why = "This event is too large to try it on here. It would be looked at when it arrives."
        summary = event["summary"] or event["event_type"]
        return DryRunResult(event["received_at"], event["id"], summary, False, why, None, None)
    start = {name: event[name] for name in ("provider", "event_type", "received_at", "payload")}
    outcome = await evaluation.dry_run(definition, start)
    return DryRunResult(
        event["received_at"],
        event["id"],
        outcome["summary"],
        outcome["why"] is None,
        outcome["why"],
        outcome["arguments"],
        outcome["problem"],
    )


async def _at_time(evaluation: Evaluation, definition: Definition, moment: datetime) -> DryRunResult:
    outcome = await evaluation.dry_run(definition, {"due_at": moment})
    return DryRunResult(moment, None, "", True, None, outcome["arguments"], outcome["problem"])


async def _unready(
    services: Services, actor: Actor, operation: Operation, connection: str | None
) -> str | None:
    """Why the operation could not be called for the user now, or None."""
    provider = operation.provider
    bound = (
        None if connection is None else await bound_connection(services.db, actor.user_id, UUID(connection))
    )
    if bound is not None and bound.status == "disconnected":
        return f"{bound.account} in {provider.name} is disconnected. Reconnect it, or choose another account."
    try:
        picked = await services.connections.pick(actor.user_id, provider, connection=connection)
    except ConnectionAmbiguous as error:
        names = " or ".join(entry["name"] for entry in error.details["connections"])
        return f"Choose which {provider.name} {provider.identity.noun} it uses: {names}."
    except FluxStudioError as error:
        return error.message
    if picked.status == "reauthorize":
        return f"{provider.name} no longer accepts the access for {picked.account.name}. Reconnect it."
    missing = provider.oauth.missing(operation.scopes, picked.scopes)
    if missing:
        return (
            f"{provider.name} has not been allowed to do this for {picked.account.name}. Choose Grant access "
            "in Settings → Integrations."
        )
    return None
