"""The figures of a range in words, charts and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode

from fluxstudio.core.registry import Registry
from fluxstudio.faces.web.components.views import (
    ChartView,
    EmptyView,
    HeadView,
    LinkView,
    PointView,
    TabView,
    Tone,
)
from fluxstudio.faces.web.insights.tiles import percent, tiles
from fluxstudio.faces.web.insights.views import (
    BreakdownView,
    BudgetView,
    CauseView,
    InsightsPage,
    SectionView,
)
from fluxstudio.faces.web.shell.filters import grouped
from fluxstudio.faces.web.shell.paths import AUTOMATION_GALLERY, INSIGHTS, INTEGRATIONS, WEBHOOKS
from fluxstudio.flows.insights.ranges import RANGES
from fluxstudio.flows.insights.report import BudgetUse, ConnectFunnel, FigureReport, Insights, TotalOf

RANGE_LABELS: Mapping[str, str] = {
    "24h": "24 hours",
    "7d": "7 days",
    "30d": "30 days",
    "90d": "90 days",
    "365d": "1 year",
}
BREAKDOWN_ROWS = 10
CSV_COLUMNS = ("figure", "provider", "subject", "at", "count", "failed")
# From this share on a rate limit is nearly used up.
NEARLY_USED = 0.8


class Labels:
    """The words for providers, their operations and their types of events."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def provider(self, provider: str) -> str:
        """A provider's name; its id where it is gone."""
        return self._registry.get(provider).provider.name

    def subject(self, provider: str, subject: str) -> str:
        """What a type of event means, or the name of an operation in words."""
        webhook = self._registry.get(provider).provider.webhooks
        label = webhook.event_labels.get(subject) if webhook is not None else None
        return label or subject.removeprefix(f"{provider}.").replace("_", " ") or "other"


def page(report: Insights, registry: Registry, *, choose_scope: bool) -> InsightsPage:
    """The page of a report. `registry` knows the names of providers."""
    labels = Labels(registry)
    sentence = (
        "Connections, calls, events and automations of everyone."
        if report.everyone
        else "Your connections, calls, events and automations over time."
    )
    return InsightsPage(
        head=HeadView(title="Insights", sentence=sentence),
        ranges=tuple(
            TabView(label=RANGE_LABELS[name], href=_href(name, report), current=name == report.range.name)
            for name in RANGES
        ),
        scopes=_scopes(report) if choose_scope else (),
        tiles=tiles(report),
        sections=tuple(_sections(report, labels)),
        csv_href=_href(report.range.name, report, path=f"{INSIGHTS}.csv"),
        note=f"Compared with the {RANGE_LABELS[report.range.name]} before. Times are in UTC.",
    )


def _href(name: str, report: Insights, *, path: str = INSIGHTS, everyone: bool | None = None) -> str:
    shown = report.everyone if everyone is None else everyone
    return f"{path}?{urlencode({'range': name} | ({} if shown else {'scope': 'mine'}))}"


def _scopes(report: Insights) -> tuple[TabView, ...]:
    return tuple(
        TabView(
            label=label,
            href=_href(report.range.name, report, everyone=everyone),
            current=report.everyone == everyone,
        )
        for label, everyone in (("Everyone", True), ("Just me", False))
    )


def _sections(report: Insights, labels: Labels) -> Iterator[SectionView]:
    yield _connections(report, labels)
    yield _figure(
        report,
        SectionView(id="calls", title="Provider calls"),
        report.calls,
        _calls_table(report.calls, labels),
        EmptyView(
            title="No calls yet",
            words="Whatever pages, automations and your code ask Figma, Slack and GitHub is counted here.",
            icon="chart",
        ),
    )
    yield _figure(
        report,
        SectionView(id="events", title="Events"),
        report.events,
        _table("By type", "Event", report.events.by_subject, labels),
        EmptyView(
            title="No events in this range",
            words="What your tools send is counted here once it is processed.",
            icon="webhook",
            action=LinkView(label="Add webhooks", href=WEBHOOKS),
        ),
    )
    yield _figure(
        report,
        SectionView(id="runs", title="Automation runs"),
        report.runs,
        _table("By action", "Action", report.runs.by_subject, labels),
        EmptyView(
            title="No runs in this range",
            words="Pick a template, and its runs are counted here.",
            icon="bolt",
            action=LinkView(label="Browse templates", href=AUTOMATION_GALLERY),
        ),
    )
    yield SectionView(
        id="budgets",
        title="Rate limits",
        budgets=tuple(_budget(budget, labels) for budget in report.budgets),
        empty=None
        if report.budgets
        else EmptyView(
            title="No rate limit in use",
            words="Limits appear here before they are used up, and when a provider asks to wait.",
            icon="clock",
        ),
    )


