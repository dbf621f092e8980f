"""HEAD wherever there is a GET: the same status and headers, without the body (RFC 9110, section 9.3.2)."""

from __future__ import annotations

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAnswers:
    """ASGI middleware: has HEAD answered as GET is, and sends no body.

    What a GET would change is left to the route, which asks `is_head`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        answered = False

        async def without_body(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                answered = True

        async def until_answered() -> Message:
            # A stream has no end but that its reader has gone.
            return {"type": "http.disconnect"} if answered else await receive()

        state = {**scope.get("state", {}), "head": True}
        await self._app({**scope, "method": "GET", "state": state}, until_answered, without_body)


def is_head(request: Request) -> bool:
    """Whether only the head of an answer is asked for, so that nothing may change."""
    return bool(request.scope.get("state", {}).get("head"))


def is_prefetch(request: Request) -> bool:
    """Whether a browser asks before a person does (`Sec-Purpose`; older ones say `Purpose` or `X-Moz`)."""
    purposes = (request.headers.get(name, "") for name in ("sec-purpose", "purpose", "x-moz"))
    return any(purpose.lower().startswith(("prefetch", "prerender", "preview")) for purpose in purposes)
