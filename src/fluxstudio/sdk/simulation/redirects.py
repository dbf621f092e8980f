"""Where a simulated provider sends people back to: the addresses its app registered, matched as it does."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

# Whether an address that is asked for is covered by one that is registered.
Match = Callable[[SplitResult, SplitResult], bool]


def exactly(registered: SplitResult, asked: SplitResult) -> bool:
    """Nothing but the registered address."""
    return registered == asked


def at_or_below(registered: SplitResult, asked: SplitResult) -> bool:
    """The registered address, or a path below it."""
    same_place = (registered.scheme, registered.netloc) == (asked.scheme, asked.netloc)
    return same_place and _below(registered.path, asked.path)


def at_or_below_on_any_loopback_port(registered: SplitResult, asked: SplitResult) -> bool:
    """The registered address or a path below it; the port counts only away from the loopback."""
    if registered.hostname in LOOPBACK:
        same_host = (registered.scheme, registered.hostname) == (asked.scheme, asked.hostname)
        return same_host and _below(registered.path, asked.path)
    return at_or_below(registered, asked)


def _below(path: str, asked: str) -> bool:
    segments = asked.split("/")
    return ".." not in segments and (asked == path or asked.startswith(f"{path.rstrip('/')}/"))


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
        asked = _parts(address)
        if asked is None:
            return False
        if not self.registered:
            return asked.hostname in LOOPBACK
        return any(self._match(urlsplit(entry), asked) for entry in self.registered)


def _parts(address: str) -> SplitResult | None:
    """The parts of a web address without a user's name or a fragment; None for anything else."""
    try:
        parts = urlsplit(address)
        port_is_readable = parts.port is None or parts.port > 0
    except ValueError:
        return None
    plain = parts.scheme in {"http", "https"} and "@" not in parts.netloc and "#" not in address
    return parts if plain and parts.hostname and port_is_readable else None
