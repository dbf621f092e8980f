"""The cards of a rule's form that say what starts it: the trigger with its place, and the conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fluxstudio.core.registry import Registry
from fluxstudio.faces.web.automations.form_reader import (
    HOURLY,
    MISSING,
    ON_SCHEDULE,
    OWN,
    REPEATS,
    clock_of,
    display_text,
)
from fluxstudio.faces.web.automations.form_state import FormState, Options, with_chosen
from fluxstudio.faces.web.automations.form_views import ConditionEntry, EntryView
from fluxstudio.faces.web.components.views import SuggestedField
from fluxstudio.flows.automations.authoring.choices import place_of
from fluxstudio.flows.automations.authoring.variables import field_label
from fluxstudio.flows.automations.rules.time_zones import time_zones

TESTS = (
    ("equals", "is"),
    ("not_equals", "is not"),
    ("contains", "contains"),
    ("starts_with", "starts with"),
    ("in", "is one of"),
    ("matches", "has the form"),
    ("exists", "is there"),
    (MISSING, "is not there"),
)
# What a trigger is about, by what is asked for it: the label, and what an empty field means.
PLACES: Mapping[str, tuple[str, str]] = {
    "file": ("File", "Any file"),
    "channelId": ("Channel", "Any channel"),
    "repository": ("Repository", "Any repository"),
}
FIELD_HELP = "Enter a field of the event, such as pull_request.merged."
MOST_CONDITIONS = 20
MOST_HINT_CHARACTERS = 60


def trigger_entries(state: FormState) -> tuple[EntryView, ...]:
    """The fields of the trigger, its place left out."""
    when = state.part("when")
    chosen = ON_SCHEDULE if "schedule" in when else display_text(when.get("event"))
    options = with_chosen(chosen, ((ON_SCHEDULE, "On a schedule"), *events(state.registry)))
    event = state.entry(
        "when.event", "Trigger", chosen, options=options, search=True, looks=True, required=True
    )
    if chosen != ON_SCHEDULE:
        return (event, *state.account("when.connection", chosen, when))
    return (event, *_times(state, when))


def _times(state: FormState, when: Mapping[str, Any]) -> tuple[EntryView, ...]:
    schedule = display_text(when.get("schedule"))
    repeat, at = clock_of(schedule)
    zone = display_text(when.get("timeZone")) or "UTC"
    clock = state.entry(
        "at",
        "Time",
        at,
        kind="time",
        error=state.error("when.schedule"),
        help="Only the minutes count: it runs every hour." if repeat == HOURLY else None,
    )
    cron = state.entry(
        "when.schedule",
        "Cron expression",
        schedule,
        help="Minute, hour, day, month, weekday: 0 9 * * 1 is Mondays at nine.",
    )
    zones = tuple((name, name.replace("_", " ")) for name in sorted(time_zones()))
    return (
        state.entry("repeat", "Days", repeat, options=REPEATS, looks=True),
        cron if repeat == OWN else clock,
        state.entry("when.timeZone", "Time zone", zone, options=with_chosen(zone, zones), search=True),
    )


def condition_entries(state: FormState) -> tuple[ConditionEntry | None, tuple[ConditionEntry, ...]]:
    """The condition that says which place the trigger is about, and the others with blank ones to fill in."""
    when = state.part("when")
    if "schedule" in when:
        return None, ()
    listed = when.get("conditions")
    conditions = [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []
    at = _place_at(state, conditions)
    blank: list[Mapping[str, Any]] = [{}] * max(0, min(state.blank_rows, MOST_CONDITIONS - len(conditions)))
    rows = list(enumerate([*conditions, *blank]))
    place = None
    if at is not None:
        number = at if at < len(conditions) else len(rows)
        condition = conditions[at] if at < len(conditions) else {}
        place = _place(state, number, condition) if number < MOST_CONDITIONS else None
        rows = [row for row in rows if row[0] != number]
    return place, tuple(_condition(state, number, entry) for number, entry in rows)


def _place_at(state: FormState, conditions: list[Mapping[str, Any]]) -> int | None:
    """Which condition says the place; beyond the last where none does, None where there are no places."""
    registered = state.provider_of(display_text(state.part("when").get("event")))
    place = None if registered is None else place_of(registered.provider)
    if place is None:
        return None
    for number, entry in enumerate(conditions):
        value = entry.get("value")
        if entry.get("field") == place[0] and entry.get("is") == "equals" and isinstance(value, str):
            return number
    return len(conditions)


def _place(state: FormState, number: int, condition: Mapping[str, Any]) -> ConditionEntry:
    registered = state.provider_of(display_text(state.part("when").get("event")))
    assert registered is not None
    field, ask = place_of(registered.provider) or ("", "")
    entry, (label, anywhere) = _condition(state, number, condition), PLACES[ask]
    offered = state.picks.get("place") or SuggestedField(picker=True)
    value = replace(
        entry.value,
        label=label,
        placeholder=anywhere,
        suggested=replace(offered, value=entry.value.value),
        error=entry.error,
    )
    return replace(entry, field=replace(entry.field, value=field), value=value, error=None)


def _condition(state: FormState, number: int, entry: Mapping[str, Any]) -> ConditionEntry:
    place = f"when.conditions.{number}"
    test, value = display_text(entry.get("is")) or "equals", entry.get("value")
    if test == "exists":
        test, value = (MISSING if value is False else "exists"), None
    field, text = display_text(entry.get("field")), display_text(value)
    return ConditionEntry(
        field=EntryView(
            name=f"{place}.field",
            label=f"Field {number + 1}",
            value=field,
            placeholder="Field",
            suggested=_fields(state, field),
        ),
        test=EntryView(name=f"{place}.is", label=f"Test {number + 1}", value=test, options=TESTS),
        value=EntryView(
            name=f"{place}.value",
            label=f"Value {number + 1}",
            value=text,
            placeholder="Value",
            suggested=SuggestedField(
                value=text, picker=True, href=_values_href(state), about=f"{place}.field"
            ),
        ),
        remove=f"remove.{number}",
        error=state.error(f"{place}.field", FIELD_HELP) or state.error(place),
    )


def _fields(state: FormState, value: str) -> SuggestedField:
    fields = state.suggestions.fields
    return SuggestedField(
        value=value,
        picker=True,
        choices=tuple((field.place, field_label(field.place)) for field in fields),
        hints={field.place: display_text(field.value)[:MOST_HINT_CHARACTERS] for field in fields},
    )


def _values_href(state: FormState) -> str | None:
    values = state.picks.get("values")
    return None if values is None else values.href


def events(registry: Registry) -> Options:
    """Every event there is, those with words for them first."""
    labelled: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    for entry in registry:
        hook, provider = entry.provider.webhooks, entry.provider
        for kind in hook.events if hook is not None else ():
            means = hook.event_labels.get(kind) if hook is not None else None
            words = means or kind.replace("_", " ").lower()
            (labelled if means else others).append((f"{provider.id}.{kind}", f"{provider.name}: {words}"))
    return (*labelled, *others)
