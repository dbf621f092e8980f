"""What a field can be filled with, found by a few letters: 50 at most."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from fluxstudio.faces.web.shell.paging import search_in
from fluxstudio.faces.web.shell.paths import ACCOUNT_PAGES
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.automations.authoring.choices import suggested

router = APIRouter(prefix=ACCOUNT_PAGES, include_in_schema=False)


@router.get("/suggestions")
async def suggestions(request: Request, provider: str) -> Response:
    """`{suggestions: [{value, words}]}` for a kind of field; empty where nothing can be suggested."""
    visit, query = await Visit.of(request), request.query_params
    choices = await suggested(
        visit.services,
        visit.actor,
        query.get("ask", ""),
        provider,
        connection=query.get("connection"),
        search=search_in(query.get("q")),
    )
    entries = [{"value": choice.value, "words": choice.words} for choice in choices]
    return await visit.send(JSONResponse({"suggestions": entries}))
