"""The database's clock: the one time that every process of an installation agrees on."""

from __future__ import annotations

import time

from fluxstudio.kit.postgres.database import Database

SECONDS_BETWEEN_LOOKS = 60.0


class Clock:
    """Tells the database's time without asking it each time.

    It is reckoned from the last look by how long this machine has been running since. What the machine takes
    for the time of day plays no part, so that neither a wrong nor a moved clock matters.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._offset = 0.0

    def now(self) -> float:
        """The time in seconds since 1970."""
        return time.monotonic() + self._offset

    async def look(self) -> None:
        """Read the database's clock. Raises `DatabaseUnavailable`."""
        before = time.monotonic()
        there = (await self._db.now()).timestamp()
        self._offset = there - (before + time.monotonic()) / 2
