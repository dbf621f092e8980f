"""The way of every request to the app and of its answer back: through stages, in one pass each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxstudio.errors import FluxStudioError

log = structlog.get_logger(__name__)

UNFORESEEN = "Something went wrong on our side. Nothing more is known here; try again."

Leave = Callable[["Exchange", Message], None]


class Exchange:
    """One request and its answer.

    Stages may replace `scope` by `rewrite`, and `receive` and `send` by what stands before them. `encoder`
    takes the whole answer once its head is complete, and hands it to `send`. `finish` is called when the app
    has answered, `status` is 0 until it begins to. `arrived` is the scope before any stage.
    """

    __slots__ = ("_headers", "arrived", "encoder", "finish", "passed", "receive", "scope", "send", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = self.arrived = scope
        self.receive = receive
        self.send = send
        self.encoder: Send | None = None
        self.finish: Callable[[], Awaitable[None]] | None = None
        self.passed: Sequence[Leave] = ()
        self.status = 0
        self._headers: dict[bytes, bytes] | None = None

    @property
    def headers(self) -> dict[bytes, bytes]:
        """The headers of the request; of several with one name the last."""
        if self._headers is None:
            self._headers = dict(self.scope["headers"])
        return self._headers

    def rewrite(self, scope: Scope) -> None:
        """Go on with another scope."""
        self.scope, self._headers = scope, None

    async def answer(self, message: Message) -> None:
        """Send what the app answers; the stages that the request has passed complete its head."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": list(message.get("headers", ()))}
            for leave in self.passed:
                leave(self, message)
        await (self.encoder or self.send)(message)


class Stage:
    """One thing that every request has to pass, or that every answer carries."""

    def enter(self, exchange: Exchange) -> ASGIApp | None:
        """Look at a request; whoever answers it, where it goes no further."""

    def leave(self, exchange: Exchange, start: Message) -> None:
        """Complete the head of an answer to a request that has passed here."""

    def end(self, exchange: Exchange) -> None:
        """The request is over, whatever became of it."""


class Pipeline:
    """ASGI middleware that takes requests through its stages, the outermost first, and answers back.

    Where nothing answered because of an error nobody foresaw, it does, with what the outermost stage adds.
    """

    def __init__(self, app: ASGIApp, stages: Sequence[Stage]) -> None:
        self._app = app
        # Beside each stage what those outside of it add to an answer, the innermost first.
        self._entering = [
            (stage.enter, _leaving(stages[:place]))
            for place, stage in enumerate(stages)
            if type(stage).enter is not Stage.enter
        ]
        self._leaving = _leaving(stages)
        self._ending = [stage.end for stage in stages if type(stage).end is not Stage.end]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send)
        try:
            app = self._entered(exchange)
            await app(exchange.scope, exchange.receive, exchange.answer)
            if exchange.finish is not None:
                await exchange.finish()
        except Exception as error:
            if exchange.status:
                raise
            log.error("unforeseen", path=scope["path"], kind=type(error).__name__, exc_info=error)
            exchange.passed = exchange.passed[-1:]
            unforeseen = FluxStudioError(UNFORESEEN)
            answer = JSONResponse(unforeseen.body(), unforeseen.status)
            await answer(exchange.scope, receive, exchange.answer)
        finally:
            for end in self._ending:
                end(exchange)

    def _entered(self, exchange: Exchange) -> ASGIApp:
        """Who answers a request."""
        for enter, outside in self._entering:
            exchange.passed = outside
            app = enter(exchange)
            if app is not None:
                return app
        exchange.passed = self._leaving
        return self._app


def _leaving(stages: Sequence[Stage]) -> tuple[Leave, ...]:
    return tuple(stage.leave for stage in reversed(stages) if type(stage).leave is not Stage.leave)
