"""`/mcp` over HTTP: who calls, from where, then the protocol. No state between two requests."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, InvalidToken, MissingToken
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.mcp.caller import authenticate, challenge, check_origin
from fluxstudio.faces.middleware.bodies import USUAL

if TYPE_CHECKING:
    from mcp.server.lowlevel.server import Server

# The protocol's SDK takes 15 MB and half a second, which nobody has to spend before an agent calls.
PROTOCOL = "fluxstudio.faces.mcp.server"


class McpEndpoint:
    """The ASGI app behind `/mcp`.

    Each request is answered by itself, so that any process behind a balancer can answer the next one.
    """

    body_policy = USUAL

    def __init__(self, services: Services) -> None:
        self._services = services
        self._server: Server[Any] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The server leaves the space around values, which is no part of them (RFC 9110, section 5.5).
        scope["headers"] = [(name, value.strip(b" \t")) for name, value in scope["headers"]]
        request = Request(scope, receive)
        try:
            check_origin(request)
            await authenticate(request)
        except FluxStudioError as error:
            await self._refusal(error)(scope, receive, send)
            return
        scope["endpoint"] = self
        server = self._server = self._server or await self._loaded()
        from fluxstudio.faces.mcp.server import without_sessions

        manager = without_sessions(server)
        try:
            async with manager.run():
                await manager.handle_request(scope, receive, send)
        except BaseExceptionGroup as group:
            # A body that is too large or too slow is refused while it is read.
            refused = _first(group)
            if refused is None:
                raise
            await self._refusal(refused)(scope, receive, send)

    async def _loaded(self) -> Server[Any]:
        """The protocol's server, loaded beside the event loop."""
        await asyncio.to_thread(import_module, PROTOCOL)
        from fluxstudio.faces.mcp.server import server_of

        return server_of(self._services)

    def _refusal(self, error: FluxStudioError) -> Response:
        response = json_answer(error.body(), error.status)
        response.headers.update(error.headers())
        if isinstance(error, MissingToken | InvalidToken):
            reason = "invalid_token" if isinstance(error, InvalidToken) else None
            response.headers["www-authenticate"] = challenge(self._services.settings.base_url, reason)
        return response


def _first(group: BaseExceptionGroup[BaseException]) -> FluxStudioError | None:
    """The product's own error in a group of nothing else."""
    ours, others = group.split(FluxStudioError)
    if ours is None or others is not None:
        return None
    first: BaseException = ours
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first if isinstance(first, FluxStudioError) else None
