"""HEAD wherever there is a GET: the same status and headers, without the body (RFC 9110, section 9.3.2)."""

from __future__ import annotations

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Send

from fluxstudio.faces.middleware.pipeline import Exchange, Stage


class HeadAnswers(Stage):
    """Has HEAD answered as GET is, and sends no body.

    What a GET would change is left to the route, which asks `is_head`.
    """

    def enter(self, exchange: Exchange) -> ASGIApp | None:
        scope = exchange.scope
        if scope["method"] == "HEAD":
            state = {**scope.get("state", {}), "head": True}
            exchange.rewrite({**scope, "method": "GET", "state": state})
            only_head = _OnlyHead(exchange.receive, exchange.send)
            exchange.receive, exchange.send = only_head.receive, only_head.send
        return None


class _OnlyHead:
    """An answer that ends with its head."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._answered = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._send(message)
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            self._answered = True

    async def receive(self) -> Message:
        # A stream has no end but that its reader has gone.
        return {"type": "http.disconnect"} if self._answered else await self._receive()


def is_head(request: Request) -> bool:
    """Whether only the head of an answer is asked for, so that nothing may change."""
    return bool(request.scope.get("state", {}).get("head"))


def is_prefetch(request: Request) -> bool:
    """Whether a browser asks before a person does (`Sec-Purpose`; older ones say `Purpose` or `X-Moz`)."""
    purposes = (request.headers.get(name, "") for name in ("sec-purpose", "purpose", "x-moz"))
    return any(purpose.lower().startswith(("prefetch", "prerender", "preview")) for purpose in purposes)
