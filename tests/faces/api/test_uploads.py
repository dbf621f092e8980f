"""A file is taken under its name, however its client writes it."""

from __future__ import annotations

import tracemalloc
from contextlib import AsyncExitStack

import pytest
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Message

from fluxstudio.core.registry import Registry, discover
from fluxstudio.errors import InvalidRequest
from fluxstudio.faces.uploads import form_fields, read_form
from fluxstudio.sdk import Upload
from fluxstudio.settings import ProviderSettings

BOUNDARY = "edge"


def request(body: bytes, content_type: str = f"multipart/form-data; boundary={BOUNDARY}") -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", content_type.encode())]}
    return Request(scope, receive)


def form(disposition: str) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\nContent-Type: application/pdf\r\n\r\n"
    return head.encode() + b"%PDF" + f"\r\n--{BOUNDARY}--\r\n".encode()


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('form-data; name="file"; filename="plan.pdf"', "plan.pdf"),
        ('form-data; name="file"; filename="naïve plan.pdf"', "naïve plan.pdf"),
        ("form-data; name=\"file\"; filename*=UTF-8''na%C3%AFve%20plan.pdf", "naïve plan.pdf"),
        ('form-data; name="file"; filename*=utf-8\'\'na%C3%AFve.pdf; filename="na_ve.pdf"', "naïve.pdf"),
        ('form-data; name="file"; filename="na_ve.pdf"; filename*=utf-8\'\'na%C3%AFve.pdf', "naïve.pdf"),
        ("form-data; filename*=UTF-8'en'a%22b.pdf; name=\"file\"", 'a"b.pdf'),
        ("form-data; name=\"file\"; filename*=ISO-8859-1''na%EFve.pdf", "naïve.pdf"),
        ('form-data; name="file"; filename="a.pdf"; filename*=x-unknown\'\'b.pdf', "a.pdf"),
        ('form-data; name="file"', "file"),
    ],
)
async def test_the_name_of_a_file_is_read_in_every_form(disposition: str, name: str) -> None:
    fields = await read_form(request(form(disposition)))
    file = fields["file"]
    assert isinstance(file, UploadFile)
    assert (file.filename, await file.read()) == (name, b"%PDF")
    await fields.close()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/json"),
        (b"nothing of the kind", f"multipart/form-data; boundary={BOUNDARY}"),
        (form('form-data; name="file"; filename="a"') * 2, "multipart/form-data"),
    ],
)
async def test_what_is_no_form_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(InvalidRequest):
        await (await read_form(request(body, content_type))).close()


async def test_text_in_place_of_a_file_is_refused_in_words_for_whoever_calls() -> None:
    registry = Registry(discover(), lambda provider: ProviderSettings())
    with pytest.raises(InvalidRequest) as refused:
        registry.operation("slack.files").check({"channel": "#design", "file": "tide line"})
    assert refused.value.details["fields"] == {"file": "Send it as a file, with a file name."}


async def test_a_large_file_is_handed_on_without_being_in_memory() -> None:
    """Thirty-two megabytes arrive and are read again, with a few in memory at the most."""
    piece, pieces = b"x" * 65536, 512
    head, _, tail = form('form-data; name="file"; filename="large.pdf"').partition(b"%PDF")
    parts = iter([head, *[piece] * pieces, tail])
    left = pieces + 2

    async def receive() -> Message:
        nonlocal left
        left -= 1
        return {"type": "http.request", "body": next(parts), "more_body": left > 0}

    content_type = f"multipart/form-data; boundary={BOUNDARY}".encode()
    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", content_type)]}
    tracemalloc.start()
    try:
        async with AsyncExitStack() as files:
            upload = (await form_fields(Request(scope, receive), files))["file"]
            assert isinstance(upload, Upload)
            for _ in range(2):
                # Whoever is not answered sends it again from the beginning.
                assert sum([len(chunk) async for chunk in upload.chunks()]) == upload.size == 65536 * pieces
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024
    assert not isinstance(upload.content, bytes)
    assert upload.content.closed
