"""Conditions: plain to read, never in error, whatever an event holds."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstudio.errors import InvalidRequest
from fluxstudio.flows.automations.authoring.field_suggestions import fields_of
from fluxstudio.flows.automations.rules.conditions import unmet, values_at
from fluxstudio.flows.automations.rules.definition import Condition, OnEvent, read
from tests.support.pace import costs_at_most

PAYLOAD: dict[str, Any] = {
    "action": "closed",
    "number": 7,
    "ratio": 1.0,
    "pull_request": {"merged": True, "base": {"ref": "release/2.1"}, "body": None},
    "labels": [{"name": "Bug"}, {"name": "tide"}],
    "tags": ["a", "b"],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "*", "0", "c"]), inner, max_size=4)
    ),
    max_leaves=20,
)
TESTS = ["equals", "not_equals", "contains", "starts_with", "in", "matches", "exists"]
FITTING = {
    "in": st.lists(st.text(max_size=5) | st.integers() | st.booleans(), min_size=1, max_size=4),
    "exists": st.booleans() | st.none(),
    "equals": st.text(max_size=5) | st.integers() | st.booleans(),
    "not_equals": st.text(max_size=5) | st.integers() | st.booleans(),
}


def holds(field: str, test: str, value: Any = None, payload: Any = None) -> bool:
    condition = Condition.model_validate({"field": field, "is": test, "value": value})
    return unmet([condition], PAYLOAD if payload is None else payload) is None


@pytest.mark.parametrize(
    ("field", "test", "value", "expected"),
    [
        ("action", "equals", "closed", True),
        ("action", "equals", "Closed", False),
        ("number", "equals", 7, True),
        ("number", "equals", "7", True),
        ("number", "equals", True, False),
        ("ratio", "equals", 1, True),
        ("pull_request.merged", "equals", True, True),
        ("pull_request.merged", "equals", "true", True),
        ("pull_request.merged", "equals", 1, False),
        ("missing", "equals", "x", False),
        ("missing", "not_equals", "x", True),
        ("action", "not_equals", "closed", False),
        ("labels.*.name", "equals", "Bug", True),
        ("labels.*.name", "not_equals", "Bug", False),
        ("labels.1.name", "equals", "tide", True),
        ("labels.9.name", "exists", True, False),
        ("tags", "contains", "b", True),
        ("tags", "contains", "c", False),
        ("labels.0.name", "contains", "bu", True),
        ("pull_request.base.ref", "starts_with", "RELEASE/", True),
        ("pull_request.base.ref", "matches", "release/*", True),
        ("pull_request.base.ref", "matches", "*2*1", True),
        ("pull_request.base.ref", "matches", "release", False),
        ("pull_request.base.ref", "matches", "release/2.1*.1", False),
        ("action", "in", ["opened", "closed"], True),
        ("number", "in", ["7"], True),
        ("action", "in", ["opened"], False),
        ("pull_request.body", "exists", None, False),
        ("pull_request.body", "exists", False, True),
        ("pull_request", "exists", True, True),
    ],
)
def test_what_a_condition_means(field: str, test: str, value: Any, expected: bool) -> None:
    assert holds(field, test, value) is expected


@given(
    payload=JSON,
    path=st.lists(st.sampled_from(["a", "b", "*", "0", "1", "99999999999"]), min_size=1, max_size=5),
)
def test_any_path_into_any_payload_finds_few_values_and_no_error(payload: Any, path: list[str]) -> None:
    assert len(list(values_at(payload, ".".join(path)))) <= 500


@given(payload=st.dictionaries(st.sampled_from("abc"), JSON), test=st.sampled_from(TESTS), data=st.data())
def test_every_condition_has_a_verdict_on_every_payload(payload: Any, test: str, data: st.DataObject) -> None:
    value = data.draw(FITTING.get(test, st.text(min_size=1, max_size=5)))
    assert isinstance(holds("a.*", test, value, payload), bool)


@given(payload=st.dictionaries(st.sampled_from("abc"), JSON), value=st.text(max_size=3) | st.integers())
def test_equals_and_not_equals_never_agree(payload: Any, value: Any) -> None:
    assert holds("a", "equals", value, payload) is not holds("a", "not_equals", value, payload)


def test_no_pattern_makes_a_condition_slow() -> None:
    text = "a" * 5_000_000
    with costs_at_most(1):
        assert not holds("a", "matches", "*a" * 400 + "b", {"a": text})


def test_why_an_event_was_not_meant_is_told_in_a_sentence() -> None:
    condition = Condition.model_validate({"field": "action", "is": "equals", "value": "opened"})
    assert unmet([condition], PAYLOAD) == "action is “closed”, and the rule asks that it is “opened”."
    missing = Condition.model_validate({"field": "a.b", "is": "in", "value": ["x"]})
    assert unmet([missing], PAYLOAD) == 'a.b is not there, and the rule asks that it is one of ["x"].'


@pytest.mark.parametrize(
    ("condition", "field"),
    [
        ({"field": "a", "is": "equals"}, "when.conditions.0"),
        ({"field": "a", "is": "in", "value": "x"}, "when.conditions.0"),
        ({"field": "a", "is": "in", "value": []}, "when.conditions.0"),
        ({"field": "a", "is": "exists", "value": "yes"}, "when.conditions.0"),
        ({"field": "a", "is": "contains", "value": ""}, "when.conditions.0"),
        ({"field": "a", "is": "resembles", "value": "x"}, "when.conditions.0.is"),
        ({"field": "a..b", "is": "exists"}, "when.conditions.0.field"),
        ({"field": "a", "is": "exists", "else": 1}, "when.conditions.0.else"),
    ],
)
def test_a_condition_that_cannot_be_is_named(condition: dict[str, Any], field: str) -> None:
    given_rule = {"when": {"event": "a.b", "conditions": [condition]}, "do": {"operation": "a.b"}}
    with pytest.raises(InvalidRequest) as error:
        read(given_rule)
    assert list(error.value.details["fields"]) == [f"definition.{field}"]


@given(st.recursive(JSON, lambda inner: st.fixed_dictionaries({"when": inner, "do": inner})))
def test_whatever_is_sent_is_read_or_refused(sent: Any) -> None:
    with suppress(InvalidRequest):
        assert read(sent).do.operation


def test_what_is_kept_reads_the_same_again() -> None:
    conditions = [
        {"field": "action", "is": "in", "value": ["a", 1, True]},
        {"field": "a.*.b", "is": "exists"},
    ]
    sent = {
        "when": {"event": "a.b", "conditions": conditions},
        "do": {"operation": "a.b", "arguments": {"x": [1, {"y": "z"}]}},
        "limit": {"runs": 5, "per": "day"},
    }
    first = read(sent)
    assert isinstance(first.when, OnEvent)
    assert first.to_json() == sent
    assert read(first.to_json()) == first


def test_every_field_that_is_offered_is_one_a_condition_finds() -> None:
    payload = {
        "action": "opened",
        "issue": {"labels": [{"name": "bug"}, {"name": "tide"}], "locked": False, "body": None},
        "a.b": "cannot be said",
        "": "nor this",
        "deep": {"er": {"and": {"er": {"still": {"more": 1}}}}},
    }
    offered = fields_of(payload)
    assert [text.place for text in offered] == ["action", "issue.labels.*.name", "issue.locked"]
    for text in offered:
        assert text.value in list(values_at(payload, text.place))
    assert len(fields_of({f"field{number}": number for number in range(500)})) == 80
