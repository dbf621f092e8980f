"""What an answer says of its caller's rate limit.

`RateLimit-Policy` and `RateLimit` are those of draft-ietf-httpapi-ratelimit-headers-11 (May 2026); most
clients still read the three fields that earlier revisions of it had.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services

POLICY_NAME = b"user"


class RateLimitHeaders:
    """ASGI middleware for the API: adds the fields to answers of callers who were counted."""

    def __init__(self, app: ASGIApp, api: FastAPI) -> None:
        self._app = app
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            actor = scope.get("state", {}).get("counted")
            if message["type"] == "http.response.start" and isinstance(actor, Actor):
                message = {**message, "headers": [*message["headers"], *await self._fields(scope, actor)]}
            await send(message)

        await self._app(scope, receive, counted)

    async def _fields(self, scope: Scope, actor: Actor) -> list[tuple[bytes, bytes]]:
        services: Services = self._api.state.services
        room = await services.inbound_limits.user_room(actor)
        return [
            (b"ratelimit-policy", b'"%s";q=%d;w=%d' % (POLICY_NAME, room.amount, room.window_seconds)),
            (b"ratelimit", b'"%s";r=%d;t=%d' % (POLICY_NAME, room.left, room.reset_seconds)),
            (b"ratelimit-limit", b"%d" % room.amount),
            (b"ratelimit-remaining", b"%d" % room.left),
            (b"ratelimit-reset", b"%d" % room.reset_seconds),
        ]
