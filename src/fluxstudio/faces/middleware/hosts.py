"""Only hosts that are ours are served.

A website can let its own name lead to this machine once a page of it is open (DNS rebinding), and that page
may then read whatever answers. It can do so with a name only: an IP address means itself, and `localhost`
never leaves the machine of whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Scope

from fluxstudio.errors import Misdirected
from fluxstudio.faces.middleware.https import OPEN
from fluxstudio.faces.middleware.pipeline import Exchange, Stage
from fluxstudio.faces.middleware.proxies import address_of
from fluxstudio.kit.addresses import is_loopback_host
from fluxstudio.kit.web_address import host_of, ip_of, is_loopback

log = structlog.get_logger(__name__)

# What proxies add: whoever called one of them is not on this machine.
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
HEADERS = {"x-content-type-options": "nosniff", "cache-control": "no-store"}


class AllowedHosts(Stage):
    """Serves these names, IP addresses, and loopback names on the loopback.

    What balancers and Prometheus ask for is answered under any name: it checks by itself who may read it.
    """

    def __init__(self, names: Iterable[str], base_url: str) -> None:
        self._names = frozenset(names)
        self._base_url = base_url
        self._serves = lru_cache(maxsize=1024)(self._is_ours)

    def enter(self, exchange: Exchange) -> ASGIApp | None:
        scope = exchange.scope
        here = scope.get("server")
        if self._serves(_host_sent(scope), here and here[0]) or scope["path"] in OPEN:
            return None
        log.warning("host_not_served", address=(scope.get("client") or ("",))[0])
        error = Misdirected(
            f"This is not served under the host name you used. Use {self._base_url}; or let the "
            "proxy in between pass the Host header on, or add the name to ALLOWED_HOSTS."
        )
        return JSONResponse(error.body(), error.status, HEADERS)

    def _is_ours(self, header: bytes, here: str | None) -> bool:
        host = host_of(header.decode("latin-1"))
        if host is None:
            return False
        if host in self._names or ip_of(host) is not None:
            return True
        return is_loopback(host) and (here is None or is_loopback(str(here)))


def _host_sent(scope: Scope) -> bytes:
    """The one `Host` header of a request, empty where there is none or several."""
    sent = [value for name, value in scope["headers"] if name == b"host"]
    return sent[0] if len(sent) == 1 else b""


def on_this_machine(request: Request) -> bool:
    """Whether the caller runs here, with no proxy in between and no name that a website could choose."""
    if request.scope["state"].get("proxied") or any(name in request.headers for name in FORWARDED):
        return False
    return is_loopback_host(request.headers.get("host", "")) and is_loopback(address_of(request) or "")
