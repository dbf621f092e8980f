"""Whether a rule can work here: is there such an event, such an operation, does it take these arguments?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from pydantic import ValidationError

from fluxstudio.core.automations.rules import StoredRule
from fluxstudio.core.registry import Registry
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest, NotFound
from fluxstudio.flows.automations.evaluation.meter import spend
from fluxstudio.flows.automations.rules import schedules
from fluxstudio.flows.automations.rules.arguments import WrongArguments, is_template, wrong_templates
from fluxstudio.flows.automations.rules.definition import MOST_ERRORS, Definition, OnEvent, OnSchedule
from fluxstudio.flows.automations.rules.schedules import InvalidSchedule
from fluxstudio.flows.automations.runs.context import known_names
from fluxstudio.sdk import Operation

# What describing one wrong argument takes.
STEPS_FOR_ERROR = 200

ARGUMENTS = "do.arguments"


class ArgumentCheck(Protocol):
    """Looks at what a definition has worked out, within one budget."""

    async def check(self, definition: Definition) -> Mapping[str, str]:
        """What is wrong with its templates and conditions, by field."""


async def check(
    services: Services,
    definition: Definition,
    evaluation: ArgumentCheck,
    where: str = "definition",
) -> None:
    """Raises `InvalidRequest` naming every part of a rule that cannot work, and what to write instead."""
    wrong = _wrong_when(services.registry, definition, await services.db.now())
    wrong |= await evaluation.check(definition)
    if wrong:
        raise InvalidRequest(
            "This automation cannot work like this. Correct the fields named and send it again.",
            {f"{where}.{field}": what for field, what in wrong.items()},
        )


def stored_rule(name: str, enabled: bool, definition: Definition, now: datetime) -> StoredRule:
    """What is kept of a checked rule beside its definition."""
    when = definition.when
    if isinstance(when, OnEvent):
        return StoredRule(name, enabled, when.event, None)
    return StoredRule(
        name, enabled, None, schedules.next_after(when.schedule, when.time_zone, now) if enabled else None
    )


def _wrong_when(registry: Registry, definition: Definition, now: datetime) -> dict[str, str]:
    when = definition.when
    if isinstance(when, OnSchedule):
        return _wrong_schedule(when, now)
    provider, _, kind = when.event.partition(".")
    providers = {
        entry.provider.id: entry.provider for entry in registry if entry.provider.webhooks is not None
    }
    if provider not in providers:
        return {"when.event": f"there is no provider “{provider}”; there are {', '.join(providers)}"}
    hook = providers[provider].webhooks
    assert hook is not None
    if kind not in hook.events:
        near = [name for name in hook.events if kind.lower() in name.lower() or name.lower() in kind.lower()]
        named = ", ".join((near or list(hook.events))[:12])
        return {"when.event": f"{providers[provider].name} has no event “{kind}”; write one like {named}"}
    return {}


def _wrong_schedule(when: OnSchedule, now: datetime) -> dict[str, str]:
    try:
        schedules.check_zone(when.time_zone)
    except InvalidSchedule as error:
        return {"when.timeZone": str(error)}
    try:
        schedules.next_after(when.schedule, when.time_zone, now)
    except InvalidSchedule as error:
        return {"when.schedule": str(error)}
    return {}


def wrong_action(registry: Registry, definition: Definition) -> dict[str, str]:
    """What is wrong with what a rule does, by field. Its work is counted, and may raise `OverBudget`."""
    do = definition.do
    try:
        operation = registry.operation(do.operation)
    except NotFound as error:
        return {"do.operation": f"{error.message} It has to be one that writes, such as {_some(registry)}."}
    if not operation.writes:
        return {"do.operation": f"{do.operation} only reads; take one that writes, such as {_some(registry)}"}
    if operation.takes_upload:
        return {"do.operation": f"{do.operation} takes a file, which an automation does not have"}
    wrong = wrong_templates(do.arguments, known_names(definition)) or _wrong_arguments(
        operation, do.arguments
    )
    return {f"{ARGUMENTS}.{place}": what for place, what in wrong.items()}


def _wrong_arguments(operation: Operation, arguments: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the arguments that are known now; what a template makes is checked when it runs."""
    templated = {name for name, value in arguments.items() if is_template(value)}
    try:
        operation.arguments.model_validate(dict(arguments))
    except ValidationError as error:
        spend(STEPS_FOR_ERROR * error.error_count())
        accepted = ", ".join(operation.public_name(name) for name in operation.parameters)
        return {
            ".".join(str(part) for part in item["loc"]): (
                f"{operation.full_name} has no such argument; it takes {accepted}"
                if item["type"] == "extra_forbidden" and len(item["loc"]) == 1
                else "is needed"
                if item["type"] == "missing"
                else item["msg"]
            )
            for item in error.errors(include_url=False, include_input=False)[:MOST_ERRORS]
            if item["type"] in {"missing", "extra_forbidden"}
            or not (item["loc"] and str(item["loc"][0]) in templated)
        }
    return {}


def _some(registry: Registry) -> str:
    fitting = [entry.full_name for entry in registry.operations if entry.writes and not entry.takes_upload]
    return ", ".join(fitting[:12])


def wrong_for(operation: Operation, arguments: Mapping[str, Any]) -> None:
    """Check finished arguments against an operation. Raises `WrongArguments`."""
    try:
        operation.check(arguments)
    except InvalidRequest as error:
        raise WrongArguments(error.details["fields"]) from None
