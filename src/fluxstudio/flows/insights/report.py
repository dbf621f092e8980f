"""The figures of a range, put together from counts, connections, tries to connect and rate limits."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from fluxstudio.core.identity.users import Actor
from fluxstudio.core.insights.latency import percentile
from fluxstudio.core.insights.report import (
    BusyBudget,
    ConnectCount,
    ConnectionCount,
    InsightReader,
    StepCount,
    SubjectCount,
)
from fluxstudio.core.registry import Registry
from fluxstudio.core.services import Services
from fluxstudio.flows.insights.ranges import InsightRange

CACHED = ("cached", "stale")
# A run that its rule did not want any more, or that came too often, has not failed.
RUNS_WITHOUT_FAULT = ("done", "skipped")


@dataclass(frozen=True, slots=True)
class TotalPoint:
    """How often something happened in the step that begins at `at`, and how often it failed."""

    at: datetime
    count: int
    failed: int


@dataclass(frozen=True, slots=True)
class TotalOf:
    """How often something of one kind happened, failed, and was answered from the cache."""

    provider: str
    subject: str
    count: int
    failed: int
    cached: int = 0


@dataclass(frozen=True, slots=True)
class FigureReport:
    """One figure over a range: in all, before, over time, and by subject, the most frequent first."""

    count: int
    failed: int
    cached: int
    before: int
    failed_before: int
    series: Sequence[TotalPoint]
    by_subject: Sequence[TotalOf]
    outcomes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class HandlingTime:
    """How many milliseconds after they came events were handled; None where none was."""

    p50: float | None
    p95: float | None
    p99: float | None
    p95_before: float | None


@dataclass(frozen=True, slots=True)
class ConnectFunnel:
    """Tries to connect: how many began, and how they ended. `causes` are those of failures, by number."""

    begun: int
    connected: int
    declined: int
    failed: int
    abandoned: int
    begun_before: int
    connected_before: int
    causes: Sequence[ConnectCount]


@dataclass(frozen=True, slots=True)
class ConnectionSeries:
    """Connected accounts of one provider, at each step."""

    provider: str
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class BudgetUse:
    """A rate limit of one account: the share that is used (0 to 1), and until when calls have to wait."""

    provider: str
    account: str
    bucket: str
    used: float
    blocked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Insights:
    """What happened in a range that ends now, and how much of each there was in the range before."""

    range: InsightRange
    since: datetime
    until: datetime
    everyone: bool
    steps: Sequence[datetime]
    connections: Sequence[ConnectionSeries]
    connects: ConnectFunnel
    calls: FigureReport
    events: FigureReport
    handling: HandlingTime
    runs: FigureReport
    budgets: Sequence[BudgetUse]


async def insights(
    services: Services, actor: Actor, wanted: InsightRange, *, everyone: bool = False
) -> Insights:
    """The figures of a range: the actor's own, or everyone's where an administrator asks for those."""
    everyone = everyone and actor.is_admin
    whose: UUID | None = None if everyone else actor.user_id
    await services.insights.add()
    now = datetime.fromtimestamp(services.clock.now(), UTC)
    since, until = wanted.bounds(now)
    reader = InsightReader(services.db)
    (totals, step_counts), connections, connects, budgets = await asyncio.gather(
        reader.counts(since, until, wanted.step, whose),
        reader.connections(since, now, wanted.step, whose),
        reader.connects(since, until, whose),
        reader.budgets(whose),
    )
    steps = wanted.steps(now)
    counted = Counted(steps, totals, step_counts)
    return Insights(
        range=wanted,
        since=since,
        until=until,
        everyone=everyone,
        steps=steps,
        connections=_connections(connections, steps),
        connects=_funnel(connects),
        calls=counted.figure("calls", lambda outcome: outcome not in ("done", *CACHED)),
        events=counted.figure("events", lambda outcome: outcome == "dead"),
        handling=counted.handling(),
        runs=counted.figure("runs", lambda outcome: outcome not in RUNS_WITHOUT_FAULT),
        budgets=[_budget(services.registry, budget) for budget in budgets],
    )


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of all figures: by subject in the range and before, and by step."""

    steps: Sequence[datetime]
    totals: Sequence[SubjectCount]
    step_counts: Sequence[StepCount]

    def figure(self, name: str, is_failure: Callable[[str], bool]) -> FigureReport:
        """One figure; `is_failure` says of an outcome whether it is one."""
        outcomes: Counter[str] = Counter()
        before: Counter[str] = Counter()
        by_subject: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        by_step: Counter[tuple[datetime, bool]] = Counter()
        for total in self.totals:
            if total.figure == name:
                (outcomes if total.is_current else before)[total.outcome] += total.count
                if total.is_current:
                    by_subject[total.provider, total.subject][total.outcome] += total.count
        for step in self.step_counts:
            if step.figure == name:
                by_step[step.at, is_failure(step.outcome)] += step.count
        subjects = [
            TotalOf(provider, subject, seen.total(), _sum(seen, is_failure), _sum(seen, CACHED.__contains__))
            for (provider, subject), seen in by_subject.items()
        ]
        return FigureReport(
            count=outcomes.total(),
            failed=_sum(outcomes, is_failure),
            cached=_sum(outcomes, CACHED.__contains__),
            before=before.total(),
            failed_before=_sum(before, is_failure),
            series=[
                TotalPoint(at, by_step[at, False] + by_step[at, True], by_step[at, True]) for at in self.steps
            ],
            by_subject=sorted(subjects, key=lambda entry: (-entry.count, entry.provider, entry.subject)),
            outcomes=dict(outcomes),
        )

    def handling(self) -> HandlingTime:
        """How long events took from their arrival until they were handled."""
        current: Counter[int] = Counter()
        before: Counter[int] = Counter()
        for total in self.totals:
            if total.figure == "handling":
                (current if total.is_current else before)[int(total.subject)] += total.count
        p50, p95, p99 = (percentile(current, share) for share in (0.5, 0.95, 0.99))
        return HandlingTime(p50, p95, p99, percentile(before, 0.95))


