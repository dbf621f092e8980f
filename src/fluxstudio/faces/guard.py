"""What every answer carries and every request has to pass, ahead of the framework."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable

from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxstudio.errors import InvalidRequest, TooLarge

LARGEST_JSON = 1024 * 1024
LARGEST_UPLOAD = 64 * 1024 * 1024
# Seconds that each further part of a body may take.
PATIENCE = 20.0
LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


Header = tuple[bytes, bytes]
POLICY = b"content-security-policy"
TOLD: Header = (b"referrer-policy", b"strict-origin-when-cross-origin")
UNTOLD: Header = (b"referrer-policy", b"no-referrer")
TRANSPORT: Header = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
FIXED: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Nonce:
    """What lets the scripts of one page run: 128 random bits, drawn when a page asks for them."""

    def __init__(self) -> None:
        self._value = ""

    @property
    def used(self) -> bool:
        """Whether a page asked."""
        return bool(self._value)

    @property
    def value(self) -> str:
        """The nonce of this answer."""
        self._value = self._value or secrets.token_urlsafe(16)
        return self._value


class Guard:
    """ASGI middleware: security headers with a nonce for each answer, a cap on bodies, one host name.

    `images` and `forms` are origins that pages may show pictures from, and that a form may lead on to.
    """

    def __init__(
        self, app: ASGIApp, *, base_url: str, images: Iterable[str] = (), forms: Iterable[str] = ()
    ) -> None:
        self._app = app
        self._base_url = base_url
        self._host = base_url.split("//", 1)[1].split("/", 1)[0]
        self._images = " ".join(["'self'", "data:", *images])
        self._forms = " ".join(["'self'", *forms])
        self._plain_policy = self._policy("")
        self._fixed = (*FIXED, *([TRANSPORT] if base_url.startswith("https://") else []))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        nonce = Nonce()
        scope.setdefault("state", {})["nonce"] = nonce

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(message, scope["path"], nonce)
            await send(message)

        elsewhere = self._elsewhere(scope, headers.get(b"host", b"").decode("latin-1"))
        if elsewhere is not None:
            await RedirectResponse(elsewhere, 307)(scope, receive, sealed)
            return
        upload = headers.get(b"content-type", b"").startswith(b"multipart/")
        most = LARGEST_UPLOAD if upload else LARGEST_JSON
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > most:
            await _too_large(most)(scope, receive, sealed)
            return
        await self._app(scope, _Capped(receive, most), sealed)

    def _elsewhere(self, scope: Scope, host: str) -> str | None:
        """The same page under our own name, for a person who came by another name of this machine."""
        ours, theirs = self._host.rpartition(":"), host.rpartition(":")
        aliases = ours[0] in LOOPBACK and theirs[0] in LOOPBACK and ours[2] == theirs[2]
        if (
            not aliases
            or ours[0] == theirs[0]
            or scope["method"] != "GET"
            or scope["path"].startswith("/api")
        ):
            return None
        query = scope["query_string"].decode("latin-1")
        return f"{self._base_url}{scope['path']}{'?' + query if query else ''}"

    def _add_headers(self, message: Message, path: str, nonce: Nonce) -> None:
        present = {name for name, _ in message["headers"]}
        # The address of a callback holds a code.
        told = UNTOLD if path.endswith("/callback") else TOLD
        policy = (POLICY, self._policy(nonce.value) if nonce.used else self._plain_policy)
        message["headers"] += [header for header in (policy, told, *self._fixed) if header[0] not in present]

    def _policy(self, nonce: str) -> bytes:
        """What a page may do. Nothing runs and no style of its own counts without the nonce."""
        scripts, styles = (f"'nonce-{nonce}'", f" 'nonce-{nonce}'") if nonce else ("'none'", "")
        return (
            f"default-src 'none'; script-src {scripts}; style-src 'self'{styles}; "
            f"img-src {self._images}; font-src 'self'; connect-src 'self'; form-action {self._forms}; "
            "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
        ).encode()


class _Capped:
    """A receive channel for a body of so many bytes at most, which has to go on arriving."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most
        self._most = most
        self._more = True

    async def __call__(self) -> Message:
        if not self._more:
            return await self._receive()
        try:
            async with asyncio.timeout(PATIENCE):
                message = await self._receive()
        except TimeoutError:
            raise InvalidRequest(f"Nothing of the body arrived for {PATIENCE:.0f} seconds.") from None
        if message["type"] == "http.request":
            self._more = message.get("more_body", False)
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise TooLarge(f"This is larger than {self._most // 1048576} MB. Send less.")
        return message


def _too_large(most: int) -> JSONResponse:
    return JSONResponse(TooLarge(f"This is larger than {most // 1048576} MB. Send less.").body(), 413)
