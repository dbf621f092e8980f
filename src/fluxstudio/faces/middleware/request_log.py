"""One log line for each request, and the ids by which its other lines are found."""

from __future__ import annotations

import logging
import time
from typing import Literal

import structlog
from starlette.types import ASGIApp

from fluxstudio.faces.middleware.pipeline import Exchange, Stage
from fluxstudio.kit.trace import TracedStep, begin_request

log = structlog.get_logger(__name__)

Level = Literal["off", "debug", "info"]


class RequestNames(Stage):
    """Gives each request an id, and takes over that of the trace it belongs to."""

    def enter(self, exchange: Exchange) -> ASGIApp | None:
        method = exchange.arrived["method"]
        traceparent = exchange.headers.get(b"traceparent", b"").decode("latin-1")
        began = begin_request(traceparent, method, {"http.request.method": method})
        if began.is_recorded:
            exchange.arrived.setdefault("state", {})["step"] = began
        return None

    def end(self, exchange: Exchange) -> None:
        began: TracedStep | None = exchange.arrived.get("state", {}).pop("step", None)
        if began is None:
            return
        if exchange.status:
            began.note({"http.response.status_code": exchange.status})
        route = getattr(exchange.scope.get("route"), "path", None)
        if route is not None:
            began.name(f"{exchange.arrived['method']} {route}", {"http.route": route})
        began.end(str(exchange.status) if exchange.status >= 500 else None)


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
