"""Servers that say exactly what a test wants, bytes and pauses included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"


@dataclass
class Server:
    """A raw server: it says what it was given to say and keeps what it was sent."""

    answers: dict[str, Answer]
    port: int = 0
    requests: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.requests.append(head.decode("latin-1"))
                path = head.split(b" ")[1].partition(b"?")[0].decode("latin-1")
                answer = self.answers.get(path, OK)
                if callable(answer):
                    await answer(writer)
                    break
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


Serve = Callable[..., Awaitable[Server]]


@asynccontextmanager
async def raw_servers() -> AsyncIterator[Serve]:
    """Starts servers: `await serve(it=answer)` answers at `/it`, and `fine` everywhere else."""
    async with AsyncExitStack() as stack:

        async def serve(**answers: Answer) -> Server:
            server = Server({f"/{path}": answer for path, answer in answers.items()})
            listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
            server.port = listening.sockets[0].getsockname()[1]
            stack.callback(listening.close)
            return server

        yield serve


def reply(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def moved(to: str, status: int = 302) -> bytes:
    return reply(b"moved", f"Location: {to}", status=f"{status} Found")


async def be_silent(writer: asyncio.StreamWriter) -> None:
    """Never answer."""
    await asyncio.sleep(3600)
