"""Figures that are the same in every process: what the database tells, and what all of them counted."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from fluxstudio.core.metrics import counters
from fluxstudio.core.metrics.counters import Figure
from fluxstudio.kit.postgres.database import Database, DatabaseUnavailable
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/metrics/cluster.sql")
log = structlog.get_logger(__name__)

SECONDS_BETWEEN_SHARING = 15.0

SNAPSHOT_CACHE_SECONDS = 5.0
# Less than who scrapes waits.
SNAPSHOT_TIMEOUT_SECONDS = 6.0
# What cannot be added while the database is away is added once it is back, this among it.
DATABASE_AWAY: Figure = ("database", "", "away")


@dataclass(frozen=True, slots=True)
class WaitingJobs:
    """Jobs of one kind in one state, and for how many seconds the oldest has been due."""

    kind: str
    status: str
    count: int
    oldest: float


@dataclass(frozen=True, slots=True)
class ClusterSnapshot:
    """What the database told; nothing but `up` where it did not answer.

    `budgets` has provider, buckets blocked and seconds until the last of them opens; `grants` has provider,
    status and how many; `alerts` those that are on, by name and what they are about.
    """

    up: bool
    seconds: float
    queue: Sequence[WaitingJobs] = ()
    budgets: Sequence[tuple[str, int, float]] = ()
    grants: Sequence[tuple[str, str, int]] = ()
    alerts: Sequence[tuple[str, str]] = ()

    @property
    def oldest(self) -> float:
        """For how many seconds the oldest job has been due."""
        return max((waiting.oldest for waiting in self.queue), default=0.0)


@dataclass(slots=True)
class ClusterMetrics:
    """Reads the database's figures, and shares this process's with the others."""

    db: Database
    _shared: Counter[Figure] = field(default_factory=lambda: Counter(counters.totals()))
    _away: int = 0
    _cached: ClusterSnapshot | None = None
    _kept_until: float = 0.0
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    _sharing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def snapshot(self) -> ClusterSnapshot:
        """The database's figures, at most five seconds old."""
        async with self._reading:
            if self._cached is None or time.monotonic() > self._kept_until:
                self._cached = await self._read()
                self._kept_until = time.monotonic() + SNAPSHOT_CACHE_SECONDS
            return self._cached

    async def _read(self) -> ClusterSnapshot:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(SNAPSHOT_TIMEOUT_SECONDS), self.db.connection() as connected:
                await connected.fetchval(sql.roundtrip)
                seconds = time.perf_counter() - began
                queue = await connected.fetch(sql.queue)
                budgets = await connected.fetch(sql.budgets)
                grants = await connected.fetch(sql.grants)
                alerts = await connected.fetch(sql.alerts_on)
        except (DatabaseUnavailable, TimeoutError):
            return ClusterSnapshot(False, time.perf_counter() - began)
        return ClusterSnapshot(
            True,
            seconds,
            [WaitingJobs(**row) for row in queue],
            [(row["provider"], row["blocked"], row["longest"]) for row in budgets],
            [(row["provider"], row["status"], row["count"]) for row in grants],
            [(row["name"], row["about"]) for row in alerts],
        )

    async def share(self) -> None:
        """Add what this process counted since the last time to what all have counted.

        While the database is away nothing is lost: it is added later, and that it was away with it.
        """
        async with self._sharing:
            await self._share()

    async def _share(self) -> None:
        now = Counter(counters.totals())
        added = {figure: count for figure, count in (now - self._shared).items() if count > 0}
        if self._away:
            added[DATABASE_AWAY] = self._away
        try:
            # Also where there is nothing to add: this is how the database is noticed to be away.
            names, abouts, outcomes = zip(*added, strict=True) if added else ((), (), ())
            await self.db.execute(sql.add, names, abouts, outcomes, list(added.values()))
        except DatabaseUnavailable:
            self._away += 1
            log.warning("database_away")
            return
        self._shared, self._away = now, 0

    async def recent(self, period: timedelta) -> Mapping[Figure, int]:
        """What all processes counted within a period, which ends now by the database's clock."""
        rows = await self.db.fetch(sql.recent, period)
        return {(row["name"], row["about"], row["outcome"]): row["count"] for row in rows}

    async def sweep(self) -> None:
        """Delete what no alert looks at any more."""
        await self.db.execute(sql.sweep)


def families(snapshot: ClusterSnapshot, db: Database) -> Iterator[Metric]:
    """The database's figures as Prometheus takes them."""
    yield _gauge("database_up", "Whether the database answers.", [((), float(snapshot.up))])
    yield _gauge("database_seconds", "How long the database took to answer.", [((), snapshot.seconds)])
    yield _gauge("database_connections", "Connections of this process.", _pool(db), "state")
    if not snapshot.up:
        return
    jobs = [((entry.kind, entry.status), float(entry.count)) for entry in snapshot.queue]
    yield _gauge("queue_jobs", "Jobs in the queue.", jobs, "job", "state")
    oldest = [((), snapshot.oldest)]
    yield _gauge("queue_oldest_seconds", "For how long the oldest job has been due.", oldest)
    blocked = [((provider,), float(count)) for provider, count, _ in snapshot.budgets]
    yield _gauge("budgets_blocked", "Rate budgets that are used up now.", blocked, "provider")
    longest = [((provider,), seconds) for provider, _, seconds in snapshot.budgets]
    yield _gauge("budgets_blocked_seconds", "Until the last of them opens.", longest, "provider")
    grants = [((provider, status), float(count)) for provider, status, count in snapshot.grants]
    yield _gauge("grants", "Accounts that gave access, by state.", grants, "provider", "status")
    yield _gauge(
        "alerts", "Alerts that are on.", [(alert, 1.0) for alert in snapshot.alerts], "name", "about"
    )


def _pool(db: Database) -> list[tuple[tuple[str, ...], float]]:
    try:
        used, idle, most = db.connections()
    except DatabaseUnavailable:
        return []
    return [(("used",), used), (("idle",), idle), (("most",), most)]


def _gauge(
    name: str, says: str, values: Iterable[tuple[tuple[str, ...], float]], *labels: str
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"fluxstudio_{name}", says, labels=labels)
    for of, value in values:
        family.add_metric(of, value)
    return family
