"""Serving ASGI apps inside a running event loop."""

from __future__ import annotations

import asyncio
import errno
import gc
import resource
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from fluxstudio.kit.addresses import source_of
from fluxstudio.kit.draining import Drain
from fluxstudio.kit.prompt_server import PromptServer

AsgiApp = Callable[..., Awaitable[None]]

# For the head of a request and the first of its body to arrive. Front ends of other servers take heads of
# 8 to 32 KB.
HEAD_SECONDS = 10.0
MOST_HEAD_BYTES = 64 * 1024
# Proxies keep connections to us for 60 s and more and send the next request over them. Whoever hangs up first
# loses that race, and the proxy answers 502: so it must not be us.
KEEP_ALIVE_SECONDS = 75
# For requests under way once a server stops whose process says nothing else.
GRACE_SECONDS = 25.0
# For answers that are on their way out when that is over.
LAST_SECONDS = 0.2
# Together; four fifths of them may come from one source, which a proxy in front is. Beyond these a process
# needs files for the database, providers, and bodies on their way to disk.
MOST_CONNECTIONS = 2000
FILES_FOR_OTHERS = 500
# On the answer to what is no HTTP, which no app sees.
BARE_HEADERS = (
    b"content-type: text/plain; charset=utf-8\r\n",
    b"content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n",
    b"x-content-type-options: nosniff\r\n",
    b"referrer-policy: no-referrer\r\n",
    b"cache-control: no-store\r\n",
    b"connection: close\r\n",
)


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
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise CannotListen(
            f"HOST={host} is neither an address nor a name that this machine knows. Use 127.0.0.1 for this "
            "machine alone, or 0.0.0.0 for all its addresses."
        ) from None
    family, *_, address = min(addresses, key=lambda entry: entry[0] != socket.AF_INET)
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


class _Connections:
    """The open connections of one server, by the source they come from."""

    def __init__(self) -> None:
        self.most = min(MOST_CONNECTIONS, _files_allowed() - FILES_FOR_OTHERS)
        self.most_of_source = self.most * 4 // 5
        self._of_source: dict[str, set[_Protocol]] = {}
        self._count = 0

    def join(self, connection: _Protocol) -> None:
        """Take a connection in, and hang up on others where there are too many.

        Those are of one source that has too many, or of the one that has most: the connections that have
        waited longest for us to hear something, else those that do not read what we answer, else the new one.
        Never one whose request is being answered.
        """
        group = self._of_source.setdefault(connection.source, set())
        group.add(connection)
        self._count += 1
        if len(group) <= self.most_of_source:
            if self._count <= self.most:
                return
            group = max(self._of_source.values(), key=len)
        others = sorted((one for one in group if one is not connection), key=lambda one: one.heard_at)
        idle = [one for one in others if one.waits] or [one for one in others if one.is_stalled]
        if not idle and connection in group:
            idle = [connection]
        for one in idle[: max(1, len(group) // 20)]:
            one.transport.abort()
            self.leave(one)

    def leave(self, connection: _Protocol) -> None:
        """A connection has ended."""
        group = self._of_source.get(connection.source, set())
        if connection in group:
            group.remove(connection)
            self._count -= 1
            if not group:
                del self._of_source[connection.source]


def _files_allowed() -> int:
    """How many files this process may have open, raised as far as it may raise that itself."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    file_limit = MOST_CONNECTIONS + FILES_FOR_OTHERS
    if allowed != resource.RLIM_INFINITY and allowed < file_limit:
        allowed = file_limit if most == resource.RLIM_INFINITY else min(file_limit, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return file_limit if allowed == resource.RLIM_INFINITY else allowed


class _Protocol(HttpToolsProtocol):
    """Hangs up on whoever takes too long, or too many bytes, to say what they want.

    What follows the first of a request's body is for the app to judge.
    """

    crowd: _Connections
    source = ""
    heard_at = 0.0
    _head_bytes = 0
    _impatience: asyncio.TimerHandle | None = None

    @property
    def waits(self) -> bool:
        """Whether we wait for whoever has connected, and not they for us."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete or cycle.more_body

    @property
    def is_stalled(self) -> bool:
        """Whether whoever has connected leaves what we answer unread."""
        return self.flow.write_paused

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.heard_at = self.loop.time()
        self.source = source_of(self.client[0] if self.client else None)
        self._begin_head()
        self.crowd.join(self)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, with headers as on any other answer."""
        head = b"".join([b"HTTP/1.1 400 Bad Request\r\n", *BARE_HEADERS])
        length = b"content-length: %d\r\n\r\n" % len(msg)
        self.transport.write(head + length + msg.encode("ascii"))
        self.transport.close()

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
        self.heard_at = self.loop.time()
        super().data_received(data)
        if self._impatience is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        self.crowd.leave(self)
        super().connection_lost(exc)

    def _begin_head(self) -> None:
        self._end_head()
        self._head_bytes = 0
        self._impatience = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _end_head(self) -> None:
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None


def _counted(app: AsgiApp, drain: Drain) -> AsgiApp:
    """The app, with requests that it answers counted as under way; those that come late are not.

    Answers say `Connection: close` once the process ends.
    """

    async def answer(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        scope.setdefault("state", {})["drain"] = drain

        async def closing(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and drain.leaving.is_set():
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        if drain.stopping.is_set():
            await app(scope, receive, closing)
            return
        with drain.under_way():
            await app(scope, receive, closing)

    return answer


@asynccontextmanager
async def serving(app: AsgiApp, listening: socket.socket, drain: Drain | None = None) -> AsyncIterator[None]:
    """Serve an app on a listening socket for as long as this lasts.

    At the end nothing new is taken, and requests under way are finished within the time that `drain` leaves,
    `GRACE_SECONDS` where there is none.
    """
    drain = drain if drain is not None else Drain(GRACE_SECONDS)
    config = uvicorn.Config(
        _counted(app, drain),
        http=type("_OwnProtocol", (_Protocol,), {"crowd": _Connections()}),
        ws="none",
        log_level="critical",
        lifespan="off",
        access_log=False,
        server_header=False,
        # By default the server believes every proxy on this machine.
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    server = PromptServer(config)
    task = asyncio.create_task(server.serve([listening]))
    try:
        await server.ready_or(task)
        yield
    finally:
        drain.stop()
        server.stop(max(drain.seconds_left(), LAST_SECONDS))
        await task
