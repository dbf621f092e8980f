"""Notifications to other processes, sent after the commit, several at once, and without failing anybody.

PostgreSQL lets only one transaction that notifies commit at a time, in the whole server. So no transaction
that many workers run notifies: each process sends what it has to say from one place, some times a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

import asyncpg
import structlog

from fluxstudio.kit.postgres.database import Database, DatabaseUnavailable
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/event_stream/publisher.sql")

log = structlog.get_logger(__name__)

# Seconds between two notifications of one process.
BETWEEN_SECONDS = 0.02
# PostgreSQL takes less than 8000 bytes at once.
MAX_NOTIFICATION_BYTES = 7_900
# What waits while the database is away; whoever listens looks for itself as well.
MAX_WAITING_TEXTS = 20_000


class Publisher:
    """Sends JSON texts on the channels of one database, as JSON lists."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: dict[str, dict[str, None]] = {}
        self._sending: asyncio.Task[None] | None = None

    def publish(self, channel: str, texts: Iterable[str]) -> None:
        """Send JSON texts soon; what waits already is sent once. What cannot be sent is dropped."""
        waiting = self._waiting.setdefault(channel, {})
        for text in texts:
            if len(waiting) < MAX_WAITING_TEXTS:
                waiting[text] = None
        if self._sending is None and waiting:
            self._sending = asyncio.create_task(self._send())

    async def close(self) -> None:
        """Send what waits, and end."""
        while self._sending is not None:
            await asyncio.gather(self._sending, return_exceptions=True)

    async def _send(self) -> None:
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, {}
                for channel, texts in waiting.items():
                    try:
                        await self._db.execute(sql.notify, channel, list(packed(texts)))
                    except DatabaseUnavailable:
                        continue
                    except asyncpg.PostgresError as error:
                        log.warning("not_announced", channel=channel, kind=type(error).__name__)
                await asyncio.sleep(BETWEEN_SECONDS)
        finally:
            self._sending = None


def packed(texts: Iterable[str]) -> Iterator[str]:
    """JSON texts as JSON lists, each short enough for one notification."""
    batch: list[str] = []
    size = 2
    for text in texts:
        length = len(text.encode()) + 1
        if batch and size + length > MAX_NOTIFICATION_BYTES:
            yield f"[{','.join(batch)}]"
            batch, size = [], 2
        batch.append(text)
        size += length
    if batch:
        yield f"[{','.join(batch)}]"
