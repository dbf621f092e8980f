"""Serving ASGI apps inside a running event loop."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

AsgiApp = Callable[..., Awaitable[None]]

# For the head of a request and the first of its body to arrive. Front ends of other servers take heads of
# 8 to 32 KB.
HEAD_SECONDS = 10.0
MOST_HEAD_BYTES = 64 * 1024


class PortTaken(Exception):
    """Something else listens on the port."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"Port {port} of {host} is taken. Stop what uses it, or choose another with PORT.")


@contextmanager
def listening_socket(host: str, port: int, *, or_any: bool = False) -> Iterator[socket.socket]:
    """A listening socket; on any free port where the wanted one is taken and `or_any` allows it.

    Raises `PortTaken`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol asyncio leaves Nagle on, and every answer takes 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((host, port))
        except OSError:
            if not or_any:
                raise PortTaken(host, port) from None
            opened.bind((host, 0))
        opened.listen(1024)
        yield opened


def collect_less() -> None:
    """What is there by now stays, so it need not be looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


class _Protocol(HttpToolsProtocol):
    """Hangs up on whoever takes too long, or too many bytes, to say what they want.

    What follows the first of a request's body is for the app to judge.
    """

    _head_bytes = 0
    _impatience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin_head()

    def on_message_begin(self) -> None:
        self._begin_head()
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        self._end_head()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._end_head()
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._impatience is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        super().connection_lost(exc)

    def _begin_head(self) -> None:
        self._end_head()
        self._head_bytes = 0
        self._impatience = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _end_head(self) -> None:
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the event loop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def stopping_of(scope: MutableMapping[str, Any]) -> asyncio.Event:
    """What is set once the server of this request stops: an answer without an end has to end then."""
    stopping: asyncio.Event = scope.setdefault("state", {}).setdefault("stopping", asyncio.Event())
    return stopping


@asynccontextmanager
async def serving(app: AsgiApp, listening: socket.socket) -> AsyncIterator[None]:
    """Serve an app on a listening socket for as long as this lasts."""
    stopping = asyncio.Event()

    async def knowing(scope: MutableMapping[str, Any], *channels: Any) -> None:
        scope.setdefault("state", {})["stopping"] = stopping
        await app(scope, *channels)

    config = uvicorn.Config(
        knowing,
        http=_Protocol,
        ws="none",
        log_level="critical",
        lifespan="off",
        access_log=False,
        server_header=False,
        # By default the server believes every proxy on this machine.
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve([listening]))
    try:
        while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        yield
    finally:
        stopping.set()
        server.should_exit = True
        await task
