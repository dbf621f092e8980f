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

from fluxstudio.faces.middleware.pipeline import Exchange, Stage

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
SHARED_PATHS = ("/api/", *PROTOCOL_PATHS)
SHOWN = (
    *PROTOCOL,
    *("Retry-After", "WWW-Authenticate", "Idempotent-Replayed", "X-Request-Id"),
    *("RateLimit-Policy", "RateLimit", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"),
)


class ExactOrigins(Stage):
    """Lets these origins read the API's answers, with credentials."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origins)
        self._anybody = CORSMiddleware(
            _nobody, allow_origins=["*"], allow_methods=("POST",), allow_headers=("content-type", IMPORT_CODE)
        )
        self._shared = CORSMiddleware(
            _nobody,
            allow_origins=self._origins,
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=SHOWN,
            allow_credentials=True,
        )

    def enter(self, exchange: Exchange) -> ASGIApp | None:
        cors, origin = self._rules(exchange)
        if cors is None or origin is None or exchange.scope["method"] != "OPTIONS":
            return None
        headers = Headers(scope=exchange.scope)
        return cors.preflight_response(headers) if "access-control-request-method" in headers else None

    def leave(self, exchange: Exchange, start: Message) -> None:
        path = exchange.scope["path"]
        if not path.startswith(SHARED_PATHS) or not (self._origins or path in PLUGIN_PATHS):
            return
        cors, origin = self._rules(exchange)
        headers = MutableHeaders(scope=start)
        if cors is not None and origin is not None:
            headers.update(cors.simple_headers)
        if cors is self._shared and origin is not None:
            cors.allow_explicit_origin(headers, origin)
        else:
            headers.add_vary_header("Origin")

    def _rules(self, exchange: Exchange) -> tuple[CORSMiddleware | None, str | None]:
        """What holds for the origin that a request names, and that origin."""
        path = exchange.scope["path"]
        sent = exchange.headers.get(b"origin")
        origin = None if sent is None else sent.decode("latin-1")
        if path in PLUGIN_PATHS:
            return self._anybody, origin
        is_shared = origin in self._origins and path.startswith(SHARED_PATHS)
        return (self._shared if is_shared else None), origin


async def _nobody(scope: Scope, receive: Receive, send: Send) -> None:
    """Stands for an app where only the rules for its headers are wanted."""
