"""What is computed of people's rules: the same functions in the event loop and in a worker.

Each takes and gives plain values, counts its work, and raises `OverBudget` where that is too much.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fluxstudio.core.registry import Registry
from fluxstudio.flows.automations.evaluation.meter import Meter, metered, spend_output
from fluxstudio.flows.automations.rules.arguments import WrongArguments, rendered
from fluxstudio.flows.automations.rules.conditions import holds, unmet
from fluxstudio.flows.automations.rules.definition import Condition, Definition, OnEvent
from fluxstudio.flows.automations.rules.validation import wrong_action, wrong_for
from fluxstudio.flows.automations.runs import context
from fluxstudio.kit.json import decode, encode

# Seconds of a processor that a worker may take for one request or event.
CPU_SECONDS = 1.0
# The part of them after which verdicts on further rules are no longer begun.
VERDICTS_UNTIL = 0.8


def match(
    payload: Mapping[str, Any], rules: Sequence[Sequence[Condition]], until: float | None = None
) -> list[bool]:
    """For each rule, whether an event meets its conditions; fewer where the process time passes `until`."""
    verdicts: list[bool] = []
    for conditions in rules:
        if until is not None and time.process_time() > until:
            break
        verdicts.append(holds(conditions, payload))
    return verdicts


def check(registry: Registry, definition: Definition) -> dict[str, str]:
    """What is wrong with the action of a rule, by field."""
    return wrong_action(registry, definition)


def render(registry: Registry, definition: Definition, start: Mapping[str, Any]) -> dict[str, Any]:
    """`{arguments}` as a rule would send them, or `{wrong}`: what keeps them from being made, by field.

    `start` is the event as it is kept, or `{due_at}`.
    """
    operation = registry.operation(definition.do.operation)
    try:
        return {"arguments": rendered(operation, definition.do.arguments, _values(registry, start))}
    except WrongArguments as error:
        return {"wrong": error.fields}


def dry_run(registry: Registry, definition: Definition, start: Mapping[str, Any]) -> dict[str, Any]:
    """What a rule would do with an event or at a time: `{summary, why, arguments, problem}`.

    `why` says why nothing would be done, `problem` what would go wrong; both are None where all is well.
    """
    values = _values(registry, start)
    tried: dict[str, Any] = {"summary": "", "why": None, "arguments": None, "problem": None}
    if "due_at" not in start:
        tried["summary"] = str(values["summary"])
        tried["why"] = _why_not(registry, definition, start)
    if tried["why"] is not None:
        return tried
    operation = registry.operation(definition.do.operation)
    try:
        tried["arguments"] = rendered(operation, definition.do.arguments, values)
        wrong_for(operation, tried["arguments"])
    except WrongArguments as error:
        tried["problem"] = str(error)[:2000]
    return tried


def _values(registry: Registry, start: Mapping[str, Any]) -> dict[str, Any]:
    return context.of_time(start["due_at"]) if "due_at" in start else context.of_event(registry, start)


def _why_not(registry: Registry, definition: Definition, event: Mapping[str, Any]) -> str | None:
    assert isinstance(definition.when, OnEvent)
    hook = registry.get(event["provider"]).provider.webhooks
    ours = hook.self_events.ours if hook is not None else None
    if ours is not None and ours(event["event_type"], event["payload"]):
        return "We caused this event ourselves; that starts nothing."
    why = unmet(definition.when.conditions, event["payload"])
    spend_output(len(why or ""))
    return why


def work_out(registry: Registry, task: str, argument: bytes) -> bytes:
    """What a worker does for an `Evaluation`; reading what it is about does not count against its budget."""
    request = decode(argument)
    start = time.process_time()
    with metered(Meter.in_worker()):
        value = _worked_out(registry, task, request, start)
    return encode({"value": value, "seconds": time.process_time() - start})


def _worked_out(registry: Registry, task: str, request: Mapping[str, Any], start_time: float) -> Any:
    if task == "match":
        rules = [[Condition.model_validate(part) for part in rule] for rule in request["rules"]]
        return match(request["payload"], rules, start_time + VERDICTS_UNTIL * CPU_SECONDS)
    definition = Definition.model_validate(request["definition"])
    if task == "check":
        return check(registry, definition)
    return (render if task == "render" else dry_run)(registry, definition, _with_times(request["start"]))


def _with_times(start: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name in {"due_at", "received_at"} else value
        for name, value in start.items()
    }
