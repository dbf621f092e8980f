"""Bodies for the framework's routes: nobody's body is read before it is known who sends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request
from starlette.types import Message, Receive, Scope

from fluxstudio.errors import InvalidRequest, InvalidToken, MissingToken
from fluxstudio.faces.authentication import authenticator_of
from fluxstudio.faces.webhooks.intake import KILOBYTE, MEGABYTE, Pace, discard, too_large

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class BodyPolicy:
    """What a route reads: bodies of `largest` bytes at most, at a pace, and whether also a stranger's."""

    largest: int
    pace: Pace
    strangers: bool = False


USUAL = BodyPolicy(MEGABYTE, Pace(grace=5, longest=20, rate=4 * KILOBYTE))
# The framework keeps a file on disk while it arrives.
UPLOAD = BodyPolicy(64 * MEGABYTE, Pace(grace=5, longest=300, rate=16 * KILOBYTE))
EXPORTS = BodyPolicy(16 * MEGABYTE, Pace(grace=5, longest=120, rate=16 * KILOBYTE))
# Read once the code that comes with it was found good.
PLUGIN_MESSAGE = BodyPolicy(16 * MEGABYTE, Pace(grace=5, longest=120, rate=16 * KILOBYTE), strangers=True)
STRANGERS_FORM = BodyPolicy(16 * KILOBYTE, Pace(grace=5, longest=10, rate=4 * KILOBYTE), strangers=True)
# A connection is kept after an answer only where so little is left unread.
MOST_UNREAD = 64 * KILOBYTE


def reads(policy: BodyPolicy) -> Callable[[Endpoint], Endpoint]:
    """Declare what a route reads, where that is not `USUAL`."""

    def declared(endpoint: Endpoint) -> Endpoint:
        endpoint.body_policy = policy  # type: ignore[attr-defined]
        return endpoint

    return declared


class DeferredBody:
    """A receive channel that begins to read once it is known whose body it is.

    The first message of a body is where a route begins to read, be it by itself or through the framework.
    Raises `MissingToken`, `InvalidToken`, `RateLimited`, `TooLarge`, and `InvalidRequest` for a slow body.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        self._announced = int(length) if length.isdigit() else 0
        self._more = self._announced > 0 or b"transfer-encoding" in headers
        self._endless = self._more and not self._announced
        self._policy: BodyPolicy | None = None
        self._began = 0.0
        self._size = 0

    @property
    def left_unread(self) -> bool:
        """Whether more of the body may be on its way than is worth waiting for."""
        return self._more and (self._endless or self._announced - self._size > MOST_UNREAD)

    async def __call__(self) -> Message:
        if not self._more:
            return await self._receive()
        policy = self._policy or await self._begin()
        try:
            async with asyncio.timeout_at(self._began + policy.pace.deadline(self._size)):
                message = await self._receive()
        except TimeoutError:
            raise InvalidRequest("The body arrived too slowly. Send it again, all at once.") from None
        if message["type"] == "http.request":
            self._more = message.get("more_body", False)
            self._size += len(message.get("body", b""))
            if self._size > policy.largest:
                raise too_large(policy.largest)
        return message

    async def discard(self) -> None:
        """Throw away what still arrives, within bounds, so that whoever sends it can read the answer."""
        if self._more:
            await discard(self._receive)

    async def _begin(self) -> BodyPolicy:
        policy: BodyPolicy = getattr(self._scope.get("endpoint"), "body_policy", USUAL)
        if not policy.strangers:
            await _require_sender(Request(self._scope))
        if self._announced > policy.largest:
            raise too_large(policy.largest)
        self._policy, self._began = policy, asyncio.get_running_loop().time()
        return policy


async def _require_sender(request: Request) -> None:
    authenticator = authenticator_of(request)
    try:
        if await authenticator.actor_or_none(request) is None:
            raise MissingToken
    except (MissingToken, InvalidToken):
        await authenticator.count(request, None)
        raise
