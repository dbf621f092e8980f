"""What was measured, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

HEAD = ("", "a second", "µs each", "ratio", "spread", "")


@dataclass(frozen=True, slots=True)
class Result:
    """The rates of a measure's contenders, repetition by repetition; `least` as in `Measure`."""

    title: str
    rates: Mapping[str, Sequence[float]]
    least: float | None = None


def table(results: Sequence[Result]) -> str:
    """Medians, and their ratios to the first of each measure; the spread is that of the ratios."""
    rows = [HEAD]
    for result in results:
        rows += [(result.title, "", "", "", "", ""), *_lines(result)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = []
    for first, *others in rows:
        cells = [
            first.ljust(widths[0]),
            *(text.rjust(width) for text, width in zip(others, widths[1:], strict=True)),
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _lines(result: Result) -> list[tuple[str, str, str, str, str, str]]:
    first, *_, ours = result.rates
    results = []
    for name, rates in result.rates.items():
        paired = [rate / other for rate, other in zip(rates, result.rates[first], strict=True)]
        ratio = median(rates) / median(result.rates[first])
        spread = "" if name == first else f"{min(paired):.2f}–{max(paired):.2f}"
        verdict = ""
        if name == ours and result.least is not None:
            verdict = f"{'meets' if ratio >= result.least else 'MISSES'} ≥ {result.least:.2f}"
        each = 1e6 / median(rates)
        results.append(
            (
                f"  {name}",
                f"{median(rates):,.0f}",
                f"{each:,.1f}" if each < 100 else f"{each:,.0f}",
                f"{ratio:.2f}",
                spread,
                verdict,
            )
        )
    return results
