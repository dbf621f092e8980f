"""Strangers on the network: what they spend is theirs, and signed senders come through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pytest
from starlette.types import Message

from fluxstudio.errors import FluxStudioError, InvalidRequest, TooLarge, Unavailable
from fluxstudio.faces.middleware import bodies
from fluxstudio.faces.middleware.headers import FIXED
from fluxstudio.faces.webhooks import endpoint
from fluxstudio.faces.webhooks.intake import Intake, IntakeLimits, Pace, SenderGone
from fluxstudio.flows.webhooks import ingest
from tests.support.running import Running, Start
from tests.support.webhooks import GOOD, figma_event, github_event, linear_event

KB, MB = 1024, 1024 * 1024
SLOW, PATIENT = Pace(grace=0.5, longest=1, rate=MB), Pace(grace=30, longest=30, rate=1)
TIGHT = IntakeLimits(small=KB, memory=4 * KB, disk=64 * KB, of_source=40 * KB, of_target=48 * KB)


class Sender:
    """Somebody who sends a body piece by piece to an intake."""

    def __init__(self, intake: Intake, source: str = "203.0.113.7", target: str = "figma") -> None:
        self.pieces: asyncio.Queue[Message] = asyncio.Queue()
        self.disk = intake._disk
        self.task = asyncio.create_task(self._send(intake, source, target))

    async def _send(self, intake: Intake, source: str, target: str) -> bytes:
        first = await self.pieces.get()
        async with intake.body(first, self.pieces.get, source=source, target=target, largest=39 * KB) as body:
            return body

    async def send(self, size: int, *, more: bool = True) -> None:
        """Send a piece, and let the intake take it."""
        self.pieces.put_nowait({"type": "http.request", "body": b"x" * size, "more_body": more})
        async with asyncio.timeout(60):
            while not self.pieces.empty() and not self.task.done():
                await asyncio.sleep(0)
        # What goes to disk is there once the thread that writes has come to it.
        await asyncio.get_running_loop().run_in_executor(self.disk, int)
        for _ in range(5):
            await asyncio.sleep(0)
        if not more:
            await asyncio.wait({self.task}, timeout=60)

    @property
    def outcome(self) -> int | type[BaseException] | None:
        """How many bytes arrived, or why none did; None while they are arriving."""
        if not self.task.done():
            return None
        error = self.task.exception()
        return len(self.task.result()) if error is None else type(error)


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Intake]:
    yield Intake(tmp_path, PATIENT, TIGHT)
    assert list(tmp_path.iterdir()) == []


@asynccontextmanager
async def senders(*everybody: Sender) -> AsyncIterator[Sequence[Sender]]:
    try:
        yield everybody
    finally:
        for sender in everybody:
            sender.task.cancel()
        await asyncio.gather(*(sender.task for sender in everybody), return_exceptions=True)


@pytest.mark.parametrize("sizes", [(10, 20), (KB, KB, 30 * KB), (0, 1), (30 * KB, 8 * KB)])
async def test_a_body_in_pieces_arrives_whole(intake: Intake, sizes: Sequence[int]) -> None:
    async with senders(Sender(intake)) as (sender,):
        for place, size in enumerate(sizes, 1):
            await sender.send(size, more=place < len(sizes))
        assert sender.outcome == sum(sizes)


async def test_many_unfinished_bodies_of_one_source_make_room_for_others(intake: Intake) -> None:  # R57
    strangers = [Sender(intake) for _ in range(20)]
    async with senders(*strangers, Sender(intake, "198.51.100.1")) as (*_, signed):
        for stranger in strangers:
            await stranger.send(KB)
        await signed.send(KB // 2)
        for stranger in strangers:
            await stranger.send(1)
        await signed.send(KB // 2, more=False)
        assert signed.outcome == KB
        assert Unavailable in {stranger.outcome for stranger in strangers}


async def test_large_bodies_are_never_in_the_way_of_small_ones(intake: Intake) -> None:  # R57
    strangers = [Sender(intake, f"203.0.113.{number}") for number in range(5)]
    async with senders(*strangers, Sender(intake, "203.0.113.1")) as (*_, signed):
        for stranger in strangers:
            await stranger.send(20 * KB)
        await signed.send(10)
        await signed.send(10, more=False)
        assert signed.outcome == 20


async def test_one_address_for_all_lets_those_come_through_who_get_on(intake: Intake) -> None:  # R57
    """As behind a proxy that nobody trusts."""
    idle = [Sender(intake) for _ in range(4)]
    async with senders(*idle, Sender(intake)) as (*_, signed):
        for stranger in idle:
            await stranger.send(10 * KB)
        await asyncio.sleep(0.1)
        for _ in range(5):
            await signed.send(6 * KB)
        await signed.send(1, more=False)
        assert signed.outcome == 30 * KB + 1
        assert Unavailable in {stranger.outcome for stranger in idle}


async def test_who_stops_or_drips_is_let_go(tmp_path: Path) -> None:  # R58
    intake = Intake(tmp_path, SLOW)
    async with senders(*(Sender(intake) for _ in range(3))) as (idle, dripping, quick):
        await idle.send(10)
        await dripping.send(10)
        await quick.send(10)
        await quick.send(10, more=False)
        async with asyncio.timeout(60):
            while not idle.task.done() or not dripping.task.done():
                await dripping.send(1)
                await asyncio.sleep(0.01)
        assert (idle.outcome, dripping.outcome, quick.outcome) == (InvalidRequest, InvalidRequest, 20)


async def test_what_is_too_large_or_hangs_up_is_forgotten(intake: Intake) -> None:
    async with senders(Sender(intake), Sender(intake)) as (large, gone):
        await large.send(39 * KB)
        await large.send(1)
        await gone.send(10)
        gone.pieces.put_nowait({"type": "http.disconnect"})
        await asyncio.wait([large.task, gone.task])
        assert (large.outcome, gone.outcome) == (TooLarge, SenderGone)


class Socket:
    """A connection of somebody who does not come to an end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def post(cls, running: Running, path: str, announced: int, sent: int, *lines: str) -> Socket:
        address = urlsplit(running.base)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        head = [f"POST {path} HTTP/1.1", f"host: {address.netloc}", f"content-length: {announced}", *lines]
        writer.write("\r\n".join([*head, "", ""]).encode() + b"x" * sent)
        await writer.drain()
        return cls(reader, writer)

    async def status(self) -> str:
        async with asyncio.timeout(60):
            return (await self.reader.readline()).split()[1].decode()


