"""The form of a rule: the JSON of a definition in, fields with what is wrong with them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fluxstudio.core.connections.connections import ListedConnection
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
from fluxstudio.faces.web.automations.parameters import Parameter, parameters_for
from fluxstudio.faces.web.automations.shared import json_text
from fluxstudio.faces.web.automations.views import ConditionEntry, EntryView, RuleFormView, ValueView
from fluxstudio.flows.automations.authoring.field_suggestions import EventField, FieldSuggestions
from fluxstudio.flows.automations.authoring.summary import operation_summary
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
PERIODS = (("minute", "a minute"), ("hour", "an hour"), ("day", "a day"))
FIELD_HELP = "Enter a field of the event, such as pull_request.merged."
MOST_CONDITIONS = 20
MAX_VALUE_CHARACTERS = 120


@dataclass(frozen=True)
class RuleForm:
    """What a form is made of: the rule as it stands in it, and what is wrong, by dotted place.

    `listed` are the user's connections, those that have ended too.
    """

    registry: Registry
    listed: Sequence[ListedConnection]
    name: str
    definition: Any
    errors: Mapping[str, str] = field(default_factory=dict)
    blank_rows: int = 1
    suggestions: FieldSuggestions = field(default_factory=FieldSuggestions)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What the operation takes; nothing where there is no such operation."""
        return parameters_for(self.registry, str(_part(self.definition, "do").get("operation", "")))

    def form(
        self, action: str, save: str, json: str | None = None, json_error: str | None = None
    ) -> RuleFormView:
        """The whole form; `json` is what was typed there."""
        when, do = _part(self.definition, "when"), _part(self.definition, "do")
        arguments = do.get("arguments") if isinstance(do.get("arguments"), Mapping) else {}
        assert isinstance(arguments, Mapping)
        first, further = self._arguments(arguments)
        return RuleFormView(
            action=action,
            save=save,
            attempt="See next run times" if "schedule" in when else "Try it on last week’s events",
            name=self._entry("name", "Name", self.name, required=True),
            when=self._when(when),
            conditions=() if "schedule" in when else self._conditions(when.get("conditions") or []),
            do=self._do(do),
            event_fields=tuple(_field_view(field) for field in self.suggestions.fields),
            fields_from="an example" if self.suggestions.from_example else "the latest one",
            arguments=first,
            further=further,
            kept_as_is=tuple(
                entry.label for entry in self.parameters if entry.kind == "other" and entry.name in arguments
            ),
            limit=self._limit(_part(self.definition, "limit")),
            json=EntryView(
                name="json",
                label="JSON",
                value=json_text(self.definition) if json is None else json,
                error=json_error,
                area=True,
            ),
        )

    def unplaced(self, form: RuleFormView) -> str | None:
        """What is wrong that no field of the form shows."""
        names = [
            entry.name
            for entry in (form.name, *form.when, *form.do, *form.arguments, *form.further, *form.limit)
        ]
        names += [part.field.name.removesuffix(".field") for part in form.conditions]
        rest = [
            f"{place}: {what}"
            for place, what in self.errors.items()
            if not any(place == name or place.startswith(f"{name}.") for name in names)
        ]
        return "; ".join(rest) or None

    def _entry(self, name: str, label: str, value: str, **further: Any) -> EntryView:
        further.setdefault("error", self._error(name, str(further.get("help") or "")))
        return EntryView(name=name, label=label, value=value, **further)

    def _error(self, name: str, help_text: str = "") -> str | None:
        for place, what in self.errors.items():
            if place == name or place.startswith(f"{name}."):
                if what == "is needed":
                    return "Required."
                if "should match pattern" in what:
                    return f"This does not fit. {help_text}".strip()
                return f"{what[:1].upper()}{what[1:].rstrip('.')}."
        return None

    def _when(self, when: Mapping[str, Any]) -> tuple[EntryView, ...]:
        chosen = ON_SCHEDULE if "schedule" in when else display_text(when.get("event"))
        options = _with(chosen, ((ON_SCHEDULE, "On a schedule"), *events(self.registry)))
        event = self._entry("when.event", "Trigger", chosen, options=options, search=True, looks=True)
        if chosen != ON_SCHEDULE:
            return (event, *self._account("when.connection", chosen, when))
        schedule = display_text(when.get("schedule"))
        repeat, at = clock_of(schedule)
        zone = display_text(when.get("timeZone")) or "UTC"
        clock = self._entry(
            "at",
            "Time",
            at,
            kind="time",
            error=self._error("when.schedule"),
            help="Only the minutes count: it runs every hour." if repeat == HOURLY else None,
        )
        cron = self._entry(
            "when.schedule",
            "Cron expression",
            schedule,
            help="Minute, hour, day, month, weekday: 0 9 * * 1 is Mondays at nine.",
        )
        return (
            event,
            self._entry("repeat", "Days", repeat, options=REPEATS, looks=True),
            cron if repeat == OWN else clock,
            self._entry(
                "when.timeZone",
                "Time zone",
                zone,
                options=_with(zone, tuple((name, name.replace("_", " ")) for name in sorted(time_zones()))),
                search=True,
            ),
        )

    def _account(self, name: str, full_name: str, side: Mapping[str, Any]) -> tuple[EntryView, ...]:
        """Which account the rule belongs to on this side; an only one is chosen, of several none is."""
        provider, chosen = full_name.partition(".")[0], display_text(side.get("connection"))
        own = {str(entry.id): entry for entry in self.listed if entry.provider == provider}
        accounts = tuple((key, entry.account.name) for key, entry in own.items() if entry.is_active)
        if chosen not in own:
            # What was chosen before belongs to another provider.
            chosen = accounts[0][0] if len(accounts) == 1 else ""
        elif not own[chosen].is_active:
            accounts = ((chosen, f"{own[chosen].account.name} (disconnected)"), *accounts)
        if not accounts:
            return ()
        return (self._entry(name, "Account", chosen, options=_with(chosen, accounts), required=True),)

    def _conditions(self, conditions: Any) -> tuple[ConditionEntry, ...]:
        condition_values = (
            [entry for entry in conditions if isinstance(entry, Mapping)]
            if isinstance(conditions, list)
            else []
        )
        blank: list[Mapping[str, Any]] = [{}] * max(
            0, min(self.blank_rows, MOST_CONDITIONS - len(condition_values))
        )
        return tuple(
            self._condition(number, entry) for number, entry in enumerate([*condition_values, *blank])
        )

    def _condition(self, number: int, entry: Mapping[str, Any]) -> ConditionEntry:
        place = f"when.conditions.{number}"
        test, value = display_text(entry.get("is")) or "equals", entry.get("value")
        if test == "exists":
            test, value = (MISSING if value is False else "exists"), None
        error = self._error(f"{place}.field", FIELD_HELP) or self._error(place)
        return ConditionEntry(
            field=EntryView(
                name=f"{place}.field",
                label=f"Field {number + 1}",
                value=display_text(entry.get("field")),
                placeholder="Field",
                list="event-fields" if self.suggestions.fields else None,
            ),
            test=EntryView(name=f"{place}.is", label=f"Test {number + 1}", value=test, options=TESTS),
            value=EntryView(
                name=f"{place}.value",
                label=f"Value {number + 1}",
                value=display_text(value),
                placeholder="Value",
            ),
            error=error,
        )

    def _do(self, do: Mapping[str, Any]) -> tuple[EntryView, ...]:
        chosen = display_text(do.get("operation"))
        options = _with(chosen, operations(self.registry))
        what = self._entry("do.operation", "Action", chosen, options=options, search=True, looks=True)
        return (what, *self._account("do.connection", chosen, do))

    def _arguments(self, values: Mapping[str, Any]) -> tuple[tuple[EntryView, ...], tuple[EntryView, ...]]:
        """The fields people fill in, and those they may."""
        shown_first: list[EntryView] = []
        further: list[EntryView] = []
        usual = next((entry.name for entry in self.parameters if entry.kind == "long"), None)
        for parameter in self.parameters:
            if parameter.kind == "other":
                continue
            entry = self._argument(parameter, values.get(parameter.name))
            first = parameter.required or parameter.name in values or parameter.name == usual or entry.error
            (shown_first if first else further).append(entry)
        return tuple(shown_first), tuple(further)

    def _argument(self, parameter: Parameter, value: Any) -> EntryView:
        text, options = display_text(value), tuple((choice, choice) for choice in parameter.choices)
        if parameter.kind == "truth":
            options = (("true", "Yes"), ("false", "No"))
        if options:
            options = _with(text, options if parameter.required else (("", "None"), *options))
        several = " Several with commas between them." if parameter.kind == "list" else ""
        return self._entry(
            f"do.arguments.{parameter.name}",
            parameter.label,
            text,
            help=f"{parameter.help}{several}" or None,
            options=options,
            area=parameter.kind == "long",
        )

    def _limit(self, limit: Mapping[str, Any]) -> tuple[EntryView, ...]:
        return (
            self._entry("limit.runs", "Maximum runs", display_text(limit.get("runs", 60))),
            self._entry("limit.per", "In", display_text(limit.get("per", "minute")), options=PERIODS),
        )


def _field_view(field: EventField) -> ValueView:
    text = display_text(field.value)
    return ValueView(
        name=field.place,
        text=text if len(text) <= MAX_VALUE_CHARACTERS else f"{text[:MAX_VALUE_CHARACTERS]}…",
    )


def events(registry: Registry) -> tuple[tuple[str, str], ...]:
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


def operations(registry: Registry) -> tuple[tuple[str, str], ...]:
    """Every operation that a rule can use."""
    return tuple(
        (entry.full_name, f"{entry.provider.name}: {operation_summary(entry)}")
        for entry in registry.operations
        if entry.writes and not entry.takes_upload
    )


def _with(chosen: str, options: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The options, and what is chosen even where it is none of them."""
    return options if chosen in dict(options) else ((chosen, chosen or "Choose one"), *options)


def _part(value: Any, name: str) -> Mapping[str, Any]:
    part = value.get(name) if isinstance(value, Mapping) else None
    return part if isinstance(part, Mapping) else {}
