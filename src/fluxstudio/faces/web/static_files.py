"""Our own static files, and the libraries that set-up fetched for the pages."""

from __future__ import annotations

from mimetypes import guess_type

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from fluxstudio.errors import NotFound
from fluxstudio.faces.web.templating import StaticFiles

FOR_EVER = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)
files = StaticFiles()


@router.get("/static/{name}")
async def static(request: Request, name: str) -> Response:
    """A static file; one asked for by its content's hash may be kept for ever."""
    path = files.find(name)
    if path is None:
        raise NotFound("There is no such file.")
    caching = FOR_EVER if "v" in request.query_params else "no-cache"
    return FileResponse(path, media_type=guess_type(name)[0], headers={"cache-control": caching})