def _sum(outcomes: Mapping[str, int], counts: Callable[[str], bool]) -> int:
    return sum(number for outcome, number in outcomes.items() if counts(outcome))


def _connections(counts: Iterable[ConnectionCount], steps: Sequence[datetime]) -> Sequence[ConnectionSeries]:
    by_provider: dict[str, dict[datetime, int]] = defaultdict(dict)
    for count in counts:
        by_provider[count.provider][count.at] = count.count
    return [
        ConnectionSeries(provider, [seen.get(at, 0) for at in steps])
        for provider, seen in sorted(by_provider.items())
    ]


def _funnel(connects: Sequence[ConnectCount]) -> ConnectFunnel:
    current: Counter[str] = Counter()
    before: Counter[str] = Counter()
    for connect in connects:
        (current if connect.is_current else before)[connect.outcome] += connect.count
    failures = [connect for connect in connects if connect.is_current and connect.outcome == "failed"]
    return ConnectFunnel(
        begun=current.total(),
        connected=current["connected"],
        declined=current["declined"],
        failed=current["failed"],
        # Whoever still is at the provider may yet come back.
        abandoned=current["abandoned"] + current["waiting"],
        begun_before=before.total(),
        connected_before=before["connected"],
        causes=sorted(failures, key=lambda connect: (-connect.count, connect.provider, connect.code)),
    )


def _budget(registry: Registry, budget: BusyBudget) -> BudgetUse:
    limits = registry.get(budget.provider).provider.http.limits
    limit = limits.get(budget.bucket.partition(":")[0])
    used = 1.0 if budget.blocked_until is not None else 0.0
    if limit is not None:
        used = max(used, budget.ahead_seconds / (limit.max_wait_seconds or limit.seconds))
    return BudgetUse(budget.provider, budget.account, budget.bucket, min(1.0, used), budget.blocked_until)
