"""Serving ASGI apps inside a running event loop."""

from __future__ import annotations

import asyncio
import errno
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
# Proxies keep connections to us for 60 s and more and send the next request over them. Whoever hangs up first
# loses that race, and the proxy answers 502: so it must not be us.
KEEP_ALIVE_SECONDS = 75
# For requests under way once we stop: longer than a call to a provider, shorter than the 30 s after which
# orchestrators kill.
GRACE_SECONDS = 25


class CannotListen(Exception):
    """Nothing can listen at this address; the message says why and what to change."""


class PortTaken(CannotListen):
    """Something else listens on the port."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"Port {port} of {host} is taken. Stop what uses it, or choose another with PORT.")


@contextmanager
def listening_socket(host: str, port: int, *, or_any: bool = False) -> Iterator[socket.socket]:
    """A listening socket; on any free port where the wanted one is taken and `or_any` allows it.

    `::` takes IPv4 as well.

    Raises `PortTaken`, or `CannotListen` for an address that is not this machine's or a port we may not use.
    """
    family, address = _resolved(host, port)
    # Without the protocol asyncio leaves Nagle on, and every answer takes 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            opened.bind(address)
        except OSError as error:
            if not or_any:
                raise _explained(error, host, port) from None
            opened.bind((address[0], 0, *address[2:]))
        opened.listen(1024)
        yield opened


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    """The family and the address to bind to. Raises `CannotListen` for a name nobody knows."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise CannotListen(
            f"HOST={host} is neither an address nor a name that this machine knows. Use 127.0.0.1 for this "
            "machine alone, or 0.0.0.0 for all its addresses."
        ) from None
    family, *_, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, address


def _explained(error: OSError, host: str, port: int) -> CannotListen:
    match error.errno:
        case errno.EADDRINUSE:
            return PortTaken(host, port)
        case errno.EACCES | errno.EPERM:
            return CannotListen(
                f"Port {port} is one that only root may listen on. Choose one above 1023 with PORT."
            )
        case errno.EADDRNOTAVAIL | errno.EAFNOSUPPORT:
            return CannotListen(
                f"HOST={host} is not an address of this machine. Use 127.0.0.1 for this machine alone, or "
                "0.0.0.0 for all its addresses."
            )
    return CannotListen(
        f"Nothing can listen on port {port} of {host}: {error.strerror}. Change HOST or PORT."
    )


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
    """Serve an app on a listening socket for as long as this lasts.

    At the end nothing new is taken, requests under way are finished within `GRACE_SECONDS`, and their answers
    say `Connection: close`.
    """
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
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
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
