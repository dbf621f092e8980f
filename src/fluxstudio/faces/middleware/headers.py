"""The headers that every answer carries, whoever gives it."""

from __future__ import annotations

import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxstudio.errors import FluxStudioError
from fluxstudio.kit.request_id import current_request

log = structlog.get_logger(__name__)

Header = tuple[bytes, bytes]

POLICY = b"content-security-policy"
# For what is no page of ours: nothing loads, and nothing shows it in a frame.
NOTHING: Header = (POLICY, b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
REFERRER: Header = (b"referrer-policy", b"strict-origin-when-cross-origin")
NO_REFERRER: Header = (b"referrer-policy", b"no-referrer")
TRANSPORT: Header = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
FIXED: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cache-control", b"no-store"),
)
OPENER = b"cross-origin-opener-policy"
APART: Header = (OPENER, b"same-origin")
# Where a pop-up of another origin comes through: a redirect or an error there must not cut it off its opener.
WITH_OPENER: Header = (OPENER, b"unsafe-none")
UNFORESEEN = "Something went wrong on our side. Nothing more is known here; try again."


def keeps_opener(method: str, path: str) -> bool:
    """Whether a page at this path may have been opened by a page of another origin that waits for it.

    Browsers open a callback with GET; a program that hands one over with POST has no window.
    """
    is_callback = path.startswith("/api/integrations/") and path.rstrip("/").endswith("/callback")
    return (
        (is_callback and method in {"GET", "HEAD"})
        or path.rstrip("/") == "/connected"
        or path.startswith("/connect/")
    )


class SecurityHeaders:
    """ASGI middleware around everything else: adds what an answer lacks, and answers where nothing did."""

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        self._app = app
        transport = [TRANSPORT] if base_url.startswith("https://") else []
        self._headers = (NOTHING, NO_REFERRER, *FIXED, *transport)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False
        request_id = (b"x-request-id", current_request().encode())

        async def sealed(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = message["headers"]
                present = {name for name, _ in headers}
                opener = WITH_OPENER if keeps_opener(scope["method"], scope["path"]) else APART
                message["headers"] = [
                    *headers,
                    *(header for header in (*self._headers, opener, request_id) if header[0] not in present),
                ]
            await send(message)

        try:
            await self._app(scope, receive, sealed)
        except Exception as error:
            if has_begun:
                raise
            log.error("unforeseen", path=scope["path"], kind=type(error).__name__, exc_info=error)
            answer = FluxStudioError(UNFORESEEN)
            await JSONResponse(answer.body(), answer.status)(scope, receive, sealed)
