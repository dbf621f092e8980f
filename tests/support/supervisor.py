"""A service manager that hears what processes tell it, as sd_notify(3) says."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4


class Supervisor:
    """Its socket; paths of tests are too long for one in a folder."""

    def __init__(self, heard: socket.socket, address: str) -> None:
        self._socket = heard
        self.address = address

    async def hears(self) -> list[str]:
        """The lines of the next message."""
        async with asyncio.timeout(60):
            return (await asyncio.get_running_loop().sock_recv(self._socket, 1000)).decode().split("\n")


@contextmanager
def supervisor() -> Iterator[Supervisor]:
    """One that listens; its `address` is the value of NOTIFY_SOCKET."""
    name = f"fluxstudio-test-{uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"\0{name}")
        heard.setblocking(False)
        yield Supervisor(heard, f"@{name}")
