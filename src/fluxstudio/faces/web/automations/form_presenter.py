"""The form of a rule: the JSON of a definition in, cards of fields with what is wrong with them out."""

from __future__ import annotations

from dataclasses import dataclass

from fluxstudio.faces.web.automations.action_card import (
    action_entries,
    argument_entries,
    parameters,
)
from fluxstudio.faces.web.automations.form_reader import OWNER, REPO, REPOSITORY, display_text
from fluxstudio.faces.web.automations.form_state import FormState
from fluxstudio.faces.web.automations.form_views import EntryView, RuleFormView, ValueView, VariableView
from fluxstudio.faces.web.automations.shared import json_text
from fluxstudio.faces.web.automations.trigger_card import condition_entries, trigger_entries
from fluxstudio.flows.automations.authoring import variables
from fluxstudio.flows.automations.authoring.field_suggestions import EventField
from fluxstudio.flows.automations.authoring.variables import Variable

PERIODS = (("minute", "a minute"), ("hour", "an hour"), ("day", "a day"))
MAX_VALUE_CHARACTERS = 120


@dataclass(frozen=True)
class RuleForm(FormState):
    """A rule as the form that it is written in."""

    def form(
        self, action: str, save: str, json: str | None = None, json_error: str | None = None
    ) -> RuleFormView:
        """The whole form; `json` is what was typed there."""
        when, do = self.part("when"), self.part("do")
        on_schedule = "schedule" in when
        trigger, target = trigger_entries(self), action_entries(self)
        place, conditions = condition_entries(self)
        first, further = argument_entries(self)
        return RuleFormView(
            action=action,
            save=save,
            attempt="See next run times" if on_schedule else "Test on last week’s events",
            name=self.entry("name", "Name", self.name, required=True, placeholder="Comments to #design"),
            trigger=self.side(display_text(when.get("event")), trigger[1:]),
            target=self.side(display_text(do.get("operation")), target[1:]),
            when=trigger,
            place=place,
            takes_conditions=not on_schedule and bool(when.get("event")),
            conditions=conditions if when.get("event") else (),
            do=target,
            variables=self._variables(on_schedule) if first else (),
            event_fields=tuple(_field_view(field) for field in self.suggestions.fields),
            fields_from="an example" if self.suggestions.from_example else "the latest one",
            arguments=first,
            further=further,
            kept_as_is=self._kept_as_is(),
            limit=self._limit(),
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
        entries = (form.name, *form.when, *form.do, *form.arguments, *form.further, *form.limit)
        names = [entry.name for entry in entries]
        rows = [*form.conditions, *([form.place] if form.place else [])]
        names += [part.field.name.removesuffix(".field") for part in rows]
        if REPOSITORY in names:
            names += [f"do.arguments.{OWNER}", f"do.arguments.{REPO}"]
        rest = [
            f"{place}: {what}"
            for place, what in self.errors.items()
            if not any(place == name or place.startswith(f"{name}.") for name in names)
        ]
        return "; ".join(rest) or None

    def _variables(self, on_schedule: bool) -> tuple[VariableView, ...]:
        listed = variables.of_times() if on_schedule else variables.of_events(self.suggestions.fields)
        return tuple(map(_variable_view, (variable for variable in listed if variable.usual)))

    def _kept_as_is(self) -> tuple[str, ...]:
        arguments = self.part("do").get("arguments")
        return tuple(
            entry.label
            for entry in parameters(self)
            if entry.kind == "other" and isinstance(arguments, dict) and entry.name in arguments
        )

    def _limit(self) -> tuple[EntryView, ...]:
        limit = self.part("limit")
        return (
            self.entry("limit.runs", "Maximum runs", display_text(limit.get("runs", 60))),
            self.entry("limit.per", "In", display_text(limit.get("per", "minute")), options=PERIODS),
        )


def _variable_view(variable: Variable) -> VariableView:
    sample = variable.sample
    return VariableView(
        label=variable.label,
        insert=variable.insert,
        sample=sample if len(sample) <= MAX_VALUE_CHARACTERS else f"{sample[:MAX_VALUE_CHARACTERS]}…",
    )


def _field_view(field: EventField) -> ValueView:
    text = display_text(field.value)
    return ValueView(
        name=field.place,
        text=text if len(text) <= MAX_VALUE_CHARACTERS else f"{text[:MAX_VALUE_CHARACTERS]}…",
    )
