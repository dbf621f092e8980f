"""Whatever comes in, the answer says what is wrong with it; nothing makes the product stumble."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fluxstudio.faces.api.openapi_events import STREAM_PATH
from fluxstudio.faces.webhooks import intake
from tests.support.browsing import Browser
from tests.support.examples import request_for
from tests.support.running import Running

CALLBACK = "/api/integrations/linear/callback"
ISSUES = "/api/integrations/linear/issues/ENG"
BODIES = [
    b"{",
    b"\xff\xfe{}",
    b'{"title": "\xed\xa0\x80"}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"title": ' + b"9" * 10_000 + b"}",
    b'{"title": 1e999, "state": 1e999}',
    b'{"title": NaN, "state": NaN}',
    b"null",
    b"[]",
    b'"text"',
    b"12",
    b"true",
    b"\x00",
    b'{"title": {"a": [1]}, "state": {"a": [1]}}',
    b'{"title": [], "state": []}',
    b'{"title": null, "state": null}',
    b'{"title": "x", "title": "y", "nothing": 1}',
    b"title=x",
    b"<xml/>",
]


async def connected(product: Running) -> httpx2.AsyncClient:
    client = await product.client()
    await product.connect(client, "linear")
    return client


async def test_a_body_that_is_not_what_was_asked_for_is_refused(product: Running) -> None:  # R44
    client = await connected(product)
    for body in BODIES:
        for path in (CALLBACK, ISSUES):
            for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded", ""):
                answer = await client.post(path, content=body, headers={"content-type": kind})
                result = (answer.status_code, answer.json()["code"])
                assert result == (400, "INVALID_REQUEST"), (path, body[:40], kind, answer.text)
                assert answer.json()["success"] is False
                assert answer.json()["error"]
    assert not product.seen("linear", "POST .*/issues")


async def test_an_empty_body_names_the_fields_that_are_missing(product: Running) -> None:
    client = await connected(product)
    answer = await client.post(ISSUES, content=b"")
    assert answer.json()["fields"] == {"title": "Field required"}
    answer = await client.post(CALLBACK, json={})
    assert list(answer.json()["fields"]) == ["state"]


async def test_every_route_refuses_what_cannot_be_read(product: Running) -> None:  # R44
    client = await connected(product)
    document = (await client.get("/api/openapi.json")).json()
    for path, methods in document["paths"].items():
        for method, entry in methods.items():
            if path == STREAM_PATH:
                # It does not end.
                continue
            in_path, _ = request_for(entry, document)
            where = path.format(**{**in_path, "provider": "linear"})
            for body in BODIES[:9]:
                answer = await client.request(method.upper(), where, content=body)
                assert answer.status_code < 500, (method, where, body[:40], answer.text)


TEXTS = [
    "\x00",
    "a\x00b",
    "\ud800",
    "\U0010ffff",
    "\u202e",
    "%00",
    "x" * 5_000,
    "../../etc/passwd",
    "' OR 1=1 --",
    "é/✓",
]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
async def test_no_text_breaks_a_route_wherever_it_stands(product: Running, text: str) -> None:  # R38 R44
    client = await connected(product)
    quoted = "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))
    body = json.dumps({"title": text, "state": text, "code": text, "nothing": text}).encode()
    for method, path, content in (
        ("GET", f"/api/integrations/{quoted}/auth", b""),
        ("GET", f"/api/integrations/linear/issues/{quoted}", b""),
        ("GET", f"{ISSUES}?connection={quoted}&{quoted}={quoted}", b""),
        ("GET", f"/api/integrations/linear/auth?returnTo={quoted}", b""),
        ("GET", f"{CALLBACK}?code={quoted}&state={quoted}&error={quoted}&iss={quoted}", b""),
        ("DELETE", f"/api/integrations/linear?connection={quoted}", b""),
        ("POST", CALLBACK, body),
        ("POST", ISSUES, body),
        ("POST", f"/api/integrations/linear/refresh?connection={quoted}", b""),
        ("GET", f"/static/{quoted}", b""),
        ("GET", f"/static/shell/app.js?v={quoted}", b""),
        ("GET", f"/sign-in?returnTo={quoted}", b""),
        ("GET", f"/settings/integrations/{quoted}/attempts", b""),
        ("GET", f"/{quoted}", b""),
    ):
        answer = await client.request(method, path, content=content)
        assert answer.status_code < 500, (method, path, answer.text)


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
async def test_no_text_breaks_a_form(product: Running, text: str) -> None:  # R44
    ada = await Browser.new(product)
    await ada.sign_up("ada@example.com")
    await ada.open("/settings/integrations")
    sent = text.encode("utf-8", "surrogatepass").decode("latin-1")
    for path, fields in (
        (
            "/sign-up",
            {"name": sent, "email": f"{sent}@example.com", "password": f"{sent}not-a-real-password"},
        ),
        ("/sign-in", {"email": sent, "password": sent, "returnTo": sent}),
        ("/settings/integrations/linear/connect", {"returnTo": sent, "connection": sent}),
        ("/settings/integrations/linear/disconnect", {"connection": sent}),
        ("/integrations/linear/message", {"channel": sent, "text": sent, "connection": sent}),
    ):
        answer = await ada.send(path, **fields)
        assert answer.status_code < 500, (path, answer.text)
    for name in ("fluxstudio_session", "fluxstudio_browser"):
        cookie = f"{name}={text.encode('utf-8', 'surrogatepass').hex()}{sent if sent.isprintable() else ''}"
        answer = await ada.client.get(
            "/settings/integrations", headers=[(b"cookie", cookie.encode("latin-1"))]
        )
        assert answer.status_code < 500


async def test_a_call_works_although_its_answer_cannot_be_kept(product: Running) -> None:
    """PostgreSQL keeps no NUL, and the person wants to see the issue all the same."""
    client = await connected(product)
    issues = product.simulators["linear"].world.data["issues"]
    issues.insert(0, {"id": "odd", "title": "odd \x00 title"})
    for _ in range(2):
        answer = await client.get(ISSUES)
        assert (answer.status_code, answer.json()["issues"][0]["title"]) == (200, "odd \x00 title")
    issues.pop(0)


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 65536):
        yield b" " * 65536


LARGE = 2 * 1024 * 1024


HOOK = "/api/integrations/linear/webhook"


@pytest.mark.parametrize(
    "path", [CALLBACK, ISSUES, HOOK, "/sign-in", "/sign-up", "/settings/integrations/linear/connect"]
)
@pytest.mark.parametrize("text", [True, False], ids=["declared", "in pieces"])
async def test_a_body_that_is_too_large_is_not_read(product: Running, path: str, text: bool) -> None:  # R34
    client = await product.client()
    kind = "application/json" if path.startswith("/api") else "application/x-www-form-urlencoded"
    answer = await client.post(
        path, content=b" " * LARGE if text else in_pieces(LARGE), headers={"content-type": kind}
    )
    assert answer.status_code == 413, answer.text
    assert "larger than" in answer.text
    if path.startswith("/api"):
        assert answer.json()["code"] == "TOO_LARGE"
    assert (await client.get("/health")).status_code == 200


@pytest.mark.parametrize("path", [CALLBACK, HOOK])
async def test_who_never_stops_sending_is_hung_up_on(product: Running, path: str) -> None:  # R58
    """What is thrown away so that an answer can be read is bounded too."""
    reader, writer = await asyncio.open_connection("127.0.0.1", product.services.settings.port)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
    # Of a webhook something is read before anything is answered.
    sent = 0 if path == CALLBACK else 32 * 65536
    writer.write(head.encode() + piece * (sent // 65536))
    async with asyncio.timeout(60):
        assert (await reader.readline()).split()[1] in {b"401", b"400", b"413"}
        with suppress(ConnectionError):
            while True:
                writer.write(piece)
                await writer.drain()
                sent += 65536
    writer.close()
    assert LARGE < sent < 2 * intake.MOST_DISCARDED


async def test_what_a_stranger_announces_is_refused_unread(product: Running) -> None:  # R34 R58
    """The answer comes before a byte of it was sent."""
    port = product.services.settings.port
    for size in (LARGE, 10**12, 10**30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"POST {CALLBACK} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {size}\r\n\r\n".encode()
        )
        async with asyncio.timeout(60):
            assert (await reader.readline()).split()[1] in {b"401", b"400"}
        writer.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["tls", "short", "version", "bytes", "negative", "twice", "chunk", "long path"],
)
async def test_what_is_not_http_is_cut_off_and_harms_nobody(product: Running, raw: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", product.services.settings.port)
    writer.write(raw)
    async with asyncio.timeout(60):
        try:
            status = (await reader.readline()).split()[1:2]
        except (ConnectionError, ValueError):
            status = []
    writer.close()
    assert not status or status[0].startswith(b"4"), status
    assert (await (await product.client(None)).get("/health")).status_code == 200


async def test_an_upload_form_that_is_broken_is_refused(product: Running) -> None:
    ada = await Browser.new(product)
    await ada.open("/sign-in")
    for kind, body in (
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=", b"--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("multipart/form-data; boundary=x", b"\xff" * 1000),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\xff\r\n--x--',
        ),
        ("application/x-www-form-urlencoded; charset=nothing", b"csrf=%ff&%00=%00"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(2000))),
    ):
        answer = await ada.client.post("/sign-in", content=body, headers={"content-type": kind})
        assert 400 <= answer.status_code < 500, (kind, body[:40], answer.status_code)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["title", "state", "code", "x"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(json_values)
async def test_no_json_makes_a_route_stumble(kept_running: Running, value: Any) -> None:  # R44
    client = await kept_running.client()
    for path in (CALLBACK, ISSUES):
        answer = await client.post(path, content=json.dumps(value).encode("utf-8", "surrogatepass"))
        assert answer.status_code < 500, answer.text
        assert answer.json()["code"] in {"INVALID_REQUEST", "STATE_INVALID", "NOT_CONNECTED"}


@pytest.mark.parametrize("path", [ISSUES, CALLBACK, "/sign-in"])
async def test_a_body_that_stops_arriving_is_not_waited_for(
    product: Running, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    await connected(product)
    monkeypatch.setattr(intake.Pace, "deadline", lambda pace, size: 0.2)
    address = urlsplit(product.base)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    kind = "application/json" if path.startswith("/api") else "application/x-www-form-urlencoded"
    head = f"POST {path} HTTP/1.1\r\nhost: {address.netloc}\r\nauthorization: Bearer {product.token()}\r\n"
    writer.write(f"{head}content-type: {kind}\r\ncontent-length: 1000\r\n\r\n{{".encode())
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), 60)
    assert answer.startswith(b"HTTP/1.1 400"), answer
    writer.close()
