"""Where providers tell us what happened: raw ASGI, ahead of the framework and its costs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxstudio.core.rate_limits.inbound import InboundLimits
from fluxstudio.core.registry import Registry
from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.middleware.pipeline import Exchange, Stage
from fluxstudio.faces.webhooks.intake import Intake, Pace, SenderGone, discard, too_large
from fluxstudio.flows.webhooks.ingest import IngestResult, UnverifiedSender, WebhookIngest
from fluxstudio.kit.addresses import source_of

# Providers give up after 3 to 10 seconds themselves.
PACE = Pace(grace=3, longest=10, rate=4096)
# Seconds by which an answer to one wrong signature too many is put off, and how many wait for that at once.
PUT_OFF_SECONDS = 1.0
MOST_PUT_OFF = 200

# There is nothing in it to keep or to mistake.
DONE = [(b"content-length", b"0")]


class WebhookEndpoint(Stage):
    """ASGI app that answers the addresses of webhooks: 200 only after the event is committed.

    As a stage it takes what is posted there out of every other request's way. `https` lets pass what may
    come in clear.
    """

    def __init__(
        self,
        ingest: WebhookIngest,
        registry: Registry,
        inbound_limits: InboundLimits,
        folder: Path,
        https: Stage | None = None,
    ) -> None:
        self._https = https
        self._ingest = ingest
        self._inbound_limits = inbound_limits
        self._intake = Intake(folder, PACE)
        self._put_off = 0
        self._addresses = {
            f"/api/integrations/{entry.provider.id}/{path}{end}": (entry.provider.id, path, webhook.largest)
            for entry in registry
            if (webhook := entry.provider.webhooks) is not None
            for path in ("webhook", *webhook.paths)
            # People copy addresses with a slash at the end, and a redirect would lose the delivery.
            for end in ("", "/")
        }

    def enter(self, exchange: Exchange) -> ASGIApp | None:
        scope = exchange.scope
        if scope["method"] != "POST" or scope["path"] not in self._addresses:
            return None
        refusal = self._https.enter(exchange) if self._https is not None else None
        return refusal or self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        reading = _Reading(receive)
        try:
            try:
                received = await self._received(scope, headers, reading)
            except UnverifiedSender:
                await self._count(scope)
                raise
        except SenderGone:
            return
        except FluxStudioError as error:
            further = [(name.lower().encode(), value.encode()) for name, value in error.headers().items()]
            if reading.more:
                # The server closes at the end of an answer, so what still arrives is thrown away before that.
                further.append((b"connection", b"close"))
            await _answer(
                send, error.status, msgspec.json.encode(error.body()), further, ends=not reading.more
            )
            if reading.more:
                await discard(receive)
                await send({"type": "http.response.body", "body": b""})
        else:
            if received.answer is not None:
                await _answer(send, 200, msgspec.json.encode(received.answer), [])
            else:
                await send({"type": "http.response.start", "status": 200, "headers": DONE})
                await send({"type": "http.response.body"})

    async def _received(self, scope: Scope, headers: Mapping[str, str], reading: _Reading) -> IngestResult:
        provider, path, largest = self._addresses[scope["path"]]
        source = _source(scope)
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length) > largest:
            raise too_large(largest)
        # The server itself hangs up where nothing at all follows the head.
        first = await reading()
        whole: bytes = first.get("body", b"")
        if not reading.more and len(whole) <= largest:
            return await self._ingest.ingest(provider, path, headers, whole, source)
        target = scope["path"]
        async with self._intake.body(first, reading, source=source, target=target, largest=largest) as whole:
            return await self._ingest.ingest(provider, path, headers, whole, source)

    async def _count(self, scope: Scope) -> None:
        """Count a wrong signature; raises `RateLimited`, after a while, where there were too many.

        Only what has failed is counted and put off, so that nobody who shares an address suffers.
        """
        provider, *_ = self._addresses[scope["path"]]
        try:
            await self._inbound_limits.forged(_source(scope), provider)
        except FluxStudioError:
            if self._put_off < MOST_PUT_OFF:
                self._put_off += 1
                try:
                    await asyncio.sleep(PUT_OFF_SECONDS)
                finally:
                    self._put_off -= 1
            raise


class _Reading:
    """A receive channel that knows whether there is more of the body to come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.more = True

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise SenderGone
        self.more = message.get("more_body", False)
        return message


def _source(scope: Scope) -> str:
    client = scope.get("client")
    return source_of(client[0] if client else None)


async def _answer(
    send: Send, status: int, body: bytes, further: list[tuple[bytes, bytes]], *, ends: bool = True
) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *further,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": not ends})
