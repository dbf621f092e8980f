"""Insights: of a busy week, and of somebody who has just begun."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fluxstudio.core.insights.report import ConnectCount
from fluxstudio.core.registry import Registry, discover
from fluxstudio.faces.web.insights import presenter
from fluxstudio.faces.web.shell.templating import Page
from fluxstudio.flows.insights.ranges import RANGES
from fluxstudio.flows.insights.report import (
    BudgetUse,
    ConnectFunnel,
    ConnectionSeries,
    FigureReport,
    HandlingTime,
    Insights,
    TotalOf,
    TotalPoint,
)
from fluxstudio.settings import ProviderSettings

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
REGISTRY = Registry(discover(), lambda _: ProviderSettings())
RANGE = RANGES["7d"]
STEPS = RANGE.steps(NOW)
NOTHING = FigureReport(0, 0, 0, 0, 0, [TotalPoint(at, 0, 0) for at in STEPS], [], {})


def figure(*subjects: TotalOf, failed: int = 0) -> FigureReport:
    """A figure that rises by day and falls by night."""
    series = [
        TotalPoint(at, 12 + 9 * (at.hour % 12), (at.hour % 12 == 7) * (3 if failed else 0)) for at in STEPS
    ]
    count = sum(point.count for point in series)
    return FigureReport(
        count, failed, count // 3, count - 400, 12, series, subjects, {"done": count - failed}
    )


def report(*, everyone: bool = True) -> Insights:
    """A busy week."""
    since, until = RANGE.bounds(NOW)
    return Insights(
        range=RANGE,
        since=since,
        until=until,
        everyone=everyone,
        steps=STEPS,
        connections=[
            ConnectionSeries("figma", [3 + place // 40 for place in range(len(STEPS))]),
            ConnectionSeries("github", [2 for _ in STEPS]),
            ConnectionSeries("slack", [1 + place // 90 for place in range(len(STEPS))]),
        ],
        connects=ConnectFunnel(
            9,
            6,
            1,
            1,
            1,
            7,
            7,
            [
                ConnectCount(
                    True,
                    "slack",
                    "failed",
                    "PROVIDER_UNAVAILABLE",
                    1,
                    "Slack did not answer in time.",
                    "Try again.",
                )
            ],
        ),
        calls=figure(
            TotalOf("figma", "figma.files", 4210, 2, 3900),
            TotalOf("slack", "slack.message", 812, 31),
            failed=33,
        ),
        events=figure(TotalOf("figma", "FILE_COMMENT", 912, 0), TotalOf("github", "", 4, 0)),
        handling=HandlingTime(14.2, 48.1, 310.0, 52.0),
        runs=figure(TotalOf("slack", "slack.message", 402, 4), failed=4),
        budgets=[
            BudgetUse("github", "ada-park", "write_hourly", 0.86, None),
            BudgetUse("figma", "Ada Park", "tier1", 1.0, NOW + timedelta(minutes=12)),
        ],
    )


def first_day() -> Insights:
    """Nothing has happened yet."""
    since, until = RANGE.bounds(NOW)
    return Insights(
        range=RANGE,
        since=since,
        until=until,
        everyone=False,
        steps=STEPS,
        connections=[],
        connects=ConnectFunnel(0, 0, 0, 0, 0, 0, 0, []),
        calls=NOTHING,
        events=NOTHING,
        handling=HandlingTime(None, None, None, None),
        runs=NOTHING,
        budgets=[],
    )


def pages() -> list[Page]:
    """The page of an administrator, and of a member on the first day."""
    return [
        presenter.page(report(), REGISTRY, choose_scope=True),
        presenter.page(first_day(), REGISTRY, choose_scope=False),
    ]
