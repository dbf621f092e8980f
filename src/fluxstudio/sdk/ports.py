"""What is kept between the calls of operations: answers, and what is remembered of a connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from fluxstudio.sdk.operation import Operation


class EtagCache(Protocol):
    """Answers kept with their ETag, so that asking again costs the provider and its budget nothing."""

    async def recall(self, url: str) -> tuple[str, bytes] | None:
        """(ETag, body) of an earlier answer."""

    async def keep(self, url: str, etag: str, body: bytes) -> None:
        """Keep an answer."""


class ResponseCache(Protocol):
    """Answers to the provider's reads, kept for this grant as long as they are fresh."""

    async def recall(self, operation: Operation, arguments: Mapping[str, Any]) -> Any | None:
        """The answer to these checked arguments, or None where none is fresh."""

    async def keep(self, operation: Operation, arguments: Mapping[str, Any], answer: Any) -> None:
        """Keep an answer."""


class ConnectionStore(Protocol):
    """What operations remember of a connection; survives a reconnect."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Everything remembered, by name."""

    @property
    def mark(self) -> str:
        """A few letters that tell this connection from all others, and nothing of it."""

    async def remember(self, name: str, value: Any) -> None:
        """Keep a JSON value under a name."""

    async def keep_webhook(
        self, webhook_id: str, secret: str, details: Mapping[str, Any], *, signs: bool = False
    ) -> None:
        """Keep what proves a webhook's events.

        A passcode that comes along with them is kept as a digest, a secret that the provider `signs` with
        sealed.
        """

    async def forget_webhook(self, webhook_id: str) -> None:
        """Forget a webhook that was removed."""
