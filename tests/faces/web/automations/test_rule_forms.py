"""A rule goes into a form and comes out of it as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fluxstudio.core.registry import Registry, discover
from fluxstudio.faces.web.automations.form_presenter import RuleForm
from fluxstudio.faces.web.automations.form_reader import clock_of, written
from fluxstudio.faces.web.automations.form_views import RuleFormView
from fluxstudio.faces.web.automations.parameters import label_of, parameters_for
from fluxstudio.flows.automations.authoring.gallery import Suggestion, suggestions
from fluxstudio.flows.automations.rules.definition import read
from fluxstudio.flows.automations.rules.placeholders import filled
from fluxstudio.settings import ProviderSettings
from tests.support.automating import ANSWERS

REGISTRY = Registry(discover(), lambda provider: ProviderSettings())


def sent_unchanged(form: RuleFormView) -> dict[str, str]:
    """What a browser sends of a form that nobody touched."""
    entries = [*form.when, *form.do, *form.arguments, *form.further, *form.limit]
    rows = [*form.conditions, *([form.place] if form.place else [])]
    entries += [entry for part in rows for entry in (part.field, part.test, part.value)]
    place = {"when.place": form.place.field.name.split(".")[2]} if form.place else {}
    return {**place, **{entry.name: entry.value.replace("\n", "\r\n") for entry in entries}}


def through_the_form(definition: Mapping[str, Any]) -> dict[str, Any]:
    fields = sent_unchanged(RuleForm(REGISTRY, [], "A rule", definition).form("/x", "Save"))
    return read(written(REGISTRY, fields, definition)).to_json()


@pytest.mark.parametrize("entry", suggestions(REGISTRY), ids=lambda entry: entry.id)
def test_every_rule_of_the_gallery_survives_its_form(entry: Suggestion) -> None:
    definition = read(filled(entry.definition, ANSWERS)).to_json()
    assert through_the_form(definition) == definition


@pytest.mark.parametrize(
    "schedule",
    ["0 9 * * 1", "45 16 * * 1-5", "5 8 * * *", "0 9 1 * *", "15 * * * *", "*/5 9-17 * * MON", "0 9 * * 7"],
)
def test_a_schedule_survives_its_form(schedule: str) -> None:
    definition = read(
        {
            "when": {"schedule": schedule, "timeZone": "Europe/Berlin"},
            "do": {"operation": "slack.message", "arguments": {"channel": "#design"}},
        }
    ).to_json()
    assert through_the_form(definition) == definition


@pytest.mark.parametrize(
    ("schedule", "shown"),
    [
        ("30 16 * * 1-5", ("* * 1-5", "16:30")),
        ("7 * * * *", ("hour", "00:07")),
        ("0 9 * 2 *", ("own", "09:00")),
        ("", ("own", "09:00")),
    ],
)
def test_common_schedules_are_days_and_a_time(schedule: str, shown: tuple[str, str]) -> None:
    assert clock_of(schedule) == shown


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("taskTitle", "Task title"),
        ("thread_ts", "Thread ts"),
        ("url", "Url"),
        ("reply_broadcast", "Reply broadcast"),
    ],
)
def test_arguments_are_called_in_words(name: str, label: str) -> None:
    assert label_of(name) == label


def test_every_operation_a_rule_can_use_has_a_field_for_whatever_it_needs() -> None:
    for operation in REGISTRY.operations:
        if operation.writes and not operation.takes_upload:
            needed = [entry for entry in parameters_for(REGISTRY, operation.full_name) if entry.required]
            assert [entry.name for entry in needed if entry.kind == "other"] == [], operation.full_name


def test_a_definition_of_any_shape_can_be_shown() -> None:
    for shape in (
        {},
        {"when": 1, "do": []},
        {"when": {"event": 3, "conditions": {"a": 1}}, "do": {"arguments": 4}},
    ):
        form = RuleForm(REGISTRY, [], "", shape, {"when.event": "is wrong", "elsewhere": "too"}).form(
            "/x", "Save"
        )
        assert form.when[0].error == ("Is wrong." if form.when[0].value else "Required.")


def test_what_no_field_shows_is_said_above_the_form() -> None:
    paper = RuleForm(
        REGISTRY, [], "", {}, {"when.event": "is wrong", "do.arguments.colour": "no such argument"}
    )
    assert paper.unplaced(paper.form("/x", "Save")) == "do.arguments.colour: no such argument"
