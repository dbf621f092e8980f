"""What every answer carries and every request has to pass, ahead of the framework."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxstudio.faces.middleware.bodies import DeferredBody
from fluxstudio.faces.middleware.headers import NO_REFERRER, POLICY, REFERRER
from fluxstudio.kit.addresses import is_loopback_host


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


class SecurityMiddleware:
    """ASGI middleware: a policy with a nonce for each page, bodies of known senders, one host name.

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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        nonce = Nonce()
        scope.setdefault("state", {})["nonce"] = nonce
        body = DeferredBody(scope, receive)

        closes = ends = False

        async def sealed(message: Message) -> None:
            nonlocal closes, ends
            if message["type"] == "http.response.start":
                self._add_headers(message, scope["path"], nonce)
                closes = body.left_unread
                if closes:
                    message["headers"].append((b"connection", b"close"))
            elif closes and not message.get("more_body", False):
                # The server closes at the end of an answer.
                ends, message = True, {**message, "more_body": True}
            await send(message)

        elsewhere = self._elsewhere(scope, headers.get(b"host", b"").decode("latin-1"))
        app = self._app if elsewhere is None else RedirectResponse(elsewhere, 307)
        await app(scope, body, sealed)
        if ends:
            await body.discard()
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _elsewhere(self, scope: Scope, host: str) -> str | None:
        """The same page under our own name, for a person who came by another name of this machine."""
        if scope["path"].startswith("/api") or scope["method"] != "GET":
            return None
        ours, theirs = self._host.rpartition(":"), host.rpartition(":")
        aliases = is_loopback_host(self._host) and is_loopback_host(host) and ours[2] == theirs[2]
        if not aliases or ours[0] == theirs[0]:
            return None
        query = scope["query_string"].decode("latin-1")
        return f"{self._base_url}{scope['path']}{'?' + query if query else ''}"

    def _add_headers(self, message: Message, path: str, nonce: Nonce) -> None:
        present = {name for name, _ in message["headers"]}
        # The address of a callback holds a code.
        referrer = NO_REFERRER if path.endswith("/callback") else REFERRER
        policy = (POLICY, self._policy(nonce.value) if nonce.used else self._plain_policy)
        message["headers"] += [header for header in (policy, referrer) if header[0] not in present]

    def _policy(self, nonce: str) -> bytes:
        """What a page may do. Nothing runs and no style of its own counts without the nonce."""
        scripts, styles = (f"'nonce-{nonce}'", f" 'nonce-{nonce}'") if nonce else ("'none'", "")
        return (
            f"default-src 'none'; script-src {scripts}; style-src 'self'{styles}; "
            f"img-src {self._images}; font-src 'self'; connect-src 'self'; form-action {self._forms}; "
            "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
        ).encode()
