"""Serving ASGI apps inside a running event loop."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

AsgiApp = Callable[..., Awaitable[None]]


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
