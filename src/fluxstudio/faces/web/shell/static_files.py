"""Our own static files, and the libraries that set-up fetched for the pages."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.errors import NotFound
from fluxstudio.faces.middleware.compression import (
    MIN_COMPRESSED_BYTES,
    TYPES,
    VARY,
    accepts_gzip,
    packed_headers,
)
from fluxstudio.faces.web.shell.templating import StaticFiles
from fluxstudio.kit.signatures import sha256

FOR_EVER = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is served: its bytes, the same compressed where that saves something, and its ETag."""

    changed_ns: int
    content: bytes
    packed: bytes | None
    media_type: str
    etag: str

    @classmethod
    def read(cls, path: Path) -> StaticFile:
        """Read and compress a file."""
        content, media_type = path.read_bytes(), guess_type(path.name)[0] or "application/octet-stream"
        packed = None
        if media_type.encode() in TYPES and len(content) >= MIN_COMPRESSED_BYTES:
            packed = gzip.compress(content, 9, mtime=0)
        etag = f'"{sha256(content).hex()[:32]}"'
        return cls(path.stat().st_mtime_ns, content, packed, media_type, etag)


# There are as many as the folders have.
_read: dict[Path, StaticFile] = {}


def static_file(path: Path) -> StaticFile:
    """A file, read again once it has changed."""
    file = _read.get(path)
    if file is None or file.changed_ns != path.stat().st_mtime_ns:
        file = _read[path] = StaticFile.read(path)
    return file


@router.get("/static/{name:path}")
async def static(request: Request, name: str) -> Response:
    """A static file; one asked for by its content's hash may be kept for ever."""
    files: StaticFiles = request.app.state.static
    path = files.find(name)
    if path is None:
        raise NotFound("There is no such file.")
    file = static_file(path)
    caching = FOR_EVER if "v" in request.query_params else "no-cache"
    if _has(request, file.etag):
        headers = {"cache-control": caching, "etag": file.etag, "vary": "accept-encoding"}
        return Response(status_code=304, headers=headers)
    response = Response(file.content, media_type=file.media_type)
    response.headers["cache-control"] = caching
    response.headers["etag"] = file.etag
    if file.packed is not None:
        if accepts_gzip(request.headers.raw):
            response.body = file.packed
            response.raw_headers = packed_headers(response.raw_headers, len(file.packed))
        else:
            response.raw_headers.append(VARY)
    return response


def _has(request: Request, etag: str) -> bool:
    """Whether the reader has it already, compressed or not (`If-None-Match`, compared weakly)."""
    if_none_match = request.headers.get("if-none-match", "")
    return if_none_match.strip() == "*" or etag in {
        part.strip().removeprefix("W/") for part in if_none_match.split(",")
    }
