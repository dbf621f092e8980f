"""Only hosts that are ours are served.

A website can let its own name lead to this machine once a page of it is open (DNS rebinding), and that page
may then read whatever answers. It can do so with a name only: an IP address means itself, and `localhost`
never leaves the machine of whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from fluxstudio.errors import Misdirected
from fluxstudio.faces.middleware.https import OPEN
from fluxstudio.faces.middleware.proxies import address_of
from fluxstudio.kit.addresses import is_loopback_host
from fluxstudio.kit.web_address import host_of, ip_of, is_loopback

log = structlog.get_logger(__name__)

# What proxies add: whoever called one of them is not on this machine.
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
HEADERS = {"x-content-type-options": "nosniff", "cache-control": "no-store"}


class AllowedHosts:
    """ASGI middleware that serves these names, IP addresses, and loopback names on the loopback.

    What balancers and Prometheus ask for is answered under any name: it checks by itself who may read it.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str], base_url: str) -> None:
        self._app = app
        self._names = frozenset(names)
        self._base_url = base_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN or self._serves(scope):
            await self._app(scope, receive, send)
            return
        log.warning("host_not_served", address=(scope.get("client") or ("",))[0])
        error = Misdirected(
            f"This is not served under the host name you used. Use {self._base_url}; or let the "
            "proxy in between pass the Host header on, or add the name to ALLOWED_HOSTS."
        )
        await JSONResponse(error.body(), error.status, HEADERS)(scope, receive, send)

    def _serves(self, scope: Scope) -> bool:
        sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        host = host_of(sent[0]) if len(sent) == 1 else None
        if host is None:
            return False
        if host in self._names or ip_of(host) is not None:
            return True
        here = scope.get("server")
        return is_loopback(host) and (here is None or is_loopback(str(here[0])))


def on_this_machine(request: Request) -> bool:
    """Whether the caller runs here, with no proxy in between and no name that a website could choose."""
    if request.scope["state"].get("proxied") or any(name in request.headers for name in FORWARDED):
        return False
    return is_loopback_host(request.headers.get("host", "")) and is_loopback(address_of(request) or "")
