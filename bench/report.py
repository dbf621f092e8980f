"""What was measured, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

HEAD = ("", "a second", "ratio", "CPU µs each", "ratio by CPU", "spread", "")


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a contender did what is measured in a second, and what its process took of a processor.

    Other work on the machine makes the first less and leaves the second, in seconds for each time, as it is;
    None where nobody can say it.
    """

    rate: float
    processor: float | None


@dataclass(frozen=True, slots=True)
class Result:
    """The paces of a measure's contenders, repetition by repetition; `least` as in `Measure`."""

    title: str
    paces: Mapping[str, Sequence[Pace]]
    least: float | None = None


def table(results: Sequence[Result]) -> str:
    """Medians, and their ratios to the first of each measure.

    What has to be reached is judged by processor time; the spread is that of its ratios.
    """
    rows: list[tuple[str, ...]] = [HEAD]
    for result in results:
        rows += [(result.title, *[""] * (len(HEAD) - 1)), *_lines(result)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = []
    for first, *others in rows:
        cells = [
            first.ljust(widths[0]),
            *(text.rjust(width) for text, width in zip(others, widths[1:], strict=True)),
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _lines(result: Result) -> list[tuple[str, ...]]:
    first, *_, ours = result.paces
    floor = result.paces[first]
    results: list[tuple[str, ...]] = []
    for name, paces in result.paces.items():
        rate = median(pace.rate for pace in paces)
        processor, spread, verdict = ("–", "–"), "", ""
        paired = [
            least.processor / pace.processor
            for least, pace in zip(floor, paces, strict=True)
            if least.processor and pace.processor
        ]
        if paired:
            ratio = median(paired)
            processor = (_microseconds([pace.processor for pace in paces]), f"{ratio:.2f}")
            spread = "" if name == first else f"{min(paired):.2f}–{max(paired):.2f}"
            if name == ours and result.least is not None:
                verdict = f"{'meets' if ratio >= result.least else 'MISSES'} ≥ {result.least:.2f}"
        by_rate = rate / median(pace.rate for pace in floor)
        results.append((f"  {name}", f"{rate:,.0f}", f"{by_rate:.2f}", *processor, spread, verdict))
    return results


def _microseconds(seconds: Sequence[float | None]) -> str:
    each = 1e6 * median(taken for taken in seconds if taken is not None)
    return f"{each:,.1f}" if each < 100 else f"{each:,.0f}"
