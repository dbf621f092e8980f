"""Whether an event is one that a rule waits for. Pure: a payload goes in, a verdict comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from fluxstudio.flows.automations.evaluation.meter import spend
from fluxstudio.flows.automations.rules.definition import Condition
from fluxstudio.kit.json import encode

# Longer texts are looked at this far only, so that no payload makes a condition slow.
MAX_COMPARED_CHARACTERS = 10_000
MAX_FIELD_VALUES = 500


# What comparing two values, and looking at one, takes beside the length of their texts.
STEPS_EACH = 8


def holds(conditions: Sequence[Condition], payload: Mapping[str, Any]) -> bool:
    """Whether an event is one of those meant. Counts its work, and so may raise `OverBudget`."""
    for condition in conditions:
        values = list(values_at(payload, condition.field))
        spend(STEPS_EACH * (1 + len(values)))
        if not TESTS[condition.test](values, condition.value):
            return False
    return True


def unmet(conditions: Sequence[Condition], payload: Mapping[str, Any]) -> str | None:
    """Why an event is not one of those meant, in a sentence; None when it is."""
    for condition in conditions:
        values = list(values_at(payload, condition.field))
        if not TESTS[condition.test](values, condition.value):
            return f"{condition.field} {_values_text(values)}, and the rule asks that it {asks(condition)}."
    return None


def values_at(payload: Any, field: str) -> Iterator[Any]:
    """What stands in a field: its path is dotted, a number picks from a list, `*` stands for any entry.

    At most 500 values; none where the field is missing.
    """
    values = [payload]
    for part in field.split("."):
        values = list(islice((value for entry in values for value in _inside(entry, part)), MAX_FIELD_VALUES))
        spend(STEPS_EACH * (1 + len(values)))
    yield from values


def _inside(value: Any, part: str) -> Iterable[Any]:
    if isinstance(value, Mapping):
        if part in value:
            return [value[part]]
        return value.values() if part == "*" else []
    if isinstance(value, list):
        if part == "*":
            return value
        if part.isascii() and part.isdigit() and len(part) < 7 and int(part) < len(value):
            return [value[int(part)]]
    return []


def _equal(value: Any, expected: Any) -> bool:
    """Whether two values are the same; a number or a truth may be written as text, as in a form."""
    spend(STEPS_EACH)
    if isinstance(value, str) == isinstance(expected, str):
        return (type(value) is type(expected) and bool(value == expected)) or _same_number(value, expected)
    if isinstance(value, bool | int | float) or isinstance(expected, bool | int | float):
        return _text(value) == _text(expected)
    return False


def _same_number(value: Any, expected: Any) -> bool:
    numbers = (int, float)
    return isinstance(value, numbers) and isinstance(expected, numbers) and _text(value) == _text(expected)


def _text(value: Any) -> str:
    if isinstance(value, str):
        text = value[:MAX_COMPARED_CHARACTERS]
        spend(STEPS_EACH + len(text))
        return text
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return encode(value).decode() if isinstance(value, bool | int | float) else ""


def _contains(value: Any, expected: Any) -> bool:
    if isinstance(value, list):
        return any(_equal(entry, expected) for entry in value[:MAX_FIELD_VALUES])
    return _text(expected).casefold() in _text(value).casefold()


def _matches(value: Any, pattern: Any) -> bool:
    """Whether a text has the form of a pattern in which `*` stands for anything. Takes linear time."""
    text, parts = _text(value).casefold(), _text(pattern).casefold().split("*")
    if len(parts) == 1:
        return text == parts[0]
    if len(text) < len(parts[0]) + len(parts[-1]):
        return False
    if not text.startswith(parts[0]) or not text.endswith(parts[-1]):
        return False
    at, end = len(parts[0]), len(text) - len(parts[-1])
    for part in parts[1:-1]:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _any(test: Callable[[Any, Any], bool]) -> Callable[[Sequence[Any], Any], bool]:
    return lambda values, expected: any(test(value, expected) for value in values)


TESTS: Mapping[str, Callable[[Sequence[Any], Any], bool]] = {
    "equals": _any(_equal),
    "not_equals": lambda values, expected: not any(_equal(value, expected) for value in values),
    "contains": _any(_contains),
    "starts_with": _any(lambda value, wanted: _text(value).casefold().startswith(_text(wanted).casefold())),
    "in": _any(lambda value, wanted: any(_equal(value, choice) for choice in wanted)),
    "matches": _any(_matches),
    "exists": lambda values, wanted: any(value is not None for value in values) is (wanted is not False),
}
WORDS = {
    "equals": "is {}",
    "not_equals": "is not {}",
    "contains": "contains {}",
    "starts_with": "starts with {}",
    "in": "is one of {}",
    "matches": "has the form {}",
}


def _values_text(values: Sequence[Any]) -> str:
    if not values:
        return "is not there"
    return f"is {_value_text(values[0])}" if len(values) == 1 else f"is {_value_text(list(values))}"


def asks(condition: Condition) -> str:
    """What a condition asks of its field: "is “opened”"."""
    if condition.test == "exists":
        return "is not there" if condition.value is False else "is there"
    return WORDS[condition.test].format(_value_text(condition.value))


def _value_text(value: Any) -> str:
    if isinstance(value, str):
        text, ends = value, "“{}”"
    else:
        text, ends = encode(_beginning(value, 3)).decode(), "{}"
    return ends.format(text if len(text) <= 80 else f"{text[:79]}…")


def _beginning(value: Any, depth: int) -> Any:
    """As much of a value as may be shown, so that no long one is written out for its beginning."""
    if isinstance(value, str):
        return value[:100]
    if isinstance(value, int) and abs(value) >= 2**63:
        return "a huge number"
    if isinstance(value, Mapping):
        parts = islice(value.items(), 20) if depth else ()
        return {name[:100]: _beginning(part, depth - 1) for name, part in parts}
    if isinstance(value, list):
        return [_beginning(part, depth - 1) for part in value[:20]] if depth else []
    return value
