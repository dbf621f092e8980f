"""One log line for each request, and the ids by which its other lines are found."""

from __future__ import annotations

import logging
import re
import time
from typing import Literal

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from fluxstudio.kit.request_id import begin_request

log = structlog.get_logger(__name__)

Level = Literal["off", "debug", "info"]

# W3C Trace Context: version, trace, parent, flags. Zeros alone name nothing.
TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?"
)


class RequestLog:
    """ASGI middleware around everything else: names each request, and logs it once it was answered."""

    def __init__(self, app: ASGIApp, level: Level) -> None:
        self._app = app
        self._level = {"debug": logging.DEBUG, "info": logging.INFO}.get(level)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        ids = {"request": begin_request()}
        if trace := _trace(scope):
            ids["trace"] = trace
        with bound_contextvars(**ids):
            await self._logged(scope, receive, send)

    async def _logged(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._level is None:
            await self._app(scope, receive, send)
            return
        begun, status = time.monotonic(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            milliseconds = round((time.monotonic() - begun) * 1000, 1)
            address = (scope.get("client") or ("",))[0]
            # Without the query, in which people and providers send what is nobody else's.
            fields = {"method": scope["method"], "path": scope["path"], "status": status}
            log.log(self._level, "request", **fields, milliseconds=milliseconds, address=address)


def _trace(scope: Scope) -> str | None:
    """The trace that the caller says this request belongs to."""
    for name, value in scope["headers"]:
        if name == b"traceparent":
            match = TRACEPARENT.fullmatch(value)
            return match[1].decode() if match else None
    return None
