"""Where providers tell us what happened: raw ASGI, ahead of the framework and its costs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxstudio.core.registry import Registry
from fluxstudio.errors import FluxStudioError, InvalidRequest, TooLarge, Unavailable
from fluxstudio.flows.receive import Reception

# Bytes of bodies that may be held at once by all requests together, and seconds for one to arrive.
MOST_HELD = 64 * 1024 * 1024
PATIENCE = 10.0

PLAIN = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
# There is nothing in it to keep or to mistake.
DONE = [(b"content-length", b"0")]


class Hooks:
    """ASGI app that answers the addresses of webhooks: 200 only after the event is committed."""

    def __init__(self, reception: Reception, registry: Registry) -> None:
        self._reception = reception
        self._held = 0
        self._addresses = {
            f"/api/integrations/{entry.provider.id}/{path}": (entry.provider.id, path, webhook.largest)
            for entry in registry
            if (webhook := entry.provider.webhook) is not None
            for path in ("webhook", *webhook.paths)
        }

    def ahead_of(self, app: ASGIApp, hooks: ASGIApp) -> ASGIApp:
        """An app that hands what is posted to a webhook's address to `hooks`, and all else to `app`."""

        async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
            ours = scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in self._addresses
            await (hooks if ours else app)(scope, receive, send)

        return dispatch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        provider, path, largest = self._addresses[scope["path"]]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        # Bytes of the body held, and whether there is more of it to come.
        held = [0, 1]
        try:
            self._admit(headers, largest)
            # The server itself hangs up where nothing at all follows the head.
            body = self._part(await receive(), largest, held)
            if held[1]:
                body = await self._whole(body, receive, largest, held)
            received = await self._reception.receive(provider, path, headers, body)
        except _Gone:
            return
        except FluxStudioError as error:
            further = [(name.lower().encode(), value.encode()) for name, value in error.headers().items()]
            if held[1]:
                # What is left of the body is not waited for.
                further.append((b"connection", b"close"))
            await _answer(send, error.status, msgspec.json.encode(error.body()), further)
        else:
            if received.answer is not None:
                await _answer(send, 200, msgspec.json.encode(received.answer), [])
            else:
                await send({"type": "http.response.start", "status": 200, "headers": DONE})
                await send({"type": "http.response.body"})
        finally:
            self._held -= held[0]

    def _admit(self, headers: Mapping[str, str], largest: int) -> None:
        """Raises `TooLarge` for a body that is said to be, and `Unavailable` when too much is held."""
        length = headers.get("content-length", "")
        announced = int(length) if length.isascii() and length.isdigit() else 0
        if announced > largest:
            raise _too_large(largest)
        if announced + self._held > MOST_HELD:
            raise _too_much()

    async def _whole(self, first: bytes, receive: Receive, largest: int, held: list[int]) -> bytes:
        """The body that begins with its first part. Raises as `_part` does, or `InvalidRequest`."""
        parts = [first]
        try:
            async with asyncio.timeout(PATIENCE):
                while held[1]:
                    parts.append(self._part(await receive(), largest, held))
        except TimeoutError:
            raise InvalidRequest(f"The body did not arrive within {PATIENCE:.0f} seconds.") from None
        return b"".join(parts)

    def _part(self, message: Message, largest: int, held: list[int]) -> bytes:
        """What a message holds of a body. Raises `TooLarge`, or `Unavailable` when too much is held."""
        if message["type"] == "http.disconnect":
            raise _Gone
        part: bytes = message.get("body", b"")
        held[0] += len(part)
        self._held += len(part)
        if held[0] > largest:
            raise _too_large(largest)
        if self._held > MOST_HELD:
            raise _too_much()
        held[1] = message.get("more_body", False)
        return part


class _Gone(Exception):
    """Whoever asked has hung up."""


async def _answer(send: Send, status: int, body: bytes, further: list[tuple[bytes, bytes]]) -> None:
    headers = [
        *PLAIN,
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *further,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _too_large(largest: int) -> TooLarge:
    return TooLarge(f"This is larger than {largest // 1048576} MB. Send less.")


def _too_much() -> Unavailable:
    return Unavailable("Too much is arriving at once. Send this again in a minute.")
