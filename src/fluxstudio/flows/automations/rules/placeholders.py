"""Blanks in a definition, `{"ask": "channel"}`: what a person still has to fill in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MAX_PLACEHOLDER_DEPTH = 16


def asked_for(value: Any) -> dict[str, str]:
    """The blanks in a value: what each asks for, by its dotted place."""
    return dict(_placeholders(value, "", 0))


def filled(value: Any, answers: Mapping[str, Any]) -> Any:
    """The value with its blanks filled by what they ask for; those that nothing is known for stay."""
    if _is_blank(value):
        return answers.get(value["ask"], value)
    if isinstance(value, Mapping):
        return {name: filled(part, answers) for name, part in value.items()}
    return [filled(part, answers) for part in value] if isinstance(value, list) else value


def _is_blank(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"ask"} and isinstance(value["ask"], str)


def _parts(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _placeholders(value: Any, place: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > MAX_PLACEHOLDER_DEPTH:
        return
    if _is_blank(value):
        yield place, value["ask"]
        return
    for name, part in _parts(value):
        yield from _placeholders(part, f"{place}.{name}" if place else str(name), depth + 1)
