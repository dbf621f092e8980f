"""A keep-alive HTTP connection light enough not to be what is measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

END = b"\r\n\r\n"
LENGTH = b"content-length: "


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; `head` is its status line and headers as they came."""

    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.head[9:12])

    def headers(self, name: str) -> list[str]:
        """Every value of a header."""
        lines = (line.partition(": ") for line in self.head.decode("latin-1").split("\r\n")[1:])
        return [value for known, _, value in lines if known.lower() == name]


class Refused(Exception):
    """A server did not answer as it has to for its speed to count."""


class Wire(asyncio.Protocol):
    """One connection; it carries one request at a time. Chunked answers are not understood."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._waiting: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is one by its methods only.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head = self._received.find(END)
        if head < 0:
            return
        at = self._received.find(LENGTH, 0, head + 2)
        length = int(self._received[at + len(LENGTH) : self._received.index(b"\r", at)]) if at > 0 else 0
        end = head + len(END) + length
        if len(self._received) < end or self._waiting is None:
            return
        answer = Answer(bytes(self._received[:head]), bytes(self._received[head + len(END) : end]))
        del self._received[:end]
        self._waiting.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Refused("the server closed the connection"))

    @property
    def closed(self) -> bool:
        """Whether either side has hung up, as servers do after a while without requests."""
        return self._transport is None or self._transport.is_closing()

    async def ask(self, request: bytes) -> Answer:
        """Send a request and wait for its answer."""
        if self._transport is None:
            raise Refused("the connection is closed")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


def request(method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    parts = urlsplit(url)
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    lines = [f"{method} {path} HTTP/1.1", f"host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


@asynccontextmanager
async def wires(url: str, count: int) -> AsyncIterator[list[Wire]]:
    """Open connections to the server of a URL."""
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        opened: list[Wire] = []
        for _ in range(count):
            _, wire = await loop.create_connection(Wire, parts.hostname or "", parts.port or 80)
            stack.callback(wire.close)
            opened.append(wire)
        yield opened


async def rate(url: str, headers: Sequence[Mapping[str, str]], seconds: float) -> float:
    """Answers a second while as many connections as there are headers repeat a GET for this long.

    Raises `Refused` for any answer but 200.
    """

    async def repeat(wire: Wire, wanted: bytes) -> int:
        answered = 0
        while time.perf_counter() < begun + seconds:
            answer = await wire.ask(wanted)
            if answer.status != 200:
                raise Refused(f"{wanted.split(b' ', 2)[1].decode()} answered {answer.status}")
            answered += 1
        return answered

    async with wires(url, len(headers)) as opened:
        wanted = [request("GET", url, entry) for entry in headers]
        begun = time.perf_counter()
        answered = await asyncio.gather(*map(repeat, opened, wanted))
        return sum(answered) / (time.perf_counter() - begun)
