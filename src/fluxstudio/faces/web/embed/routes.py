"""The script of `<flux-integrations>`, for every origin to load: it holds nothing of anybody."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.faces.web.shell.static_files import static_file

router = APIRouter(include_in_schema=False)

SCRIPT = Path(__file__).parent / "flux-integrations.js"
# Pages name the script without a version, so a new one has to reach them soon.
KEPT = "public, max-age=300, stale-while-revalidate=86400"


@router.get("/embed/flux-integrations.js")
async def script(request: Request) -> Response:
    """The custom element."""
    file = static_file(SCRIPT)
    headers = {
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
        "cache-control": KEPT,
        "etag": file.etag,
    }
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type="text/javascript", headers=headers)
