"""Answers compressed with gzip, where that saves something and the reader takes it.

What a page holds in secret does not repeat from one answer to the next (`Authenticator.csrf` masks its token,
each answer has a nonce of its own), so that the length of a compressed page gives nothing away.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence

from starlette.types import Message

from fluxstudio.faces.middleware.pipeline import Exchange, Stage

Header = tuple[bytes, bytes]

# Below that the answer takes one packet either way.
MIN_COMPRESSED_BYTES = 1024
# Beyond that the event loop does not wait for it.
MAX_INLINE_BYTES = 64 * 1024
LEVEL = 5
# An event stream is none of these: its readers wait for each line.
TYPES = frozenset(
    {
        b"application/javascript",
        b"application/json",
        b"application/openapi+json",
        b"image/svg+xml",
        b"text/css",
        b"text/html",
        b"text/javascript",
        b"text/plain",
    }
)
# These have no body, or a part of one.
WHOLE = frozenset(range(200, 600)) - {204, 206, 304}
VARY: Header = (b"vary", b"accept-encoding")


class Compression(Stage):
    """Compresses text of 1 KB and more, and leaves small answers as they are."""

    def leave(self, exchange: Exchange, start: Message) -> None:
        if not _compressible(start["status"], start["headers"]):
            return
        if b"accept-encoding" in exchange.headers and accepts_gzip(exchange.scope["headers"]):
            start["headers"] = packed_headers(start["headers"], None)
            exchange.encoder = _Gzip(exchange)
        else:
            start["headers"].append(VARY)


class _Gzip:
    """Sends one answer on, compressed."""

    __slots__ = ("_compressor", "_exchange", "_start")

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._start: Message | None = None
        self._compressor = zlib.compressobj(LEVEL, wbits=31)

    async def __call__(self, message: Message) -> None:
        send = self._exchange.send
        if message["type"] == "http.response.start":
            self._start = message
            return
        if message["type"] != "http.response.body":
            await send(message)
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if len(body) > MAX_INLINE_BYTES:
            packed = await asyncio.to_thread(self._compressor.compress, body)
        else:
            packed = self._compressor.compress(body)
        if not more:
            packed += self._compressor.flush()
        if self._start is not None:
            if not more:
                self._start["headers"].append((b"content-length", b"%d" % len(packed)))
            await send(self._start)
            self._start = None
        await send({"type": "http.response.body", "body": packed, "more_body": more})


def packed_headers(headers: Sequence[Header], length: int | None) -> list[Header]:
    """The headers of an answer once it is compressed; `length` is None where that is not known yet."""
    unchanged = [
        (name, b"W/" + value if name == b"etag" and not value.startswith(b"W/") else value)
        for name, value in headers
        if name != b"content-length"
    ]
    length_header = [] if length is None else [(b"content-length", str(length).encode())]
    return [*unchanged, *length_header, (b"content-encoding", b"gzip"), VARY]


def _compressible(status: int, headers: Sequence[Header]) -> bool:
    type_, length = b"", MIN_COMPRESSED_BYTES
    for name, value in headers:
        if name == b"content-type":
            type_ = value.partition(b";")[0].strip()
        elif name == b"content-length":
            length = int(value)
        elif name == b"content-encoding" or (name == b"cache-control" and b"no-transform" in value):
            return False
    return length >= MIN_COMPRESSED_BYTES and type_ in TYPES and status in WHOLE


def accepts_gzip(headers: Sequence[Header]) -> bool:
    """Whether a request's `Accept-Encoding` takes gzip (RFC 9110, section 12.5.3)."""
    accept_encoding = b",".join(value for name, value in headers if name == b"accept-encoding").lower()
    qualities: dict[bytes, bool] = {}
    for part in accept_encoding.split(b","):
        coding, _, parameter = part.partition(b";")
        refused = parameter.replace(b" ", b"").rstrip(b"0").rstrip(b".") in {b"q=", b"q=0"}
        qualities[coding.strip()] = not refused
    return qualities.get(b"gzip", qualities.get(b"x-gzip", qualities.get(b"*", False)))
