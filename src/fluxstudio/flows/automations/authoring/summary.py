"""What a rule says, in a sentence for people."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fluxstudio.core.registry import Registry
from fluxstudio.errors import InvalidRequest, NotFound
from fluxstudio.flows.automations.rules.conditions import asks
from fluxstudio.flows.automations.rules.definition import Definition, OnSchedule, read
from fluxstudio.flows.automations.rules.templates import has_blanks
from fluxstudio.flows.directory import spoken
from fluxstudio.sdk import Operation

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SPANS = {"*": "every day", "1-5": "every weekday"}
# What a summary speaks of, and the arguments that say which one.
PLACES = (("a repository", ("owner", "repo")), ("a channel", ("channel",)))


@dataclass(frozen=True, slots=True)
class RuleSummary:
    """A rule in words: `when` and `do` make one sentence, each of `only` narrows it."""

    when: str
    do: str
    only: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """When this happens, do that."""
        return f"{self.when}, {self.do}."


def summary_of(
    registry: Registry, definition_json: Any, names: Mapping[str, str] | None = None
) -> RuleSummary:
    """A rule in words, also one that cannot work here any more; `names` are those of ids in it."""
    names_by_id = names or {}
    try:
        definition = read(definition_json)
    except InvalidRequest:
        return RuleSummary("When something happens", "do what can no longer be read")
    when = definition.when
    if isinstance(when, OnSchedule):
        return RuleSummary(
            schedule_summary(when.schedule, when.time_zone), action_summary(registry, definition, names_by_id)
        )
    only = tuple(spoken(f"{condition.field} {asks(condition)}", names_by_id) for condition in when.conditions)
    return RuleSummary(
        f"When {event_summary(registry, when.event)}", action_summary(registry, definition, names_by_id), only
    )


def event_summary(registry: Registry, event: str) -> str:
    """What an event tells: "somebody comments on a file in Figma"."""
    provider, _, kind = event.partition(".")
    provider_entry = next((entry.provider for entry in registry if entry.provider.id == provider), None)
    if provider_entry is None:
        return f"“{event}” happens"
    means = provider_entry.webhooks.event_labels.get(kind) if provider_entry.webhooks is not None else None
    if means is None:
        return f"{provider_entry.name} tells of “{kind.replace('_', ' ').lower()}”"
    return means if provider_entry.name in means else f"{means} in {provider_entry.name}"


def action_summary(registry: Registry, definition: Definition, names: Mapping[str, str] | None = None) -> str:
    """What a rule does: "post a message to #design in Slack"."""
    try:
        operation = registry.operation(definition.do.operation)
    except NotFound:
        return f"do “{definition.do.operation}”, which there is not any more"
    text = operation_summary(operation)
    for noun, places in PLACES:
        place = _plain(definition.do.arguments, places)
        if noun in text and place:
            text = text.replace(noun, (names or {}).get(place, place), 1)
    name = operation.provider.name
    text = text if name in text else f"{text} in {name}"
    return text[:1].lower() + text[1:]


def operation_summary(operation: Operation) -> str:
    """What an operation does, in short: "Post a message to a channel"."""
    return re.split(r": |, or |, and ", operation.summary)[0].rstrip(".")


def _plain(arguments: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """What the arguments say of a place, None where that is missing or depends on the event."""
    values = [arguments.get(name) for name in names]
    texts = [value for value in values if isinstance(value, str) and value and not has_blanks(value)]
    return "/".join(texts) if len(texts) == len(names) else None


def schedule_summary(schedule: str, zone: str) -> str:
    """When a schedule is due: "Every Monday at 09:00 (Europe/Berlin)"."""
    fields = schedule.split()
    if len(fields) != 5:
        return f"At the times “{schedule}”"
    minute, hour, day, month, weekday = fields
    at_minute = minute.isdigit() and int(minute) < 60
    if at_minute and (hour, day, month, weekday) == ("*", "*", "*", "*"):
        return f"Every hour at minute {int(minute)}"
    days = _days(day, weekday) if month == "*" else None
    if days is None or not at_minute or not hour.isdigit():
        return f"At the times “{schedule}” ({zone})"
    return f"{days[:1].upper()}{days[1:]} at {int(hour):02}:{int(minute):02} ({zone})"


def _days(day: str, weekday: str) -> str | None:
    if day == "*":
        if weekday in SPANS:
            return SPANS[weekday]
        return f"every {DAYS[int(weekday)]}" if weekday.isdigit() and int(weekday) < len(DAYS) else None
    return f"on day {int(day)} of every month" if day.isdigit() and weekday == "*" else None
