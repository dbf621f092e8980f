"""Search, as a page and as the options of the command palette."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.faces.web.components.views import HeadView, SearchView
from fluxstudio.faces.web.search.presenter import hit_groups, own_groups, results_of, shortened
from fluxstudio.faces.web.search.views import SearchGroup, SearchPage, SearchResults
from fluxstudio.faces.web.shell.paging import search_in
from fluxstudio.faces.web.shell.paths import SEARCH
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.search import SearchResult, find
from fluxstudio.kit.search import SearchWords

router = APIRouter(include_in_schema=False)

PALETTE_ITEMS = 6
OPENING_ACTIONS = 5
PAGE_ITEMS = 50
HEAD = HeadView(title="Search", sentence="Pages, actions, automations, and everything in your accounts.")


@router.get(SEARCH)
async def search(request: Request) -> Response:
    """Everything that matches."""
    visit = await Visit.of(request)
    results = await _results(visit, PAGE_ITEMS)
    view = SearchView(label="Search FluxStudio", action=SEARCH, query=results.query)
    return await visit.page(SearchPage(head=HEAD, search=view, results=results))


@router.get(f"{SEARCH}/options")
async def options(request: Request) -> Response:
    """The best matches, as the options of the command palette."""
    visit = await Visit.of(request)
    return await visit.part("search/options.html", results=await _results(visit, PALETTE_ITEMS))


async def _results(visit: Visit, most: int) -> SearchResults:
    query = search_in(visit.request.query_params.get("q"))
    words, actor, services = SearchWords(query), visit.actor, visit.services
    listed = await services.connections.of_user(actor.user_id)
    families = visit.request.app.state.families
    places, actions = own_groups(words, families, services.registry, listed, admin=actor.is_admin)
    if not words:
        # Before anything is typed there is what everybody may want; no list is read for it.
        opening = [shortened(actions, OPENING_ACTIONS) if most < PAGE_ITEMS else actions, places]
        return results_of(words, query, opening, SearchResult((), (), ()), PAGE_ITEMS)
    result = await find(services, actor, words, listed)
    groups: list[SearchGroup] = [places, *hit_groups(services.registry, result, most), actions]
    return results_of(words, query, groups, result, most)
