"""Front ends on other origins: those named exactly, the API and `/mcp` only, and nothing for anybody else.

One path is open to whatever has no origin: a plugin posts there with a code that works once.

Such a front end sends `Authorization: Bearer`; a session cookie of ours is of no use to it, since what
changes something needs a form token of our own pages besides.

Connecting is bound to the browser by a cookie that `GET …/auth` sets. Browsers keep it when the front end
is on the same site as we are (`app.example.com` and `flux.example.com`) and fetches with
`credentials: "include"`; then the provider may send people back to us. For a front end on another site they
drop it. It registers a page of its own as the provider's redirect URI (`FIGMA_REDIRECT_URI` and so on) and
hands `code` and `state` over by `POST …/callback`, where the token of whoever began takes the cookie's place.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Whatever a front end's HTTP client adds: which origins are let in is what protects.
SENT = ("*",)
# What a design tool's plugin posts to: it has no origin (`null`), and no cookie of ours counts there.
PLUGIN_PATHS = frozenset({"/api/design-tokens/imports"})
IMPORT_CODE = "x-import-code"
# Agents in browsers read which session and revision of the protocol they are answered in.
PROTOCOL = ("Mcp-Session-Id", "MCP-Protocol-Version")
# The protocol's endpoint, and where a client reads how to log in for it.
PROTOCOL_PATHS = ("/mcp", "/.well-known/oauth-", "/oauth/token", "/oauth/register", "/oauth/revoke")
SHOWN = (
    *PROTOCOL,
    *("Retry-After", "WWW-Authenticate", "Idempotent-Replayed", "X-Request-Id"),
    *("RateLimit-Policy", "RateLimit", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"),
)


class ExactOrigins:
    """ASGI middleware that lets these origins read the API's answers, with credentials."""

    def __init__(self, app: ASGIApp, origins: Iterable[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._anybody = CORSMiddleware(
            app, allow_origins=["*"], allow_methods=("POST",), allow_headers=("content-type", IMPORT_CODE)
        )
        self._shared = CORSMiddleware(
            app,
            allow_origins=self._origins,
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=SHOWN,
            allow_credentials=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/api/", *PROTOCOL_PATHS)):
            await self._app(scope, receive, send)
            return
        if scope["path"] in PLUGIN_PATHS:
            await self._anybody(scope, receive, send)
            return
        if not self._origins:
            await self._app(scope, receive, send)
            return
        if Headers(scope=scope).get("origin") in self._origins:
            await self._shared(scope, receive, send)
            return

        async def varied(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).add_vary_header("Origin")
            await send(message)

        await self._app(scope, receive, varied)
