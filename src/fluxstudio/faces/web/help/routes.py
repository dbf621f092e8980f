"""Help: the list of guides, and each of them."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.errors import NotFound
from fluxstudio.faces.web.components.views import HeadView, LinkView
from fluxstudio.faces.web.help.guides import guides, html_of_guide
from fluxstudio.faces.web.help.views import GuidePage, GuideRow, HelpPage
from fluxstudio.faces.web.shell.paths import HELP
from fluxstudio.faces.web.shell.visit import Visit

router = APIRouter(prefix=HELP, include_in_schema=False)


@router.get("")
async def help_page(request: Request) -> Response:
    """Every guide."""
    visit = await Visit.of(request)
    rows = tuple(
        GuideRow(title=guide.title, about=guide.about, href=f"{HELP}/{guide.name}") for guide in guides()
    )
    sentence = "How to connect your tools, what each can do, and what to do when something fails."
    return await visit.page(HelpPage(head=HeadView(title="Help", sentence=sentence), rows=rows))


@router.get("/{name}")
async def guide_page(request: Request, name: str) -> Response:
    """One guide."""
    visit = await Visit.of(request)
    guide = next((entry for entry in guides() if entry.name == name), None)
    if guide is None:
        raise NotFound("There is no such guide. Help lists those there are.")
    parent = LinkView(label="Help", href=HELP)
    return await visit.page(
        GuidePage(head=HeadView(title=guide.title, parent=parent), html=html_of_guide(guide.name))
    )
