"""What is read of a provider, and in which order: `fixtures/live.json` of its folder.

A list of `{operation, args, remembers}`. An argument `@repositories/0/owner/login` is looked up in the answer
that the operation of that name gave before, `@given/url` among what was said on the command line; `?name` on
the way is the first entry whose `name` is true. `remembers` allows an operation that changes what is kept
here, though nothing at the provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.sdk import Operation


class Stop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One call of an operation."""

    operation: str
    args: dict[str, Any] = {}
    remembers: bool = False


class NothingThere(Exception):
    """The account holds nothing that this could be tried with."""


def plan_of(registered: RegisteredProvider) -> list[Stop]:
    """The provider's own plan, or every read that needs no argument. Raises `ValueError` if it writes."""
    operations = registered.provider.operations
    text = registered.file("fixtures/live.json")
    if text is None:
        return [Stop(name) for name, operation in operations.items() if _asks_nothing(operation)]
    stops = msgspec.json.decode(text, type=list[Stop])
    for stop in stops:
        if operations[stop.operation].writes and not stop.remembers:
            raise ValueError(f"{operations[stop.operation].full_name} writes: it has no place in live.json")
    return stops


def examples_of(registered: RegisteredProvider) -> list[Stop]:
    """The calls of `fixtures/operations.json` that only read: they work at the provider's simulator."""
    text = registered.file("fixtures/operations.json")
    calls = msgspec.json.decode(text, type=list[Stop]) if text else []
    return [call for call in calls if not registered.provider.operations[call.operation].writes]


def given_in_examples(registered: RegisteredProvider) -> dict[str, Any]:
    """What a person would have to say for the plan, as it holds at the simulator."""
    text = registered.file("fixtures/operations.json")
    calls = msgspec.json.decode(text, type=list[Stop]) if text else []
    return {name: value for call in reversed(calls) for name, value in call.args.items()}


def arguments(stop: Stop, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call, looked up in earlier answers where the plan says so. Raises `NothingThere`."""
    return {name: _value_at(value, answers) for name, value in stop.args.items()}


def _asks_nothing(operation: Operation) -> bool:
    needed = [field for _, field in operation.parameters.values() if field.is_required()]
    return not operation.writes and not needed


def _value_at(value: Any, answers: Mapping[str, Any]) -> Any:
    if not isinstance(value, str) or not value.startswith("@"):
        return value
    here: Any = answers
    for part in value[1:].split("/"):
        try:
            if part.startswith("?"):
                here = next(entry for entry in here if entry.get(part[1:]))
            else:
                here = here[int(part)] if isinstance(here, list) else here[part]
        except (KeyError, IndexError, StopIteration, TypeError, ValueError):
            raise NothingThere(f"there is no {value[1:]}") from None
    return here
