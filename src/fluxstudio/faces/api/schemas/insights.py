"""The figures of insights as the API answers them."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from pydantic import Field

from fluxstudio.faces.api.schemas.common import Answer
from fluxstudio.flows.insights.report import Insights

InsightPart = TypeVar("InsightPart", bound=Answer)


class InsightPoint(Answer):
    """One step of a series: when it begins, how often it happened, how often it failed."""

    at: datetime
    count: int
    failed: int


class InsightTotal(Answer):
    """One operation, or one type of event; its `subject` is empty for types that no provider declares."""

    provider: str
    subject: str
    count: int
    failed: int
    cached: int


class InsightFigure(Answer):
    """One figure over the range. `before` and `failedBefore` are of the range before, which is as long."""

    count: int
    failed: int
    cached: int
    before: int
    failed_before: int
    outcomes: dict[str, int] = Field(description="How often each outcome was seen.")
    series: list[InsightPoint]
    by_subject: list[InsightTotal]


class ConnectionSeriesAnswer(Answer):
    """Connected accounts of one provider at each of `steps`."""

    provider: str
    counts: list[int]


class ConnectCauseAnswer(Answer):
    """A reason why connecting failed, how often, and what fixes it."""

    provider: str
    code: str
    count: int
    cause: str | None
    fix: str | None


class ConnectFunnelAnswer(Answer):
    """Tries to connect an account that began in the range, by how they ended."""

    begun: int
    connected: int
    declined: int
    failed: int
    abandoned: int
    begun_before: int
    connected_before: int
    causes: list[ConnectCauseAnswer]


class HandlingTimeAnswer(Answer):
    """Milliseconds from an event's arrival until it was handled; null where none was."""

    p50: float | None
    p95: float | None
    p99: float | None
    p95_before: float | None


class BudgetUseAnswer(Answer):
    """A provider's rate limit in use: the share that is used (0 to 1), and until when calls have to wait."""

    provider: str
    account: str
    limit: str
    used: float
    blocked_until: datetime | None


class InsightsAnswer(Answer):
    """What happened in a range that ends now. `scope` is mine or everyone, `step` hour or day, in UTC."""

    range: str
    scope: str
    since: datetime
    until: datetime
    step: str
    steps: list[datetime]
    connections: list[ConnectionSeriesAnswer]
    connects: ConnectFunnelAnswer
    calls: InsightFigure
    events: InsightFigure
    handling_time: HandlingTimeAnswer
    runs: InsightFigure
    budgets: list[BudgetUseAnswer]

    @classmethod
    def of(cls, report: Insights) -> InsightsAnswer:
        """The answer that a report is."""
        return cls(
            range=report.range.name,
            scope="everyone" if report.everyone else "mine",
            since=report.since,
            until=report.until,
            step=report.range.step,
            steps=list(report.steps),
            connections=[_as(ConnectionSeriesAnswer, series) for series in report.connections],
            connects=_as(ConnectFunnelAnswer, report.connects),
            calls=_as(InsightFigure, report.calls),
            events=_as(InsightFigure, report.events),
            handling_time=_as(HandlingTimeAnswer, report.handling),
            runs=_as(InsightFigure, report.runs),
            budgets=[
                BudgetUseAnswer(
                    provider=budget.provider,
                    account=budget.account,
                    limit=budget.bucket,
                    used=round(budget.used, 3),
                    blocked_until=budget.blocked_until,
                )
                for budget in report.budgets
            ],
        )


def _as(model: type[InsightPart], value: object) -> InsightPart:
    return model.model_validate(value, from_attributes=True)
