"""A small server that keeps what simulated providers send it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support.serving import serving


@dataclass(frozen=True)
class Received:
    """One request: its headers by lower-case name, and its raw body."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def payload(self) -> Any:
        """The body as JSON."""
        return msgspec.json.decode(self.body)


@dataclass
class Inbox:
    """What has arrived at `url`, and what it is answered."""

    url: str
    received: list[Received] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        self.received.append(Received(headers, bytes(body)))
        answered = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": answered})
        await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def inbox() -> AsyncIterator[Inbox]:
    """An inbox on the loopback."""
    opened: list[Inbox] = []

    def made(base: str) -> ASGIApp:
        opened.append(Inbox(f"{base}/hook"))
        return opened[0]

    async with serving(made):
        yield opened[0]
