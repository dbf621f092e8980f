"""Noticing a server that holds its connections and says nothing, long before the system would."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import cast

from fluxstudio.kit.postgres.connection import CheckedConnection, Connection
from fluxstudio.kit.postgres.hosts import Target, answers, pass_over

# A statement may take its time. After this long its server is asked over a connection of its own whether it
# is there at all.
SUSPICIOUS_SECONDS = 5.0
LOOK_SECONDS = 2.5


class HangWatch:
    """Ends connections in use whose server does not answer anybody, so that whoever waits hears of it.

    `on_hang` is called before, with whatever else has to be done then.
    """

    def __init__(self, target: Target, on_hang: Callable[[], Awaitable[None]]) -> None:
        self._target = target
        self._on_hang = on_hang
        self._since: dict[Connection, float] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look from now on."""
        self._task = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Look no more. May be called again."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @contextmanager
    def using(self, connection: Connection) -> Iterator[None]:
        """Around the use of a connection."""
        self._since[connection] = time.monotonic()
        try:
            yield
        finally:
            self._since.pop(connection, None)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            begun_before = time.monotonic() - SUSPICIOUS_SECONDS
            suspicious = [one for one, since in self._since.items() if since < begun_before]
            if not suspicious:
                continue
            place = cast("CheckedConnection", suspicious[0]).place
            if not await answers(self._target, place):
                pass_over(self._target)
                await self._on_hang()
                for connection in suspicious:
                    connection.terminate()
