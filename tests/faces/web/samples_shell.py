"""Search with and without results."""

from __future__ import annotations

from fluxstudio.faces.web.components.samples import ICON
from fluxstudio.faces.web.components.views import HeadView, SearchView
from fluxstudio.faces.web.search.views import SearchGroup, SearchItem, SearchPage, SearchResults
from fluxstudio.faces.web.shell.templating import Page

ITEMS = (
    SearchItem(label="Automations", href="/automations", icon="bolt"),
    SearchItem(label="#design", href="/c", detail="Harbour & Pine", mark=ICON),
    SearchItem(label="Sign out", href="/sign-out", icon="sign-out", submits=True),
)


def pages() -> list[Page]:
    """Every page of the shell."""
    results = SearchResults(
        query="a",
        groups=(SearchGroup(name="pages", label="Go to", items=ITEMS, more=3),),
        note="Still reading Harbour & Pine.",
    )
    return [_search(results), _search(SearchResults(query="moon", groups=()))]


def _search(results: SearchResults) -> SearchPage:
    return SearchPage(
        head=HeadView(title="Search"),
        search=SearchView(label="Search FluxStudio", action="/search", query=results.query),
        results=results,
    )
