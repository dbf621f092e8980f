"""Files in forms, with their names in every way that clients write them."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from fluxstudio.errors import InvalidRequest
from fluxstudio.sdk import Upload

MAX_UPLOAD_FIELDS = 50
# `filename*=UTF-8''na%C3%AFve.pdf` (RFC 5987). Clients send it for names beyond ASCII, some nothing else.
EXTENDED_NAME = re.compile(rb";\s*filename\*\s*=\s*\"?([\w-]+)'[\w-]*'([^;\"\s]*)\"?", re.I)
PLAIN_NAME = re.compile(rb";\s*filename\s*=\s*(?:\"(?:[^\"\\]|\\.)*\"|[^;]*)", re.I)

TEXT_FIELD = b"text/plain"
UNNAMED = b'; filename="file"'


async def read_form(request: Request, most_files: int = 1) -> FormData:
    """The fields of a `multipart/form-data` body with so many files at most; close it after use.

    Raises `InvalidRequest` for another kind of body or one that cannot be read.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise InvalidRequest("Send the file as multipart/form-data.", {"body": "is not multipart/form-data"})
    parser = _Parser(request.headers, request.stream(), max_files=most_files, max_fields=MAX_UPLOAD_FIELDS)
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise InvalidRequest(f"The form cannot be read: {error.message}", {"body": error.message}) from None


async def form_fields(request: Request, files: AsyncExitStack) -> dict[str, Any]:
    """The same with its file as an `Upload`, which stays open until `files` ends, and is not read here."""
    form = await read_form(request)
    files.push_async_callback(form.close)
    return {name: uploaded(value) for name, value in form.multi_items()}


def uploaded(value: UploadFile | str) -> Upload | str:
    """A field as it is, a file as an `Upload` over what was read."""
    if isinstance(value, str):
        return value
    return Upload(value.filename or "file", value.content_type or "application/octet-stream", value.file)


class _Parser(MultiPartParser):
    """The framework's parser, which knows files by `filename=` alone."""

    def on_headers_finished(self) -> None:
        part = self._current_part
        if part.content_disposition is not None:
            part.content_disposition = with_plain_name(part.content_disposition)
            # A name is optional (RFC 7578); generated clients send none, and a media type that is not text's.
            kind = dict(part.item_headers).get(b"content-type", TEXT_FIELD)
            if not kind.startswith(TEXT_FIELD) and not PLAIN_NAME.search(part.content_disposition):
                part.content_disposition += UNNAMED
        super().on_headers_finished()


def with_plain_name(disposition: bytes) -> bytes:
    """A Content-Disposition whose extended file name, where it has one, is its plain one in UTF-8."""
    extended = EXTENDED_NAME.search(disposition)
    if extended is None:
        return disposition
    try:
        name = unquote_to_bytes(extended[2]).decode(extended[1].decode())
    except (LookupError, ValueError):
        return disposition
    rest = PLAIN_NAME.sub(b"", EXTENDED_NAME.sub(b"", disposition))
    quoted = name.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", " ")
    return rest + f'; filename="{quoted}"'.encode()
