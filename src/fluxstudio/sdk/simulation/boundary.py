"""Between a simulator and whoever calls it: nothing that is sent breaks it for the next caller."""

from __future__ import annotations

import structlog
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxstudio.sdk.simulation.consent import message_page
from fluxstudio.sdk.simulation.ports import SimulatorAnswers

UNREADABLE_FORM = ("This form cannot be read", "Go back and try again.")

log = structlog.get_logger(__name__)


class UnknownAddress:
    """ASGI app of the addresses that a simulator does not have."""

    def __init__(self, simulator: SimulatorAnswers) -> None:
        self._simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        host, _, rest = request.url.path.lstrip("/").partition("/")
        answer: Response = JSONResponse({"error": "there is no such control"}, 404)
        if not f"/{rest}/".startswith("/_control/"):
            answer = self._simulator.unknown(host, request)
        await answer(scope, receive, send)


class Boundary:
    """ASGI middleware of one simulator.

    A call that fails is answered as that service answers its own failures, and what it did to the world by
    then is undone.
    """

    def __init__(self, app: ASGIApp, simulator: SimulatorAnswers) -> None:
        self._app = app
        self._simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def note(message: Message) -> None:
            nonlocal has_begun
            has_begun = has_begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, note)
        except (HTTPException, MultiPartException):
            page = message_page(self._simulator.name, *UNREADABLE_FORM, status=400)
            await page(scope, receive, send)
        except Exception:
            log.exception("simulated_call_failed", simulator=self._simulator.name, path=scope["path"])
            self._simulator.world.restore()
            if has_begun:
                raise
            host = str(scope["path"]).strip("/").partition("/")[0]
            await self._simulator.broken(host, Request(scope, receive))(scope, receive, send)
