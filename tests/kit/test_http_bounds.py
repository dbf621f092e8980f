"""How long an outbound call may take, how much it may swallow, and what passes for an answer."""

from __future__ import annotations

import asyncio
import gzip
import socket
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fluxstudio.kit.http import Garbage, Host, HttpClient, Unreachable
from tests.support.raw import Answer, Serve, be_silent, moved, reply


@asynccontextmanager
async def client(url: str, **options: Any) -> AsyncIterator[HttpClient]:
    made = HttpClient([Host(url, private=True)], **options)
    try:
        yield made
    finally:
        await made.aclose()


async def pour(writer: asyncio.StreamWriter) -> None:
    """Never stop sending."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def drip(writer: asyncio.StreamWriter) -> None:
    """Send a byte now and then, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def drip_headers(writer: asyncio.StreamWriter) -> None:
    """Never get to the end of the headers."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"x: y\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


BOMB = gzip.compress(bytes(100 * 1024 * 1024))


@pytest.mark.parametrize(
    "answer",
    [
        pour,
        reply(b"x" * 2_000_000),
        reply(BOMB, "Content-Encoding: gzip"),
        reply(gzip.compress(BOMB), "Content-Encoding: gzip, gzip"),
    ],
    ids=["endless", "declared", "bomb", "bomb in a bomb"],
)
async def test_an_answer_that_is_too_large_is_cut_off(serve: Serve, answer: Answer) -> None:  # R37
    server = await serve(it=answer)
    async with client(server.url, most=1024 * 1024) as http:
        tracemalloc.start()
        try:
            with pytest.raises(Garbage, match="more than 1 MB"):
                await http.request("GET", f"{server.url}/it")
            assert tracemalloc.get_traced_memory()[1] < 12 * 1024 * 1024
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("answer", [drip, drip_headers, be_silent])
async def test_an_answer_that_takes_too_long_is_given_up(serve: Serve, answer: Answer) -> None:  # R37
    server = await serve(it=answer)
    async with client(server.url, seconds=0.3) as http, asyncio.timeout(60):
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1 did not answer within 0\.3 s") as late:
            await http.request("GET", f"{server.url}/it")
    assert late.value.sent


async def test_redirects_share_one_deadline(serve: Serve) -> None:
    async def slowly(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(moved("/round"))
        await writer.drain()

    server = await serve(round=slowly)
    async with client(server.url) as http:
        with pytest.raises(Unreachable, match=r"within 0\.3 s"):
            await http.request("GET", f"{server.url}/round", seconds=0.3)


PACKED = gzip.compress(b'{"a": 1}')


@pytest.mark.parametrize(
    "body", [PACKED[:-12], PACKED[:-4] + b"\0\0\0\0", b"not gzip at all"], ids=["cut", "changed", "plain"]
)
async def test_broken_gzip_is_never_taken_for_an_answer(serve: Serve, body: bytes) -> None:
    server = await serve(it=reply(body, "Content-Encoding: gzip"))
    async with client(server.url) as http:
        with pytest.raises(Garbage):
            (await http.request("GET", f"{server.url}/it")).json()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"<html>", b"[" * 100_000, b'{"a": "\xed\xa0\x80"}']
)
async def test_what_is_not_json_is_said_to_be_garbage(serve: Serve, body: bytes) -> None:
    server = await serve(it=reply(body))
    async with client(server.url) as http:
        answer = await http.request("GET", f"{server.url}/it")
        with pytest.raises(Garbage, match=r"127\.0\.0\.1"):
            answer.json()


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        HEAD + b"Content-Length: 9\r\n\r\nfour",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"x: " + b"y" * 1_000_000,
    ],
    ids=["nothing", "not http", "short", "bad chunk", "huge header"],
)
async def test_a_broken_exchange_is_told_apart_from_one_that_never_began(serve: Serve, answer: bytes) -> None:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    server = await serve(it=say)
    async with client(server.url) as http:
        with pytest.raises(Unreachable, match="broke off") as broken:
            await http.request("GET", f"{server.url}/it")
        assert broken.value.sent
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        async with client(url) as http:
            with pytest.raises(Unreachable, match="cannot be reached") as refused:
                await http.request("GET", url)
            assert not refused.value.sent
