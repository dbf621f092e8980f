"""What a rule that is still being written would send for one event, drawn as people will see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fluxstudio.core.automations.rules import Automations
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest, NotFound
from fluxstudio.flows.automations.authoring.gallery import suggestions
from fluxstudio.flows.automations.evaluation.evaluator import Evaluation
from fluxstudio.flows.automations.rules.definition import Definition, OnEvent, read
from fluxstudio.flows.visibility import conversations
from fluxstudio.flows.webhooks import event_text
from fluxstudio.sdk import Drawing, Operation, Previews

MOST_SAMPLES = 15
# Ids of what is shown where no event is.
EXAMPLE, NOW = "example", "now"


@dataclass(frozen=True, slots=True)
class Sample:
    """What a rule can be shown with: an event that came, or an example where none has.

    `start` is what an evaluation takes.
    """

    id: str
    at: datetime | None
    summary: str
    start: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent: the `arguments` filled in, and a `drawing` where the provider shows what it writes.

    `why` says why this event would start nothing, `problems` what could not be filled in, by field.
    """

    arguments: Mapping[str, Any] | None = None
    drawing: Drawing | None = None
    why: str | None = None
    problems: Mapping[str, str] | None = None


async def samples(services: Services, actor: Actor, when: Mapping[str, Any]) -> list[Sample]:
    """The latest events of the kind that a rule waits for, newest first; else an example, where there is one.

    A rule on a schedule has the present moment.
    """
    event = when.get("event")
    if not isinstance(event, str):
        now = await services.db.now()
        return [Sample(NOW, now, "Now", {"due_at": now})]
    await conversations.refresh(services, actor.user_id)
    rows = await Automations(services.db).lately_received(
        actor.user_id, event, as_uuid(when.get("connection")), MOST_SAMPLES
    )
    arrived = [_of_row(services, row) for row in rows if not row["too_large"]]
    return arrived or await _examples(services, event)


def _of_row(services: Services, row: Mapping[str, Any]) -> Sample:
    start = {name: row[name] for name in ("provider", "event_type", "received_at", "payload")}
    summary = event_text.sentence(services.registry, row["provider"], row["event_type"], row["payload"])
    return Sample(str(row["id"]), row["received_at"], str(summary), start)


async def _examples(services: Services, event: str) -> list[Sample]:
    for entry in suggestions(services.registry):
        if entry.example is not None and entry.definition["when"].get("event") == event:
            row = {
                "id": EXAMPLE,
                "provider": event.partition(".")[0],
                "event_type": entry.example["type"],
                "received_at": await services.db.now(),
                "payload": entry.example["payload"],
            }
            return [_of_row(services, row)]
    return []


async def preview(services: Services, actor: Actor, definition: Any, sample: Sample) -> Preview:
    """What a rule would send for a sample, however much of it is still missing.

    Raises `InvalidRequest` where that takes too long to work out, and `Unavailable` while it cannot be.
    """
    readable = _readable(definition)
    if readable is None:
        return Preview()
    try:
        operation = services.registry.operation(readable.do.operation)
    except NotFound:
        return Preview()
    evaluation = Evaluation(services, actor.user_id)
    outcome = await evaluation.render(readable, sample.start)
    if "wrong" in outcome:
        return Preview(problems=outcome["wrong"])
    arguments = outcome["arguments"]
    why = await _why_not(evaluation, definition, sample)
    return Preview(arguments, _drawing(operation, arguments), why)


def _readable(definition: Any) -> Definition | None:
    """What there is of a rule, without conditions that may be half written; None where that is too little."""
    when, do = _part(definition, "when"), _part(definition, "do")
    start = {"event": when["event"]} if isinstance(when.get("event"), str) else {"schedule": "0 9 * * 1"}
    action = {"operation": do.get("operation"), "arguments": _part(do, "arguments")}
    try:
        return read({"when": start, "do": action})
    except InvalidRequest:
        return None


def _part(value: Any, name: str) -> Mapping[str, Any]:
    part = value.get(name) if isinstance(value, Mapping) else None
    return part if isinstance(part, Mapping) else {}


async def _why_not(evaluation: Evaluation, definition: Any, sample: Sample) -> str | None:
    """Why this event would start nothing; None where it would, and while the conditions are half written."""
    if sample.id == EXAMPLE:
        return None
    try:
        whole = read(definition)
    except InvalidRequest:
        return None
    if not isinstance(whole.when, OnEvent):
        return None
    why: str | None = (await evaluation.dry_run(whole, sample.start))["why"]
    return why


def _drawing(operation: Operation, arguments: Mapping[str, Any]) -> Drawing | None:
    previews = operation.provider.capability(Previews)
    draw = None if previews is None else previews.draw.get(operation.name)
    return None if draw is None else draw(arguments)


def as_uuid(text: Any) -> UUID | None:
    """The id that a text is; None where it is none."""
    try:
        return UUID(str(text)) if text else None
    except ValueError:
        return None
