"""The end of a process: what is under way comes to its end, and nothing new begins."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from typing import Any

# Longer than a call to a provider, for whoever sets nothing.
DRAIN_SECONDS = 25.0


class Drain:
    """What is under way in a process, and how it ends.

    Args:
        seconds: how long what is under way may take once nothing new begins.
        notice_seconds: how long requests are taken before that, while probes say already that it ends.
    """

    def __init__(self, seconds: float = DRAIN_SECONDS, notice_seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.notice_seconds = notice_seconds
        # Readiness has ended, and no job is begun.
        self.leaving = asyncio.Event()
        # No request is begun, and answers without an end have to end.
        self.stopping = asyncio.Event()
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._deadline: float | None = None

    @property
    def count(self) -> int:
        """How many requests and jobs are under way."""
        return self._under_way

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Around whatever the process is not to end before."""
        self._under_way += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    def begin(self) -> None:
        """From now on it ends. May be called again, which changes nothing."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self.notice_seconds + self.seconds
            self.leaving.set()

    def stop(self) -> None:
        """Let no request begin any more."""
        self.begin()
        self.stopping.set()

    def seconds_left(self) -> float:
        """How long what is under way may still take; the whole time where the end has not begun."""
        if self._deadline is None:
            return self.seconds
        return max(0.0, self._deadline - time.monotonic())

    async def finish(self) -> bool:
        """End, and wait until nothing is under way or the time is over; whether nothing was left.

        Cancelled, it leaves no more time to anybody.
        """
        self.begin()
        try:
            if self.notice_seconds:
                await asyncio.sleep(self.notice_seconds)
            self.stop()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.seconds_left()):
                    await self._idle.wait()
        except asyncio.CancelledError:
            self._deadline = time.monotonic()
            raise
        finally:
            self.stop()
        return not self._under_way


def drain_of(scope: MutableMapping[str, Any]) -> Drain:
    """The end of the process that answers this request."""
    state = scope.setdefault("state", {})
    drain: Drain | None = state.get("drain")
    if drain is None:
        drain = state["drain"] = Drain()
    return drain
