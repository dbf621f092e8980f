"""A tiny load balancer: each request goes to the next of several processes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx2

HOP_BY_HOP = {b"connection", b"keep-alive", b"transfer-encoding", b"content-length", b"date", b"server"}

Message = MutableMapping[str, Any]


class Balancer:
    """An ASGI app that hands each request to the next backend in turn.

    Where nobody listens any more, the next one is asked: that much every balancer does, as nothing of the
    request was sent yet. Everything else that goes wrong is answered with 502.
    """

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self._turn = 0
        self._busy: Counter[str] = Counter()
        self.backends: list[str] = []

    async def drain(self, base: str) -> None:
        """Send a backend nothing more, and wait until it has answered what it was sent."""
        self.backends.remove(base)
        while self._busy[base]:
            await asyncio.sleep(0.01)

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        status, headers, content = await self._answer(scope, body)
        length = (b"content-length", str(len(content)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": content})

    async def _answer(
        self, scope: MutableMapping[str, Any], body: bytes
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        path = scope["raw_path"].decode()
        query = scope["query_string"].decode()
        self._turn += 1
        first = self._turn % len(self.backends)
        for base in [*self.backends[first:], *self.backends[:first]]:
            self._busy[base] += 1
            try:
                answer = await self._client.request(
                    scope["method"], f"{base}{path}?{query}", content=body, headers=scope["headers"]
                )
            except httpx2.ConnectError:
                continue
            except httpx2.TransportError as error:
                return 502, [], f"{type(error).__name__} from {base}".encode()
            finally:
                self._busy[base] -= 1
            headers = [
                (name.lower(), value)
                for name, value in answer.headers.raw
                if name.lower() not in HOP_BY_HOP | {b"content-encoding"}
            ]
            return answer.status_code, headers, answer.content
        return 502, [], b"No process listens."
