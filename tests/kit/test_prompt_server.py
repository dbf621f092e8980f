"""A server that stops at once, and what of Uvicorn it stands on."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from typing import Any

import pytest
import uvicorn

from fluxstudio.kit import prompt_server
from fluxstudio.kit.serving import listening_socket, serving
from tests.kit.connections import GET, answered, hello

# SHA-256 of the source of what `PromptServer` replaces or calls, as it is in Uvicorn 0.54.0.
SOURCES = {
    "_serve": "4575b7a50adfede86f6f1c508e7b2cea3bd04111aaf8fc8ded9f990cafa1eb8f",
    "startup": "2aa1d70a244bfcf21a1ae57e0152f9c20e40f756ffc328ccc58037f6ae8e2dfc",
    "main_loop": "afccb353a119333f206ffa120abc9efdc46a1ac60fe93485acfda2a271d75a62",
    "on_tick": "60ea49b06ccf68c11e91a3b8676b56f3b8ab13c86e6c9fa4654731063d8f9bd0",
    "shutdown": "9b33c50562992b1e3cef2a9611408ece6c01d46ee17eaae2091b6091bf826eab",
    "_wait_tasks_to_complete": "17209be1e991445d37d11e0eb1abada64140131ef8d10dd0d095f384b693b734",
    "capture_signals": "e1bbcd4770d1c8877454c17466d7bb229ec2cb9776e12703830ff64fc024758f",
}


@pytest.mark.parametrize("method", SOURCES)
def test_uvicorn_still_starts_and_stops_as_we_took_it_over(method: str) -> None:
    source = inspect.getsource(getattr(uvicorn.Server, method))
    assert hashlib.sha256(source.encode()).hexdigest() == SOURCES[method], (
        f"Uvicorn {uvicorn.__version__} has another Server.{method}. Compare it with "
        "src/fluxstudio/kit/prompt_server.py, take over what matters, and bring this digest up to date:\n"
        f"{source}"
    )


async def test_starting_and_stopping_sleeps_through_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float, *result: Any) -> Any:
        slept.append(seconds)
        return await sleep(seconds, *result)

    monkeypatch.setattr(asyncio, "sleep", noted)
    with listening_socket("127.0.0.1", 0) as listening:
        async with serving(hello, listening):
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(GET + b"\r\n")
            assert await answered(reader)
    assert await reader.read() == b""
    writer.close()
    # Uvicorn sleeps for a tenth of a second each time; others in this loop may sleep as they like.
    assert 0.1 not in slept


async def test_what_outlasts_the_grace_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fluxstudio.kit.serving.GRACE_SECONDS", 0.05)
    begun, ended = asyncio.Event(), asyncio.Event()

    async def endless(scope: dict[str, Any], receive: Any, send: Any) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with listening_socket("127.0.0.1", 0) as listening:
        async with serving(endless, listening):
            _, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(GET + b"\r\n")
            await begun.wait()
        async with asyncio.timeout(60):
            await ended.wait()
        writer.close()


async def test_the_date_in_answers_moves_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_server, "DATE_HEADER_SECONDS", 0.01)
    dates: set[bytes] = set()
    with listening_socket("127.0.0.1", 0) as listening:
        async with serving(hello, listening), asyncio.timeout(60):
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            while len(dates) < 2:
                writer.write(GET + b"\r\n")
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(2)
                dates |= {line for line in head.lower().split(b"\r\n") if line.startswith(b"date:")}
                await asyncio.sleep(0.05)
            writer.close()
