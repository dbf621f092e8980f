"""Whether an answer suits a chart, and which."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from fluxstudio.core.ask.databases import ResultRows

FEWEST, MOST = 2, 60
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Chart:
    """A line over time or bars: the columns for the label of each point and for its size."""

    type: Literal["line", "bar"]
    x: str
    y: str


def chart_of(rows: ResultRows) -> Chart | None:
    """The chart of an answer with a label and a number in each row; None for every other answer."""
    if not FEWEST <= len(rows.values) <= MOST or rows.cut:
        return None
    numbers = [place for place in range(len(rows.columns)) if _all(rows, place, _is_number)]
    texts = [place for place in range(len(rows.columns)) if _all(rows, place, _is_text)]
    measures = [place for place in numbers if not rows.columns[place].lower().endswith("id")]
    if not measures or not texts:
        return None
    # What is measured comes last, what is named stands right before it.
    y = measures[-1]
    before = [place for place in texts if place < y] or texts
    x = before[-1]
    is_time = _all(rows, x, lambda value: isinstance(value, str) and bool(_DATE.match(value)))
    if len({row[x] for row in rows.values}) < len(rows.values):
        return None
    return Chart("line" if is_time else "bar", rows.columns[x], rows.columns[y])


def _all(rows: ResultRows, place: int, holds: object) -> bool:
    assert callable(holds)
    return all(holds(row[place]) for row in rows.values)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)
