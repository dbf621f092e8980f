"""Counting what somebody asks for, in this process; `limiting_together` does so for all of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Protocol

from limits import RateLimitItem as Rate

__all__ = ["Limiter", "LocalLimiter", "Rate"]


class Limiter(Protocol):
    """Counts by name and key over a sliding window.

    `shared` says whether other processes count along, `away` that they cannot for now.
    """

    shared: bool

    @property
    def away(self) -> bool:
        """Whether what is shared does not answer."""

    async def look(self) -> None:
        """Ask what is shared whether it is there."""

    async def hit(self, name: str, rate: Rate, key: str) -> float:
        """Count one: 0 where the rate allows it, else the seconds until it will; nothing is counted then."""

    async def room(self, name: str, rate: Rate, key: str) -> tuple[int, float]:
        """How many more fit now, and after how many seconds the window is over."""

    async def forget(self, name: str, rate: Rate, key: str) -> None:
        """Take back whatever was counted."""

    async def aclose(self) -> None:
        """Stop."""


class _Window:
    """The counts of the present window and of the one before, which weighs less the longer it is over."""

    def __init__(self, rate: Rate, now: Callable[[], float]) -> None:
        self._now = now
        self._amount = rate.amount
        self._length = rate.get_expiry()
        self._number = -1.0
        self._present: dict[str, int] = {}
        self._before: dict[str, int] = {}

    def hit(self, key: str) -> float:
        number, into = divmod(self._now(), self._length)
        if number != self._number:
            self._before = self._present if number == self._number + 1 else {}
            self._present = {}
            self._number = number
        present, before = self._present.get(key, 0), self._before.get(key, 0)
        if present + before * (1 - into / self._length) + 1 <= self._amount:
            self._present[key] = present + 1
            return 0.0
        room = self._amount - 1
        if present <= room:
            return self._length * (1 - (room - present) / before) - into
        return self._length * (2 - room / present) - into

    def room(self, key: str) -> tuple[int, float]:
        number, into = divmod(self._now(), self._length)
        current = number == self._number
        present = self._present.get(key, 0) if current else 0
        before = self._before.get(key, 0) if current else 0
        weighed = present + before * (1 - into / self._length)
        return max(0, math.floor(self._amount - weighed)), self._length - into

    def forget(self, key: str) -> None:
        self._present.pop(key, None)
        self._before.pop(key, None)


class LocalLimiter:
    """Counts in this process, by a clock in seconds that only goes forward.

    Whoever was counted is forgotten two windows later.
    """

    shared = False
    away = False

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._windows: dict[str, _Window] = {}

    async def look(self) -> None:
        """Nothing is shared."""

    async def hit(self, name: str, rate: Rate, key: str) -> float:
        """Count one: 0 where the rate allows it, else the seconds until it will; nothing is counted then."""
        window = self._windows.get(name)
        if window is None:
            window = self._windows[name] = _Window(rate, self._now)
        return window.hit(key)

    async def room(self, name: str, rate: Rate, key: str) -> tuple[int, float]:
        """How many more fit now, and after how many seconds the window is over."""
        window = self._windows.get(name)
        return (rate.amount, float(rate.get_expiry())) if window is None else window.room(key)

    async def forget(self, name: str, rate: Rate, key: str) -> None:
        """Take back whatever was counted."""
        if name in self._windows:
            self._windows[name].forget(key)

    async def aclose(self) -> None:
        """Nothing is open."""
