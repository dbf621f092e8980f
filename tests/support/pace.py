"""What work may cost, whatever the machine: limits in seconds of the machine they were written on.

Only processor time counts, so that others at work do not; and where a limit is passed, this machine's pace is
measured there and then, and the limit is stretched by it.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

# What the fixed piece of work below takes on that machine.
REFERENCE_SECONDS = 0.007
# Caches and turbo clocks that others share make the same work take up to twice as long.
SLACK = 2.0
LONGEST_TURN_SECONDS = 0.1


def stretch() -> float:
    """How many times as long as on the reference machine work may take here and now, never below one."""
    return SLACK * max(1.0, max(_seconds_of_work() for _ in range(3)) / REFERENCE_SECONDS)


@contextmanager
def costs_at_most(seconds: float) -> Iterator[None]:
    """Fail where what happens within takes this process more than `seconds` of the reference machine."""
    begun = time.process_time()
    yield
    took = time.process_time() - begun
    assert took < seconds or took < seconds * stretch(), f"it took {took:.3f} s of processor time"


class Turns:
    """The turns that an event loop made: how much processor time of its own each took, in seconds."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def assert_short(self, longest: float = LONGEST_TURN_SECONDS) -> None:
        """Fail where one took longer than `longest` seconds of the reference machine."""
        most = max(self.seconds)
        assert most < longest or most < longest * stretch(), sorted(self.seconds)[-5:]


@asynccontextmanager
async def loop_watched() -> AsyncIterator[Turns]:
    """Watch the event loop that this runs in, at no cost to the processes that work for it."""
    turns = Turns()
    run = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        begun = time.thread_time()
        run(handle)
        turns.seconds.append(time.thread_time() - begun)

    # Looking through all that a run of tests holds would be taken for a turn of the product's.
    gc.collect()
    gc.freeze()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(asyncio.Handle, "_run", timed)
        yield turns
    gc.unfreeze()


def _seconds_of_work() -> float:
    begun = time.thread_time()
    counts: dict[str, int] = {}
    for number in range(60_000):
        name = str(number % 997)
        counts[name] = counts.get(name, 0) + len(name)
    return time.thread_time() - begun
