"""The ranges of time that insights are shown for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from fluxstudio.core.insights.report import STEPS, Step

RangeName = Literal["24h", "7d", "30d", "90d", "365d"]


@dataclass(frozen=True, slots=True)
class InsightRange:
    """A range up to now: how long, and how far its points are apart."""

    name: RangeName
    length: timedelta
    step: Step

    def bounds(self, now: datetime) -> tuple[datetime, datetime]:
        """From the start of its first step to the end of the one that `now` is in, in UTC."""
        now = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        start_of_step = now if self.step == "hour" else now.replace(hour=0)
        until = start_of_step + STEPS[self.step]
        return until - self.length, until

    def steps(self, now: datetime) -> Sequence[datetime]:
        """When each step begins."""
        since, until = self.bounds(now)
        return [since + number * STEPS[self.step] for number in range((until - since) // STEPS[self.step])]


RANGES: dict[str, InsightRange] = {
    entry.name: entry
    for entry in (
        InsightRange("24h", timedelta(hours=24), "hour"),
        InsightRange("7d", timedelta(days=7), "hour"),
        InsightRange("30d", timedelta(days=30), "day"),
        InsightRange("90d", timedelta(days=90), "day"),
        InsightRange("365d", timedelta(days=365), "day"),
    )
}
