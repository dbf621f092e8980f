"""The numbers at the top of insights, each beside that of the range before."""

from __future__ import annotations

from fluxstudio.faces.web.insights.views import TileView
from fluxstudio.faces.web.shell.filters import grouped, plural
from fluxstudio.flows.insights.report import FigureReport, Insights


def tiles(report: Insights) -> tuple[TileView, ...]:
    """One tile for each figure."""
    connected = sum(series.counts[-1] for series in report.connections)
    first = sum(series.counts[0] for series in report.connections)
    calls, runs, handling = report.calls, report.runs, report.handling
    return (
        TileView(
            label="Connected accounts",
            value=grouped(connected),
            change=f"{connected - first:+,d}" if connected != first else "",
        ),
        TileView(
            label="Provider calls",
            value=grouped(calls.count),
            note=f"{percent(calls.cached, calls.count)} from the cache" if calls.count else "",
            change=_change(calls.count, calls.before),
        ),
        _failure_tile("Failed calls", calls),
        TileView(
            label="Events processed",
            value=grouped(report.events.count),
            note=f"{grouped(report.events.failed)} failed" if report.events.failed else "",
            change=_change(report.events.count, report.events.before),
        ),
        TileView(
            label="Processing time, p95",
            value=_duration(handling.p95),
            note=f"p50 {_duration(handling.p50)} · p99 {_duration(handling.p99)}" if handling.p50 else "",
            change=_change(handling.p95 or 0, handling.p95_before or 0),
        ),
        TileView(
            label="Automation runs",
            value=grouped(runs.count),
            note=f"{grouped(runs.failed)} failed" if runs.failed else "",
            change=_change(runs.count, runs.before),
        ),
    )


def _failure_tile(label: str, figure: FigureReport) -> TileView:
    return TileView(
        label=label,
        value=percent(figure.failed, figure.count) if figure.count else "–",
        note=f"{grouped(figure.failed)} of {plural(figure.count, 'call')}" if figure.count else "",
        change=f"{percent(figure.failed_before, figure.before)} before" if figure.before else "",
        tone="bad" if figure.failed else "neutral",
    )


def percent(part: float, whole: float) -> str:
    """A share in words, with a decimal place while it is small."""
    share = 100 * part / whole if whole else 0.0
    return f"{share:.1f} %" if 0 < share < 10 else f"{share:.0f} %"


def _change(now: float, before: float) -> str:
    if not before:
        return ""
    change = 100 * (now - before) / before
    return f"{change:+.0f} %" if abs(change) < 1000 else f"× {now / before:.0f}"


def _duration(milliseconds: float | None) -> str:
    if milliseconds is None:
        return "–"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1000:.1f} s" if milliseconds < 60_000 else f"{milliseconds / 60_000:.0f} min"
