"""Who calls, as proxies that we trust tell it; what others say of themselves is not believed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from starlette.requests import Request
from starlette.types import ASGIApp, Scope

from fluxstudio.faces.middleware.pipeline import Exchange, Stage
from fluxstudio.kit.addresses import IpNetwork, parse_address, plain_address, plain_network

HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")


class TrustedProxies(Stage):
    """Takes client address, scheme and host from the `X-Forwarded-…` headers of trusted proxies.

    Each proxy adds the address that called it at the end of `X-Forwarded-For`. Read from there, the first
    that is not a proxy of ours is the client's: whatever stands before it, the client may have made up.
    `X-Forwarded-Proto` and `X-Forwarded-Host` are walked alike, as many entries as there are trusted hops;
    where there are fewer, because a proxy passes on or replaces what was there, the first one counts.
    `Forwarded` (RFC 7239) is not read: what a proxy does not write, its clients could.
    `scope["state"]["proxied"]` says that a trusted proxy is in between.
    """

    def __init__(self, networks: Iterable[IpNetwork]) -> None:
        self._networks = tuple(plain_network(network) for network in networks)
        self._trusts = lru_cache(maxsize=4096)(self._is_ours)

    def enter(self, exchange: Exchange) -> ASGIApp | None:
        scope = exchange.scope
        if scope.get("client") and self._trusts(scope["client"][0]):
            exchange.rewrite(self._forwarded(scope))
        return None

    def _forwarded(self, scope: Scope) -> Scope:
        client, hops = self._client(scope["client"][0], _entries(scope, b"x-forwarded-for"))
        scheme = _at_hop(_entries(scope, b"x-forwarded-proto"), hops).lower()
        host = _at_hop(_entries(scope, b"x-forwarded-host"), hops)
        headers = scope["headers"]
        if HOST.fullmatch(host):
            headers = [(name, value) for name, value in headers if name != b"host"]
            headers.append((b"host", host.encode()))
        return {
            **scope,
            "client": (client, 0),
            "scheme": scheme if scheme in {"http", "https"} else scope["scheme"],
            "headers": headers,
            "state": {**scope.get("state", {}), "proxied": True},
        }

    def _client(self, peer: str, forwarded_for: Sequence[str]) -> tuple[str, int]:
        """The client's address, and how many trusted proxies wrote a header on the way from there."""
        nearest, hops = peer, 1
        for place, entry in enumerate(reversed(forwarded_for), 1):
            address = parse_address(entry)
            if address is None:
                break
            nearest, hops = str(address), place
            if not self._trusts(nearest):
                break
        return nearest, hops

    def _is_ours(self, address: str) -> bool:
        ip = parse_address(address)
        return ip is not None and any(ip in network for network in self._networks)


def _entries(scope: Scope, name: bytes) -> list[str]:
    values = b",".join(value for header, value in scope["headers"] if header == name)
    return [part.strip() for part in values.decode("latin-1").split(",") if part.strip()]


def _at_hop(entries: Sequence[str], hops: int) -> str:
    """What the farthest of so many trusted proxies wrote, counted from the end."""
    return entries[max(0, len(entries) - hops)] if entries else ""


def address_of(request: Request) -> str | None:
    """The client's IP address, or None where there is none, as behind a Unix socket."""
    client = request.scope.get("client")
    return plain_address(client[0]) if client else None
