"""A provider's rate limits, as declared and as its answers report them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` in any `seconds`, for one grant.

    With `max_wait_seconds` they are spread evenly instead, and each waits for its turn if that comes within
    so many seconds. `within` names a wider limit that these calls count for as well.
    """

    calls: int
    seconds: float
    max_wait_seconds: float = 0
    within: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer said of a budget: calls left, and in how many seconds it is full again."""

    remaining: int
    resets_in: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long one exchange may take in seconds, and how large its decoded answer may be in bytes.

    None leaves the bounds that hold for every call. `advice` completes “The answer is too large.” with what
    to ask for instead.
    """

    seconds: float | None = None
    most: int | None = None
    advice: str = "Ask for less at once."


USUAL_BOUNDS = Bounds()


class Budget(Protocol):
    """The rate budget of one grant, shared by every process."""

    async def spend(self, bucket: str, limit: Limit | None) -> float:
        """Take one call from a bucket; in how many seconds its turn is: 0 for a limit without patience.

        Raises `ProviderRateLimited` when it is empty or blocked.
        """

    async def note(self, bucket: str, usage: Usage) -> None:
        """Remember what the provider reported."""

    async def block(self, bucket: str, seconds: float) -> None:
        """Remember that the provider asked us to wait."""


def retry_after(headers: Mapping[str, str], default: float) -> float:
    """Seconds of a `Retry-After` header, or `default` where it is missing or unreadable."""
    try:
        return max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        return default
