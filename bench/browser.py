"""A person's browser at three servers: cookies, redirects, and the consent page."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Self
from urllib.parse import urlencode, urlsplit

from bench.wire import Answer, Refused, Wire, request, wires

CONSENT = urlencode({"decision": "allow"})
FORM = {"content-type": "application/x-www-form-urlencoded"}


class Browser:
    """Keeps one connection and the cookies of each server it has been to."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._wires: dict[str, Wire] = {}
        self._cookies: dict[str, dict[str, str]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def cookies(self, url: str) -> str:
        """The cookie header for a server."""
        names = self._cookies.get(urlsplit(url).netloc, {})
        return "; ".join(f"{name}={value}" for name, value in names.items())

    async def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        expect: int = 200,
    ) -> Answer:
        """One request with the cookies of its server. Raises `Refused` for another status."""
        place = urlsplit(url).netloc
        if place not in self._wires or self._wires[place].closed:
            [self._wires[place]] = await self._stack.enter_async_context(wires(url, 1))
        cookies = self.cookies(url)
        sent = {**(headers or {}), **({"cookie": cookies} if cookies else {})}
        answer = await self._wires[place].ask(request(method, url, sent, body))
        for cookie in answer.headers("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies.setdefault(place, {})[name] = value
        if answer.status != expect:
            raise Refused(f"{method} {urlsplit(url).path} answered {answer.status}: {answer.body[:300]!r}")
        return answer

    async def allow(self, authorization_url: str, account: str) -> str:
        """Answer the consent page; where it leads back to."""
        form = f"choice={account}&{CONSENT}".encode()
        answer = await self.ask("POST", authorization_url, FORM, form, expect=302)
        return answer.headers("location")[0]
