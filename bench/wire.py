"""A keep-alive HTTP connection light enough not to be what is measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import cast
from urllib.parse import urlsplit

END = b"\r\n\r\n"
LENGTH = b"content-length: "
SECONDS_TO_FALL_INTO_STEP = 0.1


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
        return [value for names, _, value in lines if names.lower() == name]


class Refused(Exception):
    """A server did not answer as it has to for its speed to count."""


def whole(received: bytes | bytearray) -> int | None:
    """How long the answer is that begins here; None while its head is not complete."""
    head = received.find(END)
    if head < 0:
        return None
    at = received.find(LENGTH, 0, head + 2)
    length = int(received[at + len(LENGTH) : received.index(b"\r", at)]) if at > 0 else 0
    return head + len(END) + length


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
        end = whole(self._received)
        if end is None or len(self._received) < end or self._waiting is None:
            return
        head, _, body = bytes(self._received[:end]).partition(END)
        answer = Answer(head, body)
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


class _Stream(asyncio.Protocol):
    """One connection that sends its next request as soon as the one before is answered, without a task."""

    def __init__(self, requests: Iterator[bytes], counts_from: float, until: float) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Seconds until each answer that counts.
        self.took: list[float] = []
        self._requests = requests
        self._counts_from = counts_from
        self._until = until
        self._answer = b""
        # Most answers are like the one before, and need not be read again.
        self._usual = b""
        self._sent_at = 0.0
        # All of them, those that do not count for time as well.
        self.answers = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(Refused("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        if self._answer or data != self._usual:
            self._answer += data
            length = whole(self._answer)
            if length is None or len(self._answer) < length:
                return
            self._usual, self._answer = self._answer, b""
            if self._usual[9:12] != b"200":
                self._end(Refused(f"a server answered {self._usual[:300]!r}"))
                return
        self.answers += 1
        now = time.perf_counter()
        if now >= self._counts_from:
            self.took.append(now - self._sent_at)
        self.send(now)

    def send(self, now: float) -> None:
        """Send the next request, if there is one and time for it."""
        self._sent_at = now
        wanted = next(self._requests, None) if now < self._until else None
        if wanted is None:
            self._end(None)
        else:
            self._transport.write(wanted)

    def _end(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(error) if error is not None else self.ended.set_result(None)
            self._transport.close()


@dataclass(frozen=True, slots=True)
class Poured:
    """What came of sending requests: the seconds until each was answered, and the answers a second.

    Neither counts what came while the connections, which all begin at once, fell into step; `answers` does.
    """

    took: list[float]
    rate: float
    answers: int


async def pour(url: str, requests: Sequence[Iterator[bytes]], seconds: float) -> Poured:
    """Send requests for this long, over as many connections as there are iterators.

    Raises `Refused` for any answer but 200.
    """
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    counts_from = time.perf_counter() + SECONDS_TO_FALL_INTO_STEP

    def stream_of(each: Iterator[bytes]) -> _Stream:
        return _Stream(each, counts_from, counts_from + seconds)

    streams = [
        (await loop.create_connection(partial(stream_of, each), parts.hostname or "", parts.port or 80))[1]
        for each in requests
    ]
    for stream in streams:
        stream.send(time.perf_counter())
    await asyncio.gather(*(stream.ended for stream in streams))
    took = [each for stream in streams for each in stream.took]
    rate = len(took) / (time.perf_counter() - counts_from)
    return Poured(took, rate, sum(stream.answers for stream in streams))


async def pour_again(url: str, headers: Sequence[Mapping[str, str]], seconds: float) -> Poured:
    """Repeat a GET for this long, over as many connections as there are headers.

    Raises `Refused` for any answer but 200.
    """
    return await pour(url, [repeat(request("GET", url, entry)) for entry in headers], seconds)
