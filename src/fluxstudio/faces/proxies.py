"""Who calls, as proxies that we trust tell it; what others say of themselves is not believed."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")


class TrustedProxies:
    """ASGI middleware: client address, scheme and host from the `X-Forwarded-…` headers of trusted proxies.

    Each proxy adds the address that called it at the end of `X-Forwarded-For`. Read from there, the first
    that is not a proxy of ours is the client's: whatever stands before it, the client may have made up.
    `scope["state"]["proxied"]` says that a trusted proxy is in between.
    """

    def __init__(self, app: ASGIApp, networks: Iterable[Network]) -> None:
        self._app = app
        self._networks = tuple(networks)
        self._trusts = lru_cache(maxsize=4096)(self._is_ours)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("client") and self._trusts(scope["client"][0]):
            scope = self._forwarded(scope)
        await self._app(scope, receive, send)

    def _forwarded(self, scope: Scope) -> Scope:
        said = _last(scope, b"x-forwarded-proto").lower()
        host = _last(scope, b"x-forwarded-host")
        headers = scope["headers"]
        if HOST.fullmatch(host):
            headers = [(name, value) for name, value in headers if name != b"host"]
            headers.append((b"host", host.encode()))
        return {
            **scope,
            "client": (self._client(scope), 0),
            "scheme": said if said in {"http", "https"} else scope["scheme"],
            "headers": headers,
            "state": {**scope.get("state", {}), "proxied": True},
        }

    def _client(self, scope: Scope) -> str:
        nearest: str = scope["client"][0]
        for hop in reversed(_all(scope, b"x-forwarded-for")):
            found = _address(hop)
            if found is None:
                break
            nearest = found
            if not self._trusts(found):
                break
        return nearest

    def _is_ours(self, address: str) -> bool:
        found = _address(address)
        return found is not None and any(ipaddress.ip_address(found) in network for network in self._networks)


def _all(scope: Scope, name: bytes) -> list[str]:
    values = b",".join(value for header, value in scope["headers"] if header == name)
    return [part.strip() for part in values.decode("latin-1").split(",") if part.strip()]


def _last(scope: Scope, name: bytes) -> str:
    return (_all(scope, name) or [""])[-1]


def _address(text: str) -> str | None:
    """The IP address in `1.2.3.4`, `1.2.3.4:567`, `2001:db8::1` or `[2001:db8::1]:567`, or None."""
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::\d+)?", text)
    bare = bracketed[1] if bracketed else text.partition(":")[0] if text.count(":") == 1 else text
    try:
        ip = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return str((ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None) or ip)


def address_of(request: Request) -> str | None:
    """The client's IP address, or None where there is none, as behind a Unix socket."""
    return _address(request.client.host) if request.client else None
