"""Uvicorn's server, woken by what happens instead of looking every tenth of a second.

This is the only module that replaces methods of `uvicorn.Server`: tests/kit/test_prompt_server.py tells
whoever upgrades Uvicorn which of them have changed.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

DATE_HEADER_SECONDS = 1.0
# Uvicorn brings its headers up to date at every tenth of its ticks.
TICKS_OF_DATE_HEADER = 10
DRAIN_POLL_SECONDS = 0.005


class PromptServer(uvicorn.Server):
    """Starts and stops at once: no tick to wait for, and no pause before it looks whether requests are done.

    Signals are left to whoever runs the event loop.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ready = asyncio.Event()
        self._stop = asyncio.Event()
        self._grace_seconds: float | None = None

    async def ready_or(self, serving: asyncio.Task[None]) -> None:
        """Wait until connections are taken, or until `serving` has ended without that."""
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait({ready, serving}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()

    def stop(self, grace_seconds: float) -> None:
        """Begin to end: nothing new is taken, and requests under way have so many seconds left."""
        self._grace_seconds = grace_seconds
        self.should_exit = True
        self._stop.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(TICKS_OF_DATE_HEADER):
            try:
                async with asyncio.timeout(DATE_HEADER_SECONDS):
                    await self._stop.wait()
            except TimeoutError:
                continue

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self._grace_seconds):
                await self._drained()
        except TimeoutError:
            for task in self.server_state.tasks:
                task.cancel(msg="The time for requests under way is over")
        await self.lifespan.shutdown()

    async def _drained(self) -> None:
        """Wait until every connection is closed and every request answered."""
        state = self.server_state
        while state.connections or state.tasks:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(DRAIN_POLL_SECONDS)
        for server in self.servers:
            await server.wait_closed()
