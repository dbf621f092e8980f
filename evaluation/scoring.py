"""Whether an answer is right: its rows are those of a gold query, whatever else it shows."""

from __future__ import annotations

import collections
import itertools
import math
from collections.abc import Iterator, Sequence
from decimal import Decimal

Row = Sequence[object]
# Answers with many like columns are compared in so many ways at most.
_MOST_WAYS = 5_000


def matches(answer: Sequence[Row], gold: Sequence[Row], *, ordered: bool) -> bool:
    """Whether every gold column has a column of the answer with the same values, row by row.

    Further columns are welcome; the order of rows counts only where `ordered`.
    """
    answered = [tuple(map(_plain, row)) for row in answer]
    wanted = [tuple(map(_plain, row)) for row in gold]
    if len(answered) != len(wanted):
        return False
    if not wanted:
        return True
    if len(answered[0]) < len(wanted[0]):
        return False
    target = wanted if ordered else sorted(wanted, key=repr)
    for columns in itertools.islice(_pairings(answered, wanted), _MOST_WAYS):
        chosen = [tuple(row[column] for column in columns) for row in answered]
        if (chosen if ordered else sorted(chosen, key=repr)) == target:
            return True
    return False


def is_ordered(gold: str) -> bool:
    """Whether a gold query sorts all its rows."""
    return "order by" in gold.lower().rsplit(")", 1)[-1] and "limit" not in gold.lower()


def _pairings(answered: Sequence[Row], wanted: Sequence[Row]) -> Iterator[tuple[int, ...]]:
    def bag(rows: Sequence[Row], column: int) -> collections.Counter[str]:
        return collections.Counter(repr(row[column]) for row in rows)

    offered = [bag(answered, column) for column in range(len(answered[0]))]
    choices = []
    for column in range(len(wanted[0])):
        needed = bag(wanted, column)
        choices.append([place for place, one in enumerate(offered) if one == needed])
    for columns in itertools.product(*choices):
        if len(set(columns)) == len(columns):
            yield columns


def _plain(value: object) -> object:
    """A comparable form: numbers to six significant digits, everything else as text."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        number = float(value)
        return number if math.isnan(number) or number == 0 else float(f"{number:.6g}")
    return str(value)
