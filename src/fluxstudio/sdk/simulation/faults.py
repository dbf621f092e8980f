"""Faults a simulator can be told to have."""

from __future__ import annotations

import asyncio
import gzip
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOGGED_REQUESTS = 2000


def _compiled(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiled)]


class Fault(BaseModel):
    """One fault, for the requests whose `METHOD /path` matches.

    `times` is how often it strikes (None: until removed), `delay` how many seconds it waits first. `kind`:
    `status` answers `status` with `body` and `headers`; `latency` only waits; `garbage` answers what is not
    JSON; `truncated` a broken gzip body; `drop` closes the connection without an answer; `after` lets the
    request take effect and then drops the connection; `drip` sends a body byte by byte; `huge` sends
    `megabytes` of blanks.
    """

    match: Pattern = "."
    kind: Literal["status", "latency", "garbage", "truncated", "drop", "after", "drip", "huge"] = "status"
    status: int = Field(default=500, ge=100, le=599)
    body: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    delay: float = Field(default=0, ge=0, le=600)
    times: int | None = Field(default=None, ge=1)
    megabytes: int = Field(default=64, ge=1, le=1024)


class Faults:
    """The faults in force and a log of the requests seen, as an ASGI middleware around a simulator."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.active: list[Fault] = []
        self.requests: list[dict[str, Any]] = []

    def _strike(self, line: str) -> Fault | None:
        for fault in self.active:
            if re.search(fault.match, line):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times == 0:
                        self.active.remove(fault)
                return fault
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].partition("/_control")[1]:
            await self._app(scope, receive, send)
            return
        line = f"{scope['method']} {scope['path']}"
        entry: dict[str, Any] = {
            "request": line,
            "query": scope["query_string"].decode("latin-1"),
            "status": None,
        }
        if traceparent := dict(scope["headers"]).get(b"traceparent"):
            entry["traceparent"] = traceparent.decode("latin-1")
        self.requests.append(entry)
        del self.requests[:-LOGGED_REQUESTS]

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        fault = self._strike(line)
        if fault is None:
            await self._app(scope, receive, note)
            return
        await asyncio.sleep(fault.delay)
        await self._apply(fault, scope, receive, note)

    async def _apply(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.kind:
            case "latency":
                await self._app(scope, receive, send)
            case "drop":
                await self._hang_up(send)
            case "after":

                async def swallow(message: Message) -> None:
                    return None

                await self._app(scope, receive, swallow)
                await self._hang_up(send)
            case "drip" | "huge":
                await self._stream(fault, receive, send)
            case _:
                await self._answer(fault)(scope, receive, send)

    def _answer(self, fault: Fault) -> Response:
        if fault.kind == "garbage":
            return Response(b"<html>\x00\xff not what was asked for", media_type="application/json")
        if fault.kind == "truncated":
            body = gzip.compress(b'{"ok": true}' * 500)[:-20]
            return Response(body, headers={"content-encoding": "gzip", "content-type": "application/json"})
        if isinstance(fault.body, str):
            return Response(fault.body, fault.status, fault.headers)
        return JSONResponse(fault.body if fault.body is not None else {}, fault.status, fault.headers)

    async def _hang_up(self, send: Send) -> None:
        """Promise a body and end without it: the server then closes the connection."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"64")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})

    async def _stream(self, fault: Fault, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        piece, count = (b" ", 600) if fault.kind == "drip" else (b" " * 1048576, fault.megabytes)
        disconnect = asyncio.create_task(_disconnected(receive))
        try:
            for _ in range(count):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await asyncio.wait({disconnect}, timeout=1 if fault.kind == "drip" else 0)
                if disconnect.done():
                    return
        finally:
            disconnect.cancel()
        await send({"type": "http.response.body", "body": b"{}"})


async def _disconnected(receive: Receive) -> None:
    """Wait until whoever asked has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass
