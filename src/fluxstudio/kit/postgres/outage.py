"""A time without the database: told when it begins and ends, and seldom in between."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

FIRST_REMINDER_SECONDS = 60.0
LONGEST_SILENCE_SECONDS = 3600.0
LONGEST_PAUSE_SECONDS = 5.0


class Outage:
    """Whether a database is away, so that everybody who waits for it need not say so.

    `now` tells the time in seconds, and only goes forward.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._since: float | None = None
        self._silent_until = float("-inf")
        self._silence = FIRST_REMINDER_SECONDS
        self._is_logged = False

    def begin(self, reason: str) -> None:
        """The database did not answer. One line tells of it, and further ones ever more seldom."""
        now = self._now()
        if self._since is None:
            self._since = now
        if now < self._silent_until:
            return
        log.warning("database_unavailable", reason=reason, seconds=round(now - self._since))
        self._silent_until, self._is_logged = now + self._silence, True
        self._silence = min(2 * self._silence, LONGEST_SILENCE_SECONDS)

    def end(self) -> None:
        """The database has answered."""
        if self._since is None:
            return
        if self._is_logged:
            log.info("database_back", seconds=round(self._now() - self._since))
        self._since, self._is_logged, self._silence = None, False, FIRST_REMINDER_SECONDS

    def pause(self, usual: float) -> float:
        """How many seconds to wait before asking again, where `usual` is the pause while it answers."""
        if self._since is None:
            return usual
        return max(usual, min(LONGEST_PAUSE_SECONDS, (self._now() - self._since) / 4))
