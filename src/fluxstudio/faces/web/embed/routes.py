"""The script of `<flux-integrations>`, for every origin to load: it holds nothing of anybody."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.kit.signatures import sha256

router = APIRouter(include_in_schema=False)

FOLDER = Path(__file__).parent
# Pages name the script without a version, so a new one has to reach them soon.
KEPT = "public, max-age=300, stale-while-revalidate=86400"


@cache
def element_script() -> str:
    """The one file that pages load: style, pieces and element, with no name of theirs in the page."""
    style, pieces, element = (
        (FOLDER / name).read_text("utf-8") for name in ("element.css", "pieces.js", "element.js")
    )
    return f'(() => {{\n"use strict";\nconst STYLE = {json.dumps(style)};\n{pieces}\n{element}}})();\n'


@router.get("/embed/flux-integrations.js")
async def script(request: Request) -> Response:
    """The custom element."""
    content = element_script()
    etag = f'"{sha256(content).hex()[:32]}"'
    headers = {
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
        "cache-control": KEPT,
        "etag": etag,
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="text/javascript", headers=headers)
