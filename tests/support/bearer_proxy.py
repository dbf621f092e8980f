"""A proxy that adds a token to requests, for witnesses that cannot send one; it changes nothing else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


@asynccontextmanager
async def bearer_proxy(target: str, token: str) -> AsyncIterator[str]:
    """Passes bytes on to a server of this machine, with `Authorization` in every request; its base URL."""
    parts = urlsplit(target)
    busy: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        try:
            await _pass_on(reader, writer, str(parts.hostname), parts.port or 80, token)
        finally:
            busy.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(busy):
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int, token: str
) -> None:
    there, back = await asyncio.open_connection(host, port)

    async def answers() -> None:
        with suppress(ConnectionError):
            while chunk := await there.read(65536):
                writer.write(chunk)
                await writer.drain()
        writer.close()

    answering = asyncio.create_task(answers())
    try:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                line, _, fields = head.partition(b"\r\n")
                back.write(line + b"\r\nAuthorization: Bearer " + token.encode() + b"\r\n" + fields)
                length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
                if length:
                    back.write(await reader.readexactly(int(length[1])))
                await back.drain()
    finally:
        answering.cancel()
        back.close()
