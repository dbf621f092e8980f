"""One line for each experiment: what was required and what was seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """The outcome of one experiment; `met` says whether what was seen is what was required."""

    experiment: str
    required: str
    seen: str
    met: bool


def table(rows: Iterable[Row]) -> str:
    """The rows as a text table."""
    cells = [("", "experiment", "required", "seen")]
    cells += [("ok" if row.met else "NOT MET", row.experiment, row.required, row.seen) for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)
