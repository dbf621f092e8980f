"""What whoever supervises this process is told: the protocol of sd_notify(3), over a datagram socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

# Twice in the time after which it is taken for dead.
SIGNS_OF_LIFE = 2
# For what is closed once nothing is under way any more.
CLOSING_SECONDS = 30.0


class ServiceManager:
    """Whoever started us, if they listen.

    Args:
        address: path of their socket, `@…` for an abstract one; None where nobody listens.
        watchdog_seconds: after how long without a sign of life they end us; None where they do not.
    """

    def __init__(self, address: str | None, watchdog_seconds: float | None = None) -> None:
        self._address = f"\0{address[1:]}" if address and address.startswith("@") else address
        self._watchdog_seconds = watchdog_seconds

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """Say that we are ready, and show signs of life for as long as this lasts."""
        self._tell("READY=1")
        watchdog = asyncio.create_task(self._show_life())
        try:
            yield
        finally:
            watchdog.cancel()
            await asyncio.gather(watchdog, return_exceptions=True)

    def stopping(self, seconds: float) -> None:
        """Say that we end, and how long that may take."""
        self._tell("STOPPING=1", f"EXTEND_TIMEOUT_USEC={round((seconds + CLOSING_SECONDS) * 1e6)}")

    async def _show_life(self) -> None:
        while self._watchdog_seconds:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self._watchdog_seconds / SIGNS_OF_LIFE)

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        # They may have gone, and that is no reason for us to go.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.connect(self._address)
            out.sendall("\n".join(lines).encode())
