"""Our own static files, and the libraries that set-up fetched for the pages."""

from __future__ import annotations

import sys
from mimetypes import guess_type
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from fluxstudio.errors import NotFound
from fluxstudio.faces.web.templating import STATIC

FETCHED = Path(sys.prefix) / "share" / "fluxstudio" / "static"
FOR_EVER = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


def static_file(name: str) -> Path | None:
    """The file served under a name, or None; names have no folders."""
    for folder in (STATIC, FETCHED):
        path = folder / name
        if path.parent == folder and path.is_file():
            return path
    return None


@router.get("/static/{name}")
async def static(request: Request, name: str) -> Response:
    """A static file; one asked for by its content's hash may be kept for ever."""
    path = static_file(name)
    if path is None:
        raise NotFound("There is no such file.")
    caching = FOR_EVER if "v" in request.query_params else "no-cache"
    return FileResponse(path, media_type=guess_type(name)[0], headers={"cache-control": caching})
