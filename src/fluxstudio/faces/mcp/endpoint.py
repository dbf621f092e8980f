"""`/mcp` over HTTP: who calls, from where, then the protocol. No state between two requests."""

from __future__ import annotations

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, InvalidToken, MissingToken
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.mcp.caller import authenticate, challenge, check_origin
from fluxstudio.faces.mcp.server import server_of
from fluxstudio.faces.middleware.bodies import USUAL


class McpEndpoint:
    """The ASGI app behind `/mcp`.

    Each request is answered by itself, so that any process behind a balancer can answer the next one.
    """

    body_policy = USUAL

    def __init__(self, services: Services) -> None:
        self._services = services
        self._server = server_of(services)

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
        manager = StreamableHTTPSessionManager(self._server, stateless=True)
        try:
            async with manager.run():
                await manager.handle_request(scope, receive, send)
        except BaseExceptionGroup as group:
            # A body that is too large or too slow is refused while it is read.
            refused = _first(group)
            if refused is None:
                raise
            await self._refusal(refused)(scope, receive, send)

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
