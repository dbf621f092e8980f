"""Answers are compressed where that saves something, and a HEAD is answered wherever a GET is."""

from __future__ import annotations

import asyncio
import gzip
import re

import httpx2
import pytest
from starlette.types import Message, Receive, Scope, Send

from fluxstudio.faces.csrf import masked, unmasked
from fluxstudio.faces.middleware.compression import Compression, accepts_gzip
from fluxstudio.faces.middleware.head import HeadAnswers
from fluxstudio.faces.middleware.pipeline import Pipeline
from tests.support.browsing import Browser
from tests.support.running import Running

PACKED = {"accept-encoding": "gzip, deflate, br"}
PLAIN = {"accept-encoding": "identity"}


@pytest.fixture
async def ada(product: Running) -> Browser:
    browser = await Browser.new(product)
    await browser.sign_up("ada@example.com")
    return browser


async def raw(
    client: httpx2.AsyncClient, path: str, headers: dict[str, str]
) -> tuple[httpx2.Response, bytes]:
    """An answer with its body as it came over the wire."""
    async with client.stream("GET", path, headers=headers) as answer:
        return answer, b"".join([part async for part in answer.aiter_raw()])


@pytest.mark.parametrize(
    "path",
    [
        "/settings/integrations",
        "/api/openapi.json",
        "/static/shell/base.css",
        "/static/shell/app.js",
        "/static/components/icons.svg",
    ],
)
async def test_long_texts_are_compressed_for_whoever_takes_it(ada: Browser, path: str) -> None:
    answer, body = await raw(ada.client, path, PACKED)
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(body)
    bare, text = await raw(ada.client, path, PLAIN)
    assert "content-encoding" not in bare.headers
    assert len(gzip.decompress(body)) == pytest.approx(len(text), abs=100)
    assert len(body) < len(text) / 2
    for entry in (answer, bare):
        assert "accept-encoding" in entry.headers.get("vary", "").lower()


async def test_small_answers_are_left_as_they_are(product: Running) -> None:
    answer, body = await raw(await product.client(), "/api/integrations", PACKED)
    assert "content-encoding" not in answer.headers
    assert body.startswith(b"{")


async def test_an_event_stream_is_never_compressed(ada: Browser) -> None:
    async with asyncio.timeout(60):
        async with ada.client.stream("GET", "/api/events/stream", headers=PACKED) as answer:
            assert "content-encoding" not in answer.headers
            assert b"retry" in await anext(answer.aiter_raw())


async def test_a_file_that_a_browser_has_is_not_sent_again(ada: Browser) -> None:
    first = await ada.client.get("/static/shell/base.css", headers=PACKED)
    assert first.headers["etag"].startswith('W/"')
    again = await ada.client.get(
        "/static/shell/base.css", headers={**PACKED, "if-none-match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"].strip('W/"') == first.headers["etag"].strip('W/"')


async def test_a_page_repeats_no_secret_that_its_length_could_give_away(ada: Browser) -> None:
    pages = [(await ada.open("/settings/integrations")).text for _ in range(2)]
    tokens = [set(re.findall(r'name="csrf" value="([^"]+)"', page)) for page in pages]
    assert all(tokens)
    assert not tokens[0] & tokens[1]
    assert len({unmasked(token) for entry in tokens for token in entry}) == 1
    # Either of them still sends a form.
    ada.csrf = tokens[0].pop()
    assert (await ada.send("/sign-out")).status_code == 303


def test_a_masked_proof_is_read_again_and_others_are_not() -> None:
    proof = bytes(range(32))
    assert unmasked(masked(proof)) == proof
    assert unmasked(proof.hex()) == proof
    for other in ("", "0" * 63, "0" * 96, "é" * 128, f"{'0' * 128}\n"):
        assert unmasked(other) == b""


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ("", False),
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, br", False),
        ("*", True),
        ("*;q=0, gzip;q=1", True),
        ("deflate, br", False),
    ],
)
def test_gzip_is_sent_only_to_those_who_take_it(wanted: str, taken: bool) -> None:
    assert accepts_gzip([(b"accept-encoding", wanted.encode())]) is taken


