"""Durations as counts in buckets, each a tenth wider than the one before, so that percentiles add up."""

from __future__ import annotations

import math
from collections.abc import Mapping

GROWTH = 1.1
_LOG_GROWTH = math.log(GROWTH)


def bucket_of(milliseconds: float) -> int:
    """The number of the bucket that a duration belongs to: 0 up to one millisecond."""
    return max(0, math.ceil(math.log(max(milliseconds, 1.0)) / _LOG_GROWTH))


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """The milliseconds that this share of durations stayed within, at most 5 % off; None without any."""
    wanted = share * sum(counts.values())
    seen = 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= wanted and seen:
            # The middle of the bucket, in proportion.
            return round(GROWTH ** (bucket - 0.5), 1) if bucket else 1.0
    return None
