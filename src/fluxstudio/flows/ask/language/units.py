"""Units of measure: what a number is in, and how many of one unit another is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fluxstudio.flows.ask.language.lists import lines_of
from fluxstudio.flows.ask.language.words import lemma


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: what `kind` of quantity it measures, and how many of that kind's first unit it is.

    Attributes:
        words: how columns write it and people say it, the shortest forms first.
    """

    kind: str
    factor: float
    words: tuple[str, ...]


def _units() -> dict[str, Unit]:
    units = {}
    for line in lines_of(__package__, "units.txt"):
        kind, factor, *words = line.split()
        units.update(dict.fromkeys(words, Unit(kind, float(factor), tuple(words))))
    return units


_UNITS = _units()


def unit_called(word: str) -> Unit | None:
    """The unit that a word such as `kg` or `litres` names; None where it names none."""
    lower = word.lower()
    return _UNITS.get(lower) or _UNITS.get(lemma(lower)) or _UNITS.get(lower.removesuffix("s"))


def unit_in(words: Sequence[str]) -> Unit | None:
    """The unit that the name of a column ends in: grams of `weight_g`, minutes of `duration_minutes`."""
    return unit_called(words[-1]) if len(words) > 1 else None
