"""One log line for each request, and the ids by which its other lines are found."""

from __future__ import annotations

import logging
import re
import time
from typing import Literal

import structlog
from starlette.types import ASGIApp

from fluxstudio.faces.middleware.pipeline import Exchange, Stage
from fluxstudio.kit.request_id import begin_request

log = structlog.get_logger(__name__)

Level = Literal["off", "debug", "info"]

# W3C Trace Context: version, trace, parent, flags. Zeros alone name nothing.
TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?"
)


class RequestNames(Stage):
    """Gives each request an id, and takes over that of the trace it belongs to."""

    def enter(self, exchange: Exchange) -> ASGIApp | None:
        begin_request(_trace(exchange.headers.get(b"traceparent", b"")))
        return None


class RequestLog(Stage):
    """Logs each request once it was answered."""

    def __init__(self, level: Level) -> None:
        self._level = {"debug": logging.DEBUG, "info": logging.INFO}[level]

    def enter(self, exchange: Exchange) -> ASGIApp | None:
        exchange.arrived.setdefault("state", {})["began"] = time.monotonic()
        return None

    def end(self, exchange: Exchange) -> None:
        scope = exchange.arrived
        milliseconds = round((time.monotonic() - scope["state"]["began"]) * 1000, 1)
        address = (scope.get("client") or ("",))[0]
        # Without the query, in which people and providers send what is nobody else's.
        fields = {"method": scope["method"], "path": scope["path"], "status": exchange.status}
        log.log(self._level, "request", **fields, milliseconds=milliseconds, address=address)


def request_log(level: Level, lowest: str) -> list[Stage]:
    """What names requests, and what logs them where lines of that level are not left out anyway."""
    names = logging.getLevelNamesMapping()
    if level == "off" or names[level.upper()] < names[lowest.upper()]:
        return [RequestNames()]
    return [RequestNames(), RequestLog(level)]


def _trace(traceparent: bytes) -> str | None:
    """The trace that the caller says this request belongs to."""
    match = TRACEPARENT.fullmatch(traceparent) if traceparent else None
    return match[1].decode() if match else None
