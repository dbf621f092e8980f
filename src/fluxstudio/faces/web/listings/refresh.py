"""Asking the provider for a list although the kept one is still fresh."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.errors import NotFound
from fluxstudio.faces.web.listings import channels, files, repositories
from fluxstudio.faces.web.listings.listing import ListRequest
from fluxstudio.faces.web.visit import Visit

router = APIRouter()

PageOf = Callable[[Visit, str, ListRequest], Awaitable[Response]]
PAGES: Mapping[str, PageOf] = {page.SECTION.path: page.page_of for page in (files, channels, repositories)}


@router.post("/refresh")
async def refresh(request: Request, provider: str) -> Response:
    """Ask the provider, then show the list; with what is in the way where it does not answer."""
    visit = await Visit.of(request)
    fields = await visit.form()
    page_of = PAGES.get(fields.get("list", ""))
    if page_of is None:
        raise NotFound("There is no such list.")
    return await page_of(visit, provider, replace(ListRequest.of(fields), renew=True))
