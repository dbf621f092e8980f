"""A file is taken under its name, however its client writes it."""

from __future__ import annotations

import pytest
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Message

from fluxstudio.errors import InvalidRequest
from fluxstudio.faces.api.uploads import read_form

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
