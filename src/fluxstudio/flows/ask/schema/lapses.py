"""How long from one date or time of a row to another: a stay, a delay, the time to delivery."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from fluxstudio.core.ask.schema import Column
from fluxstudio.flows.ask.language.words import DERIVED, lemma, similarity
from fluxstudio.flows.ask.schema.deadlines import is_planned
from fluxstudio.flows.ask.schema.model import Entity, Field

LapseUnit = Literal["second", "minute", "hour", "day", "week", "month", "year"]
SECONDS: dict[str, int] = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86_400,
    "week": 604_800,
    "month": 2_629_746,
    "year": 31_556_952,
}
_FILLERS = {
    "at",
    "on",
    "date",
    "time",
    "dt",
    "ts",
    "day",
    "timestamp",
    "datetime",
    "the",
    "was",
    "were",
    "is",
}
_BEGINNINGS = (
    "start",
    "begin",
    "from",
    "admit",
    "depart",
    "open",
    "lend",
    "check in",
    "file",
    "report",
    "premiere",
    "launch",
)
_ENDINGS = (
    "end",
    "finish",
    "to",
    "until",
    "discharge",
    "arrive",
    "close",
    "closing",
    "return",
    "check out",
    "complete",
    "leave",
    "stop",
    "release",
)
_LIFE = {"birth", "dob", "birthday"}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lapse(Field):
    """The time from `start` to `end`, in units; a number like any other column."""

    start: Field
    end: Field
    unit: LapseUnit = "day"


def lapse(start: Field, end: Field, unit: str = "day") -> Lapse:
    """The time between two columns of one table."""
    column = Column(f"{unit}s_from_{start.name}_to_{end.name}", "number")
    words = (f"{unit}s", "from", *start.words, "to", *end.words)
    named: LapseUnit = unit if unit in SECONDS else "day"  # type: ignore[assignment]
    return Lapse(start.entity, column, words, start=start, end=end, unit=named)


def dates_of(entity: Entity) -> list[Field]:
    """The dates and times of a row, without those of a person's life."""
    return [one for one in entity.fields if one.kind in ("date", "time") and not _LIFE & set(one.words)]


def date_called(entity: Entity, text: str) -> Field | None:
    """The date or time that words such as `delivery` or `picked up` name; None where none or several do."""
    words = [word for word in text.lower().split() if word not in _FILLERS]
    ranked = sorted(((_likeness(one, words), one) for one in dates_of(entity)), key=lambda pair: -pair[0])
    if not ranked or ranked[0][0] < DERIVED:
        return None
    return ranked[0][1] if len(ranked) == 1 or ranked[1][0] < ranked[0][0] else None


def _likeness(field: Field, words: Iterable[str]) -> float:
    own = [word for word in field.words if word not in _FILLERS]
    return max((similarity(word, mine) for word in words for mine in own), default=0.0)


def duration_of(entity: Entity, unit: str = "day") -> Lapse | None:
    """How long what a row stands for lasts: from its beginning to its end, where two columns say so."""
    listed = dates_of(entity)
    # When it was to happen says nothing of how long it took.
    dates = [one for one in listed if not is_planned(one)]
    dates = dates if len(dates) > 1 else listed
    ends = [one for one in dates if _says(one, _ENDINGS)]
    starts = [one for one in dates if _says(one, _BEGINNINGS) and one not in ends]
    if len(ends) != 1:
        return None
    if len(starts) != 1:
        starts = [one for one in dates if one not in ends]
    return lapse(starts[0], ends[0], unit) if len(starts) == 1 else None


def _says(field: Field, phrases: Iterable[str]) -> bool:
    name = " ".join(map(lemma, field.words))
    return any(name == one or name.startswith(f"{one} ") for one in phrases)