def _connections(report: Insights, labels: Labels) -> SectionView:
    charts = tuple(
        ChartView(
            caption=f"{labels.provider(series.provider)} accounts",
            points=tuple(
                PointView(label=_moment(at, report), value=count)
                for at, count in zip(report.steps, series.counts, strict=True)
            ),
            unit="connected",
        )
        for series in report.connections
    )
    empty = EmptyView(
        title="No accounts connected",
        words="Connect one, and you see here how many there are over time.",
        icon="plug",
        action=LinkView(label="Connect an account", href=INTEGRATIONS),
    )
    funnel = report.connects
    return SectionView(
        id="connections",
        title="Connections",
        charts=charts,
        breakdowns=(_funnel(funnel),) if funnel.begun else (),
        causes=tuple(
            CauseView(
                provider=labels.provider(cause.provider),
                count=cause.count,
                cause=cause.cause or cause.code or "Unknown cause",
                fix=cause.fix or "",
            )
            for cause in funnel.causes[:BREAKDOWN_ROWS]
        ),
        empty=empty if not charts and not funnel.begun else None,
    )


def _funnel(funnel: ConnectFunnel) -> BreakdownView:
    ended = (
        ("Started", funnel.begun),
        ("Connected", funnel.connected),
        ("Cancelled at the provider", funnel.declined),
        ("Failed", funnel.failed),
        ("Not finished", funnel.abandoned),
    )
    return BreakdownView(
        title="From Connect to connected",
        columns=(("Step", False), ("Number", True), ("Share", True)),
        rows=tuple((words, grouped(count), percent(count, funnel.begun)) for words, count in ended),
    )


def _figure(
    report: Insights, section: SectionView, figure: FigureReport, table: BreakdownView, empty: EmptyView
) -> SectionView:
    if not figure.count:
        return SectionView(id=section.id, title=section.title, empty=empty)
    chart = ChartView(
        caption=f"By {report.range.step}, up to {grouped(max(point.count for point in figure.series))}",
        points=tuple(
            PointView(label=_moment(point.at, report), value=point.count, failed=point.failed)
            for point in figure.series
        ),
        unit="in all",
        kind="bars",
        in_time=False,
        shows_failed=True,
    )
    return SectionView(id=section.id, title=section.title, charts=(chart,), breakdowns=(table,))


def _calls_table(figure: FigureReport, labels: Labels) -> BreakdownView:
    shown = figure.by_subject[:BREAKDOWN_ROWS]
    return BreakdownView(
        title="By operation",
        columns=(("Operation", False), ("Calls", True), ("From cache", True), ("Failed", True)),
        rows=tuple(
            (
                _subject(total, labels),
                grouped(total.count),
                percent(total.cached, total.count),
                grouped(total.failed),
            )
            for total in shown
        ),
        more=len(figure.by_subject) - len(shown),
    )


def _table(title: str, column: str, totals: Sequence[TotalOf], labels: Labels) -> BreakdownView:
    shown = totals[:BREAKDOWN_ROWS]
    return BreakdownView(
        title=title,
        columns=((column, False), ("In all", True), ("Failed", True)),
        rows=tuple((_subject(total, labels), grouped(total.count), grouped(total.failed)) for total in shown),
        more=len(totals) - len(shown),
    )


def _subject(total: TotalOf, labels: Labels) -> str:
    return f"{labels.provider(total.provider)} · {labels.subject(total.provider, total.subject)}"


def _budget(budget: BudgetUse, labels: Labels) -> BudgetView:
    name = labels.provider(budget.provider)
    tone: Tone = "neutral"
    note = "Within its limit."
    if budget.blocked_until is not None:
        tone, note = "bad", f"Used up until {budget.blocked_until:%H:%M} UTC. Cached data is shown meanwhile."
    elif budget.used >= NEARLY_USED:
        tone, note = "attention", "Nearly used up. Calls may have to wait."
    return BudgetView(
        title=f"{name} · {budget.account} · {budget.bucket.partition(':')[0].replace('_', ' ')}",
        percent=round(100 * budget.used),
        note=note,
        tone=tone,
    )


def _moment(at: datetime, report: Insights) -> str:
    return f"{at:%d %b, %H:%M}" if report.range.step == "hour" else f"{at:%d %b %Y}"


def csv_rows(report: Insights) -> Iterator[tuple[object, ...]]:
    """Under `CSV_COLUMNS`: each figure by step and by subject, then connected accounts by step."""
    for name, figure in (("calls", report.calls), ("events", report.events), ("runs", report.runs)):
        for point in figure.series:
            yield name, "", "", point.at.isoformat(), point.count, point.failed
        for total in figure.by_subject:
            yield name, total.provider, total.subject, "", total.count, total.failed
    for series in report.connections:
        for at, count in zip(report.steps, series.counts, strict=True):
            yield "connections", series.provider, "", at.isoformat(), count, ""
