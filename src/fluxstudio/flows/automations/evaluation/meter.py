"""Counts the work of conditions and templates, so that they end where a budget does.

A step is about a tenth of a microsecond on a small server. What is done in the event loop may take few of
them; a worker may take many, and its time is bounded as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fluxstudio.kit.worker_pool import OverBudget

# About 10 ms in the event loop without a pause, and so many steps of one budget; in a worker, time is the
# tighter bound.
STEPS_AT_A_TIME, STEPS_IN_LOOP, STEPS_IN_WORKER = 100_000, 1_000_000, 200_000_000
# Characters that all templates of a request may produce together.
OUTPUT_IN_LOOP, OUTPUT_IN_WORKER = 200_000, 2_000_000


@dataclass(slots=True)
class Meter:
    """What is left of a budget."""

    steps: int
    output: int

    @classmethod
    def in_loop(cls) -> Meter:
        """The budget of what is done in the event loop."""
        return cls(STEPS_IN_LOOP, OUTPUT_IN_LOOP)

    @classmethod
    def in_worker(cls) -> Meter:
        """The budget of what is done in a worker."""
        return cls(STEPS_IN_WORKER, OUTPUT_IN_WORKER)


_current: Meter | None = None


@contextmanager
def metered(meter: Meter) -> Iterator[Meter]:
    """Count everything inside against a meter. Nothing inside may wait: there is one meter at a time."""
    global _current  # noqa: PLW0603
    before, _current = _current, meter
    try:
        yield meter
    finally:
        _current = before


def spend(steps: int) -> None:
    """Count steps. Raises `OverBudget` when there are none left."""
    if _current is not None:
        _current.steps -= steps
        if _current.steps < 0:
            raise OverBudget


def spend_output(characters: int) -> None:
    """Count characters that are produced. Raises `OverBudget` when there is no room left."""
    if _current is not None:
        _current.output -= characters
        if _current.output < 0:
            raise OverBudget
