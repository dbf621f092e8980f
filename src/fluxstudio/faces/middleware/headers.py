"""The headers that every answer carries, whoever gives it."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import Message

from fluxstudio.faces.middleware.pipeline import Exchange, Stage
from fluxstudio.kit.trace import current_request

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


def add_missing(start: Message, headers: Iterable[Header]) -> None:
    """Add headers to the head of an answer that has none of their names."""
    own: list[Header] = start["headers"]
    present = {name for name, _ in own}
    own += [header for header in headers if header[0] not in present]


class SecurityHeaders(Stage):
    """Adds what an answer lacks, whoever gives it."""

    def __init__(self, base_url: str) -> None:
        transport = [TRANSPORT] if base_url.startswith("https://") else []
        self._apart, self._with_opener = (
            (NOTHING, NO_REFERRER, *FIXED, *transport, opener) for opener in (APART, WITH_OPENER)
        )

    def leave(self, exchange: Exchange, start: Message) -> None:
        scope = exchange.arrived
        headers = self._with_opener if keeps_opener(scope["method"], scope["path"]) else self._apart
        add_missing(start, (*headers, (b"x-request-id", current_request().encode())))
