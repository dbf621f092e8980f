"""Where a simulated provider sends people back to: the addresses its app registered, matched as it does."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

# Whether an address that is asked for is covered by one that is registered.
Match = Callable[[SplitResult, SplitResult], bool]


def exactly(registered: SplitResult, requested: SplitResult) -> bool:
    """Nothing but the registered address."""
    return registered == requested


def at_or_below(registered: SplitResult, requested: SplitResult) -> bool:
    """The registered address, or a path below it."""
    same_place = (registered.scheme, registered.netloc) == (requested.scheme, requested.netloc)
    return same_place and _below(registered.path, requested.path)


def at_or_below_on_any_loopback_port(registered: SplitResult, requested: SplitResult) -> bool:
    """The registered address or a path below it; the port counts only away from the loopback."""
    if registered.hostname in LOOPBACK:
        same_host = (registered.scheme, registered.hostname) == (requested.scheme, requested.hostname)
        return same_host and _below(registered.path, requested.path)
    return at_or_below(registered, requested)


def _below(path: str, requested_path: str) -> bool:
    segments = requested_path.split("/")
    return ".." not in segments and (
        requested_path == path or requested_path.startswith(f"{path.rstrip('/')}/")
    )


class Redirects:
    """The registered redirect addresses of one app.

    Until one is registered any address on the loopback will do, so that a simulator can be tried at once.
    """

    def __init__(self, match: Match) -> None:
        self._match = match
        self.registered: list[str] = []

    def register(self, address: str) -> None:
        """Take an address for a good one from now on."""
        if address not in self.registered:
            self.registered.append(address)

    def allows(self, address: str) -> bool:
        """Whether people may be sent there."""
        requested = _parts(address)
        if requested is None:
            return False
        if not self.registered:
            return requested.hostname in LOOPBACK
        return any(self._match(urlsplit(entry), requested) for entry in self.registered)


def _parts(address: str) -> SplitResult | None:
    """The parts of a web address without a user's name or a fragment; None for anything else."""
    try:
        parts = urlsplit(address)
        port_is_readable = parts.port is None or parts.port > 0
    except ValueError:
        return None
    plain = parts.scheme in {"http", "https"} and "@" not in parts.netloc and "#" not in address
    return parts if plain and parts.hostname and port_is_readable else None