async def test_unsigned_unfinished_posts_keep_no_signed_event_out(running: Running) -> None:  # R57
    path = "/api/integrations/github/webhook"
    held = [await Socket.post(running, path, 25 * MB, 21 * MB) for _ in range(3)]
    client = await running.client(None)
    for provider in ("slack", "github", "figma"):
        for _ in range(5):
            body, headers = GOOD[provider]()
            answer = await client.post(f"/api/integrations/{provider}/webhook", content=body, headers=headers)
            assert answer.status_code == 200, answer.text
    for socket in held:
        socket.writer.close()


async def test_a_large_event_of_a_real_library_is_kept(running: Running) -> None:
    icons = [{"key": f"{number:040x}", "name": f"Icons/Outline/{number}"} for number in range(20_000)]
    body, headers = figma_event(event_type="LIBRARY_PUBLISH", created_components=icons)
    assert len(body) > 1.3 * MB
    client = await running.client(None)
    answer = await client.post("/api/integrations/figma/webhook", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    body, headers = github_event("push", {"files": ["x" * 1000] * 20_000, "n": uuid4().hex})
    answer = await client.post("/api/integrations/github/webhook", content=body, headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("kind", ["multipart/x", "multipart/form-data; boundary=x", "application/json"])
@pytest.mark.parametrize(
    "path",
    [
        "/api/integrations/slack/files",
        "/api/integrations/github/callback",
        "/api/session",
        "/api/automations",
        "/api/webhooks/replay",
        "/settings/integrations/slack/connect",
    ],
)
async def test_nobodys_body_is_read_before_it_is_known_who_sends_it(  # R58
    kept_running: Running, path: str, kind: str
) -> None:
    """The answer comes although the body does not."""
    for token in ("", "authorization: Bearer a.b.c\r\n"):
        lines = [f"content-type: {kind}", *([token.strip()] if token else [])]
        socket = await Socket.post(kept_running, path, 60 * MB, 10, *lines)
        assert await socket.status() in {"401", "303", "403", "404"}
        socket.writer.close()


async def test_only_routes_that_take_files_read_more_than_usual(product: Running) -> None:  # R58
    token = f"authorization: Bearer {product.token()}"
    socket = await Socket.post(
        product, "/api/integrations/linear/callback", 2 * MB, 0, token, "content-type: multipart/x"
    )
    assert await socket.status() == "413"
    assert bodies.UPLOAD.largest > bodies.USUAL.largest


async def test_wrong_signatures_are_slowed_and_right_ones_never(  # R72
    product: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "PUT_OFF_SECONDS", 0.01)
    client = await product.client(None)

    async def post(headers: dict[str, str], body: bytes) -> httpx2.Response:
        return await client.post("/api/integrations/linear/webhook", content=body, headers=headers)

    statuses = []
    for number in range(40):
        body, headers = linear_event(id=uuid4().hex)
        wrong = await post({**headers, "linear-signature": f"{number:064x}"}, body)
        statuses.append(wrong.status_code)
        if wrong.status_code == 429:
            assert int(wrong.headers["retry-after"]) > 0
        assert (await post(headers, body)).status_code == 200
    assert statuses[0] == 401
    assert statuses[-1] == 429


async def test_every_answer_has_the_same_headers(start: Start) -> None:  # R25
    running = await start(
        packages=("tests.dropin",),
        env="production",
        public_url="https://flux.example",
        trusted_proxies="127.0.0.1",
        cors_origins="https://app.example",
    )
    here = f"http://127.0.0.1:{running.services.settings.port}"
    client = httpx2.AsyncClient(base_url=here, headers={"host": "flux.example"})
    hook = "/api/integrations/linear/webhook"
    body, signed = linear_event(id="1")
    preflight = {"origin": "https://app.example", "access-control-request-method": "POST"}
    https = {"x-forwarded-proto": "https"}
    answers = [
        await client.post(hook, content=body, headers={**signed, **https}),
        await client.post(hook, content=body, headers=https),
        await client.post(hook, content=body, headers=signed),
        await client.post(hook, content=b"x" * (2 * MB), headers=https),
        await client.options("/api/integrations", headers={**preflight, **https}),
        *[
            await client.get(path, headers=https)
            for path in (
                "/health",
                "/metrics",
                "/sign-in",
                "/static/shell/base.css",
                "/api/integrations",
                "/nothing",
            )
        ],
        await client.get("/sign-in", headers={"x-forwarded-proto": "http"}),
        await client.put("/api/integrations/linear/auth", headers=https),
    ]
    await client.aclose()
    names = {name.decode() for name, _ in FIXED}
    wanted = {*names, "content-security-policy", "referrer-policy", "strict-transport-security"}
    for answer in answers:
        assert wanted <= set(answer.headers), (answer.request.url, answer.status_code)
    assert {answer.status_code for answer in answers} >= {200, 307, 401, 403, 404, 405, 413}


async def test_what_nobody_foresaw_is_answered_as_everything_else(  # R25
    product: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ingest.WebhookIngest, "ingest", broken)
    body, headers = linear_event(id="1")
    answer = await (await product.client(None)).post(
        "/api/integrations/linear/webhook", content=body, headers=headers
    )
    assert (answer.status_code, answer.json()["code"]) == (500, FluxStudioError.code)
    assert answer.headers["x-content-type-options"] == "nosniff"
