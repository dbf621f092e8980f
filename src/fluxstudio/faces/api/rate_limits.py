"""What an answer says of its caller's rate limit.

`RateLimit-Policy` and `RateLimit` are those of draft-ietf-httpapi-ratelimit-headers-11 (May 2026); most
clients still read the three fields that earlier revisions of it had.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxstudio.core.identity.users import Actor
from fluxstudio.faces.authentication import services_of

POLICY_NAME = "user"


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
                await self._add_fields(MutableHeaders(scope=message), scope, actor)
            await send(message)

        await self._app(scope, receive, counted)

    async def _add_fields(self, headers: MutableHeaders, scope: Scope, actor: Actor) -> None:
        scope["app"] = self._api
        room = await services_of(Request(scope)).inbound_limits.user_room(actor)
        headers["ratelimit-policy"] = f'"{POLICY_NAME}";q={room.amount};w={room.window_seconds}'
        headers["ratelimit"] = f'"{POLICY_NAME}";r={room.left};t={room.reset_seconds}'
        headers["ratelimit-limit"] = str(room.amount)
        headers["ratelimit-remaining"] = str(room.left)
        headers["ratelimit-reset"] = str(room.reset_seconds)