async def test_an_answer_in_pieces_is_compressed_piece_by_piece() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"application/json")],
            }
        )
        for place in range(3):
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": place < 2})

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": [(b"accept-encoding", b"gzip")]}
    await Pipeline(app, [Compression()])(scope, lambda: asyncio.sleep(0, {}), send)
    assert (b"content-encoding", b"gzip") in sent[0]["headers"]
    assert not any(name == b"content-length" for name, _ in sent[0]["headers"])
    assert gzip.decompress(b"".join(message["body"] for message in sent[1:])) == b"x" * 300_000


def pages_of(document: dict[str, object], pages: list[str]) -> list[str]:
    """Every GET of the API that needs no id, and the pages."""
    paths = document["paths"]
    assert isinstance(paths, dict)
    return [*pages, *(path for path, methods in paths.items() if "get" in methods and "{" not in path)]


async def test_head_answers_as_get_does_on_pages_and_the_api(product: Running, ada: Browser) -> None:
    document = (await ada.client.get("/api/openapi.json")).json()
    paths = pages_of(
        document,
        [
            "/",
            "/sign-in",
            "/settings/integrations",
            "/activity",
            "/webhooks",
            "/automations",
            "/integrations/linear/repositories",
            "/nowhere",
            "/static/shell/base.css",
            "/api/docs",
            "/api/integrations/linear/nothing",
        ],
    )
    assert len(paths) > 15
    for path in paths:
        if path in ("/metrics", "/api/events/stream"):
            # One counts the requests for itself, the other does not end.
            continue
        got = await ada.client.get(path)
        head = await ada.client.head(path)
        assert (path, head.status_code) == (path, got.status_code)
        assert head.content == b""
        assert head.headers.get("content-type") == got.headers.get("content-type")
        assert head.headers.get("cache-control") == got.headers.get("cache-control")


async def test_head_tells_how_long_the_answer_to_a_get_is(ada: Browser) -> None:
    for headers in (PACKED, PLAIN):
        got, body = await raw(ada.client, "/static/shell/base.css", headers)
        head = await ada.client.head("/static/shell/base.css", headers=headers)
        assert int(head.headers["content-length"]) == len(body)
        assert head.headers["etag"] == got.headers["etag"]


async def test_head_of_a_stream_ends_at_once(ada: Browser) -> None:
    async with asyncio.timeout(60):
        answer = await ada.client.head("/api/events/stream")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_head_neither_begins_nor_finishes_a_connect(product: Running) -> None:  # R3
    client = await product.client()
    url = await product.begin(client, "linear")
    attempts = "SELECT count(*) FROM connect_attempts"
    before = await product.services.db.fetchval(attempts)
    assert (await client.head("/api/integrations/linear/auth")).status_code == 200
    assert await product.services.db.fetchval(attempts) == before
    back = await product.decide(url)
    assert (await client.head(back, headers={"authorization": ""})).status_code == 200
    answer = await client.get(back, headers={"authorization": ""})
    assert "status=success" in answer.headers["location"]


async def test_head_needs_the_rights_that_get_needs(product: Running) -> None:
    stranger = await product.client(None)
    assert (await stranger.head("/api/integrations")).status_code == 401
    assert (await stranger.head("/api/integrations/linear/auth")).status_code == 401


async def test_only_head_is_changed_on_the_way() -> None:
    methods: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        methods.append(scope["method"])

    for method in ("GET", "POST", "HEAD", "OPTIONS"):
        scope: Scope = {"type": "http", "method": method}
        await Pipeline(app, [HeadAnswers()])(scope, None, None)  # type: ignore[arg-type]
    assert methods == ["GET", "POST", "GET", "OPTIONS"]
