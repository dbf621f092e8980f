"""Talking to a server byte by byte."""

from __future__ import annotations

import asyncio
from typing import Any

GET = b"GET / HTTP/1.1\r\nhost: here\r\n"


async def hello(scope: dict[str, Any], receive: Any, send: Any) -> None:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def answered(reader: asyncio.StreamReader) -> bool:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
    return head.startswith(b"HTTP/1.1 200") and await reader.readexactly(2) == b"ok"
