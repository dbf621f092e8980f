"""Rate limits of a simulated provider, counted in a sliding window on its clock."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

from fluxstudio.sdk.limits import Limit
from fluxstudio.sdk.simulation.world import SimulatedClock


@dataclass(frozen=True, slots=True)
class BudgetStatus:
    """What a call found: whether it was allowed, and how the budget stands after it.

    `resets_in` is in seconds: until the oldest counted call leaves the window.
    """

    allowed: bool
    limit: int
    remaining: int
    resets_in: float


class Budgets:
    """Calls counted for each bucket and key (a token, a workspace and method, …).

    `lowered` overrides the limit of a bucket; the control endpoint `/_control/limits` edits it.
    """

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._calls: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self.lowered: dict[str, Limit] = {}

    def spend(self, bucket: str, key: str, limit: Limit) -> BudgetStatus:
        """Count one call, unless the bucket's budget is used up."""
        limit = self.lowered.get(bucket, limit)
        now = self._clock.now()
        calls = self._calls[bucket, key]
        while calls and (calls[0] <= now - limit.seconds or calls[0] > now):
            calls.popleft()
        allowed = len(calls) < limit.calls
        if allowed:
            calls.append(now)
        oldest = calls[0] if calls else now
        return BudgetStatus(
            allowed, limit.calls, max(0, limit.calls - len(calls)), max(0.0, oldest + limit.seconds - now)
        )

    def peek(self, bucket: str, key: str, limit: Limit) -> BudgetStatus:
        """How a budget stands, without a call."""
        status = self.spend(bucket, key, limit)
        if not status.allowed:
            return status
        self.give_back(bucket, key)
        return BudgetStatus(True, status.limit, status.remaining + 1, status.resets_in)

    def give_back(self, bucket: str, key: str) -> None:
        """Uncount the latest call, for one that turned out to cost nothing."""
        calls = self._calls[bucket, key]
        if calls:
            calls.pop()

    def reset(self) -> None:
        """Forget every call and every override."""
        self._calls.clear()
        self.lowered.clear()
