"""One line for each experiment: what was required and what was seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MET, NOT_MET = "ok", "NOT MET"
NOT_JUDGED = "not judged: this machine was too slow"


@dataclass(frozen=True, slots=True)
class Row:
    """The outcome of one experiment.

    `met` says whether nothing was lost, doubled or answered wrongly. `in_time` says whether it was as fast as
    required, which is judged only where the machine itself was (`calm`).
    """

    experiment: str
    required: str
    seen: str
    met: bool
    in_time: bool = True
    calm: bool = True

    @property
    def verdict(self) -> str:
        """`ok`, `NOT MET`, or that it was not judged."""
        if not self.met:
            return NOT_MET
        if self.in_time:
            return MET
        return NOT_MET if self.calm else NOT_JUDGED


def table(rows: Iterable[Row]) -> str:
    """The rows as a text table."""
    cells = [("", "experiment", "required", "seen")]
    cells += [(row.verdict, row.experiment, row.required, row.seen) for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)
