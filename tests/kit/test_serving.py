"""Whoever connects gets served in time, or is hung up on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fluxstudio.kit import serving as kit
from fluxstudio.kit.serving import listening_socket, serving
from tests.kit.connections import GET, answered, hello


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    with listening_socket("127.0.0.1", 0) as listening:
        async with serving(hello, listening):
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            try:
                yield reader, writer
            finally:
                writer.close()


async def hung_up(reader: asyncio.StreamReader) -> bool:
    """Whether the server has ended the connection without a word."""
    try:
        return await asyncio.wait_for(reader.read(), 60) == b""
    except ConnectionError:
        return True


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "HEAD_SECONDS", 0.2)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("text", [b"", b"GET", GET, GET + b"x-endless: "])
async def test_who_does_not_come_to_the_point_is_hung_up_on(text: bytes) -> None:
    async with connected() as (reader, writer):
        writer.write(text)
        assert await hung_up(reader)


@pytest.mark.usefixtures("_impatient")
async def test_the_second_request_of_a_connection_gets_no_longer() -> None:
    async with connected() as (reader, writer):
        writer.write(GET + b"\r\n")
        assert await answered(reader)
        writer.write(GET)
        assert await hung_up(reader)


@pytest.mark.usefixtures("_impatient")
async def test_a_body_may_take_longer_than_a_head() -> None:
    async with connected() as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 2\r\n\r\na")
        await asyncio.sleep(0.5)
        writer.write(b"b")
        assert await answered(reader)


async def test_headers_without_end_are_not_read_to_their_end() -> None:
    async with connected() as (reader, writer):
        writer.write(GET)
        sent = 0
        try:
            while sent < 100 * kit.MOST_HEAD_BYTES:
                writer.write(b"x-more: " + b"a" * 8000 + b"\r\n")
                sent += 8010
                await writer.drain()
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        assert await hung_up(reader)


async def test_headers_of_a_usual_size_are_fine() -> None:
    async with connected() as (reader, writer):
        writer.write(GET + b"cookie: " + b"a" * 16_000 + b"\r\n\r\n")
        assert await answered(reader)


async def test_many_requests_may_follow_each_other_on_one_connection() -> None:
    async with connected() as (reader, writer):
        for _ in range(50):
            writer.write(GET + b"x-some: " + b"a" * 4000 + b"\r\n\r\n")
            assert await answered(reader)


async def quiet_for(reader: asyncio.StreamReader, seconds: float) -> bool:
    try:
        await asyncio.wait_for(reader.read(1), seconds)
    except TimeoutError:
        return True
    return False


async def test_a_quiet_connection_outlives_what_proxies_keep_theirs_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert kit.KEEP_ALIVE_SECONDS >= 75
    for seconds, stays in ((60, True), (0.05, False)):
        monkeypatch.setattr(kit, "KEEP_ALIVE_SECONDS", seconds)
        async with connected() as (reader, writer):
            writer.write(GET + b"\r\n")
            assert await answered(reader)
            assert await quiet_for(reader, 0.3) is stays


async def test_a_request_under_way_is_finished_when_the_server_stops() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(scope: dict[str, Any], receive: Any, send: Any) -> None:
        begun.set()
        await go_on.wait()
        await hello(scope, receive, send)

    stop = asyncio.Event()

    async def served(listening: Any) -> None:
        async with serving(slow, listening):
            await stop.wait()

    with listening_socket("127.0.0.1", 0) as listening:
        address = listening.getsockname()
        server = asyncio.create_task(served(listening))
        reader, writer = await asyncio.open_connection(*address)
        writer.write(GET + b"\r\n")
        await begun.wait()
        stop.set()
        async with asyncio.timeout(60):
            while True:
                try:
                    _, other = await asyncio.open_connection(*address)
                except ConnectionError:
                    break
                other.close()
        go_on.set()
        answer = await asyncio.wait_for(reader.read(), 60)
        await server
        writer.close()
    head, _, body = answer.lower().partition(b"\r\n\r\n")
    assert head.startswith(b"http/1.1 200")
    assert b"connection: close" in head
    assert body == b"ok"


@pytest.mark.parametrize(
    ("host", "port", "says"),
    [
        ("no-such-host.invalid", 0, "neither an address nor a name"),
        ("192.0.2.1", 0, "not an address of this machine"),
    ],
)
def test_an_address_nothing_can_listen_on_says_why(host: str, port: int, says: str) -> None:
    with pytest.raises(kit.CannotListen, match=says), listening_socket(host, port):
        pass


def test_a_port_in_use_is_said_to_be() -> None:
    with listening_socket("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(kit.PortTaken, match="Stop what uses it"), listening_socket("127.0.0.1", port):
            pass
        with listening_socket("127.0.0.1", port, or_any=True) as second:
            assert second.getsockname()[1] != port


async def test_every_address_takes_ipv4_and_ipv6() -> None:
    with listening_socket("::", 0) as listening:
        port = listening.getsockname()[1]
        async with serving(hello, listening):
            for address in ("127.0.0.1", "::1"):
                reader, writer = await asyncio.open_connection(address, port)
                writer.write(GET + b"\r\n")
                assert await answered(reader)
                writer.close()


async def endless(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers with far more than anybody's buffers hold, but for one path."""
    if scope["path"] == "/health":
        await hello(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(2000):
        await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def test_who_leaves_answers_unread_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:  # R57
    monkeypatch.setattr(kit, "MOST_CONNECTIONS", 5)
    with listening_socket("127.0.0.1", 0) as listening:
        async with serving(endless, listening):
            address = listening.getsockname()
            held = []
            for _ in range(6):
                reader, writer = await asyncio.open_connection(*address)
                writer.write(GET + b"\r\n")
                # Its answer has begun; what follows is read no further than the buffers take it.
                with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                    await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
                held.append(writer)
            for _ in range(20):
                reader, writer = await asyncio.open_connection(*address)
                writer.write(GET.replace(b"/ ", b"/health ") + b"connection: close\r\n\r\n")
                assert await answered(reader)
                writer.close()
            for writer in held:
                writer.close()
