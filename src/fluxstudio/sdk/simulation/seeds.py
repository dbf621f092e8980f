"""Data of one's own in place of a simulator's sample data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Json = dict[str, Any]


def checked_seed(own: Mapping[str, Any], sample: Mapping[str, Any]) -> Json:
    """The data, if it could stand where the sample data does.

    Every key is one of the sample's; its value is of the same kind, holds something where the sample does,
    and its entries have what all entries of the sample have. Raises `ValueError`, which says what is missing.
    """
    for name, value in own.items():
        if name not in sample:
            raise ValueError(f"there is no {name} here; there are {', '.join(sorted(sample))}")
        expected = sample[name]
        if type(value) is not type(expected):
            raise ValueError(f"{name} is to be a {type(expected).__name__}")
        if expected and not value and isinstance(expected, dict | list):
            raise ValueError(f"{name} is empty")
        _check_entries(name, _entries(value), [entry for _, entry in _entries(expected)])
    return dict(own)


def _entries(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return [(str(number), entry) for number, entry in enumerate(value)] if isinstance(value, list) else []


def _check_entries(name: str, entries: Iterable[tuple[str, Any]], samples: list[Any]) -> None:
    if not samples or not all(isinstance(sample, dict) for sample in samples):
        return
    needed = set.intersection(*(set(sample) for sample in samples))
    for key, entry in entries:
        if not isinstance(entry, dict):
            raise ValueError(f"{name}.{key} is to be an object")
        if missing := sorted(needed - entry.keys()):
            raise ValueError(f"{name}.{key} has no {', '.join(missing)}")
