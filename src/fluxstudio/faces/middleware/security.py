"""What pages may do, whose bodies are read, and the one name that pages are served under."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from functools import lru_cache

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message

from fluxstudio.faces.middleware.bodies import DeferredBody
from fluxstudio.faces.middleware.headers import NO_REFERRER, POLICY, REFERRER, add_missing
from fluxstudio.faces.middleware.pipeline import Exchange, Stage
from fluxstudio.kit.addresses import is_loopback_host


class Nonce:
    """What lets the scripts of one page run: 128 random bits, drawn when a page asks for them."""

    __slots__ = ("_value",)

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


class SecurityMiddleware(Stage):
    """A policy with a nonce for each page, and bodies of known senders.

    `images` and `forms` are origins that pages may show pictures from, and that a form may lead on to.
    """

    def __init__(self, images: Iterable[str] = (), forms: Iterable[str] = ()) -> None:
        self._images = " ".join(["'self'", "data:", *images])
        self._forms = " ".join(["'self'", *forms])
        self._plain_policy = self._policy("")

    def enter(self, exchange: Exchange) -> ASGIApp | None:
        exchange.scope.setdefault("state", {})["nonce"] = Nonce()
        if b"content-length" in exchange.headers or b"transfer-encoding" in exchange.headers:
            exchange.receive = DeferredBody(exchange.scope, exchange.receive)
        return None

    def leave(self, exchange: Exchange, start: Message) -> None:
        nonce: Nonce = exchange.scope["state"]["nonce"]
        # The address of a callback holds a code.
        referrer = NO_REFERRER if exchange.scope["path"].endswith("/callback") else REFERRER
        policy = (POLICY, self._policy(nonce.value) if nonce.used else self._plain_policy)
        add_missing(start, (policy, referrer))
        body = exchange.receive
        if isinstance(body, DeferredBody) and body.left_unread:
            start["headers"].append((b"connection", b"close"))
            _HeldEnd(exchange, body)

    def _policy(self, nonce: str) -> bytes:
        """What a page may do. Nothing runs and no style of its own counts without the nonce."""
        scripts, styles = (f"'nonce-{nonce}'", f" 'nonce-{nonce}'") if nonce else ("'none'", "")
        return (
            f"default-src 'none'; script-src {scripts}; style-src 'self'{styles}; "
            f"img-src {self._images}; font-src 'self'; connect-src 'self'; form-action {self._forms}; "
            "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
        ).encode()


class _HeldEnd:
    """Holds back the end of an answer, where the server closes, while more of the request arrives."""

    def __init__(self, exchange: Exchange, body: DeferredBody) -> None:
        self._body = body
        self._send = exchange.send
        self._ended = False
        exchange.send, exchange.finish = self._until_end, self._end

    async def _until_end(self, message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._ended, message = True, {**message, "more_body": True}
        await self._send(message)

    async def _end(self) -> None:
        if self._ended:
            await self._body.discard()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


class OneHostName(Stage):
    """Leads people who came by another name of this machine to the same page under our own name."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._host = base_url.split("//", 1)[1].split("/", 1)[0]
        self._is_alias = lru_cache(maxsize=1024)(self._names_this_machine)

    def enter(self, exchange: Exchange) -> ASGIApp | None:
        scope = exchange.scope
        if scope["path"].startswith("/api") or scope["method"] != "GET":
            return None
        if not self._is_alias(exchange.headers.get(b"host", b"")):
            return None
        query = scope["query_string"].decode("latin-1")
        return RedirectResponse(f"{self._base_url}{scope['path']}{'?' + query if query else ''}", 307)

    def _names_this_machine(self, header: bytes) -> bool:
        host = header.decode("latin-1")
        ours, theirs = self._host.rpartition(":"), host.rpartition(":")
        is_loopback = is_loopback_host(self._host) and is_loopback_host(host)
        return is_loopback and ours[2] == theirs[2] and ours[0] != theirs[0]
