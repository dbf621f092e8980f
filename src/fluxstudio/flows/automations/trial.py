"""What a rule would have done with what really happened, or would do next; nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fluxstudio.core.automations import Automations
from fluxstudio.core.people import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError
from fluxstudio.flows.automations import names, schedules
from fluxstudio.flows.automations.arguments import WrongArguments, rendered
from fluxstudio.flows.automations.conditions import unmet
from fluxstudio.flows.automations.definition import Definition, OnEvent
from fluxstudio.flows.automations.rules import wrong_for
from fluxstudio.sdk import Operation

MOST_EVENTS = 50
NEXT_TIMES = 5


@dataclass(frozen=True, slots=True)
class Tried:
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
class Trial:
    """A dry run. `problem` says what keeps the rule from working at all right now, such as no connection."""

    problem: str | None
    tried: list[Tried]


async def tried(services: Services, actor: Actor, definition: Definition) -> Trial:
    """Try a checked rule on the user's events of the last week, newest first, or on the next times."""
    operation = services.registry.operation(definition.do.operation)
    problem = await _unready(services, actor, operation, definition.do.connection)
    when = definition.when
    if not isinstance(when, OnEvent):
        now = await services.db.now()
        times = schedules.upcoming(when.schedule, when.time_zone, now, NEXT_TIMES)
        return Trial(problem, [_at_time(operation, definition, moment) for moment in times])
    connection = UUID(when.connection) if when.connection else None
    events = await Automations(services.db).lately_received(
        actor.user_id, when.event, connection, MOST_EVENTS
    )
    return Trial(problem, [on_event(services, definition, event) for event in events])


def on_event(services: Services, definition: Definition, event: Mapping[str, Any]) -> Tried:
    """What would come of an event of the kind that the rule waits for."""
    assert isinstance(definition.when, OnEvent)
    operation = services.registry.operation(definition.do.operation)
    known = names.of_event(services.registry, event)
    place = (event["received_at"], event["id"], str(known["summary"]))
    hook = services.registry[event["provider"]].provider.webhook
    why = unmet(definition.when.conditions, event["payload"])
    if (
        hook is not None
        and hook.echo.ours is not None
        and hook.echo.ours(event["event_type"], event["payload"])
    ):
        why = "We caused this event ourselves; that starts nothing."
    if why is not None:
        return Tried(*place, would_run=False, why=why, arguments=None, problem=None)
    return Tried(*place, True, None, *_arguments(operation, definition, known))


def on_example(services: Services, definition: Definition, example: Mapping[str, Any], at: datetime) -> Tried:
    """What a rule would do with an event made up to show it, `{type, payload}`, whatever it asks for."""
    assert isinstance(definition.when, OnEvent)
    anything = definition.model_copy(update={"when": definition.when.model_copy(update={"conditions": []})})
    provider = definition.when.event.partition(".")[0]
    event = {"id": None, "provider": provider, "event_type": example["type"], "received_at": at}
    return on_event(services, anything, {**event, "payload": example["payload"]})


def _at_time(operation: Operation, definition: Definition, moment: datetime) -> Tried:
    return Tried(moment, None, "", True, None, *_arguments(operation, definition, names.of_time(moment)))


def _arguments(
    operation: Operation, definition: Definition, known: Mapping[str, Any]
) -> tuple[Mapping[str, Any] | None, str | None]:
    try:
        made = rendered(operation, definition.do.arguments, known)
    except WrongArguments as error:
        return None, str(error)
    try:
        wrong_for(operation, made)
    except WrongArguments as error:
        return made, str(error)
    return made, None


async def _unready(
    services: Services, actor: Actor, operation: Operation, connection: str | None
) -> str | None:
    """Why the operation could not be called for the user now, or None."""
    provider = operation.provider
    try:
        picked = await services.connections.pick(actor.user_id, provider, connection=connection)
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
