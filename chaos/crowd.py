"""Senders who come to no end, in a process of their own: `python -m chaos.crowd BASE COUNT one|many`.

What is tried and what is measured must not wait for them.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from urllib.parse import urlsplit

HOOKS = [f"/api/integrations/{provider}/webhook" for provider in ("github", "slack", "figma")]
UPLOADS = ["/api/integrations/slack/files", "/api/session", "/settings/integrations"]
MEGABYTE = 1024 * 1024
PIECE = b"x" * 65536
# How much of a body of which more was announced a sender sends at once.
SENT = 24 * MEGABYTE


async def main(base: str, count: int, many: bool) -> None:
    """So many who begin again whenever they are hung up on, until this is ended; says so once they have."""
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(_begin_again(base, number, many=many))
        await asyncio.sleep(1)
        print("sending", flush=True)


async def _begin_again(base: str, number: int, *, many: bool) -> None:
    while True:
        with suppress(ConnectionError, IndexError):
            await _unfinished(base, number, many=many)
        # However often they come back: the machine's cores are for who is tried here.
        await asyncio.sleep(0.5)


async def _unfinished(base: str, number: int, *, many: bool) -> str:
    """Send much of a body, then a byte now and then, until there is an answer; its status."""
    address = urlsplit(base)
    path = (HOOKS + UPLOADS)[number % 6]
    kind = "multipart/form-data; boundary=x" if path in UPLOADS else "application/json"
    # The proxy whom the process trusts says where they are.
    source = f"203.0.{number // 250}.{number % 250 + 1}" if many else "203.0.113.7"
    announced = 25 * MEGABYTE if number % 6 == 0 or path in UPLOADS else MEGABYTE
    head = [
        f"POST {path} HTTP/1.1",
        f"host: {address.netloc}",
        f"content-length: {announced}",
        f"content-type: {kind}",
        f"x-forwarded-for: {source}",
    ]
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    answer = asyncio.create_task(reader.readline())
    try:
        writer.write("\r\n".join([*head, "", ""]).encode())
        sent = 0
        while not answer.done():
            whole = sent < min(SENT, announced - MEGABYTE // 2)
            writer.write(PIECE if whole else b"x")
            sent += len(PIECE) if whole else 1
            await writer.drain()
            await asyncio.wait({answer}, timeout=0.1 if whole else 1)
        return (await answer).split()[1].decode()
    finally:
        answer.cancel()
        await asyncio.gather(answer, return_exceptions=True)
        writer.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "many"))
