"""What operations reach of the product: answers, what is remembered of a connection, and its syncs."""

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


class SyncRunner(Protocol):
    """Runs syncs of design tokens that write through one connection."""

    async def run(self, sync: str | None) -> Mapping[str, Any]:
        """Run the sync of this id, or the only one: `{outcome, url, summary, changes, conflicts, proposal}`.

        `outcome` is nothing, pull_request or held, and `proposal` what the host answered of the pull request,
        with its `branch`, or None. Raises `NotFound` where no sync of that id writes there, `InvalidRequest`
        where none is named and there are several, `Conflict` while it runs, and the product's errors.
        """


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
