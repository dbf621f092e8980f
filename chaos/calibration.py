"""Whether the machine is fast and free enough to judge how fast something was."""

from __future__ import annotations

import hashlib
import time

# What the work below takes on the machine that figures were promised for, in seconds, and how many times as
# long it may take here. Where others are at work on the same processors it takes longer than that.
REFERENCE_SECONDS, MOST_TIMES_LONGER = 0.04, 2.0
ROUNDS, BLOCK = 60, bytes(1 << 20)


def seconds_of_work() -> float:
    """How long a fixed piece of work takes now."""
    begun = time.perf_counter()
    for _ in range(ROUNDS):
        hashlib.sha256(BLOCK).digest()
    return time.perf_counter() - begun


def keeps_pace() -> bool:
    """Whether the machine does a fixed piece of work in about the time that the reference machine takes."""
    return seconds_of_work() <= MOST_TIMES_LONGER * REFERENCE_SECONDS
