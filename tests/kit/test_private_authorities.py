"""Certificates of a private authority are believed where SSL_CERT_FILE names it, and nowhere else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fluxstudio.kit import http
from fluxstudio.kit.http import Host, HttpClient, Unreachable
from tests.support.certificates import self_signed

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER)
    await writer.drain()
    writer.close()


async def test_a_private_authority_is_believed_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, context = self_signed(tmp_path)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        stranger = HttpClient([Host(url, private=True)])
        with pytest.raises(Unreachable):
            await stranger.request("GET", url)
        await stranger.aclose()
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        # A process reads it once.
        monkeypatch.setattr(http, "_tls", http._tls.__wrapped__)
        knowing = HttpClient([Host(url, private=True)])
        assert (await knowing.request("GET", url)).content == b"ok"
        await knowing.aclose()
