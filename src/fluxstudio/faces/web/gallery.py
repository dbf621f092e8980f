"""Every piece of the interface on one page, for those who build it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.faces.web.pieces import pieces_page
from fluxstudio.faces.web.templating import STATIC
from fluxstudio.faces.web.visit import Visit

router = APIRouter(include_in_schema=False)


@router.get("/pieces")
async def pieces(request: Request) -> Response:
    """All pieces in all their states."""
    icons = tuple(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text("utf-8")))
    visit = await Visit.of(request)
    return await visit.page(pieces_page(datetime.now(UTC), icons))
