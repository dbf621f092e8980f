"""Home."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.identity.preferences import Preferences
from fluxstudio.core.webhooks.events import Events
from fluxstudio.faces.web.components.views import BannerView, UndoView
from fluxstudio.faces.web.home.presenter import CHECKLIST, home_page
from fluxstudio.faces.web.shell.paths import HOME
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.overview import overview

router = APIRouter(include_in_schema=False)

HIDDEN = BannerView(
    tone="neutral", title="First steps hidden.", undo=UndoView(action=CHECKLIST, fields={"show": "yes"})
)


@router.get(HOME)
async def home(request: Request) -> Response:
    """The first steps, and what needs attention."""
    visit = await Visit.of(request)
    seen = await overview(visit.services, visit.actor)
    accounts = await Events(visit.services.db).account_names(seen.events)
    page = home_page(visit.services.registry, seen, accounts, visit.actor.name or "")
    banners = [HIDDEN] if seen.steps.closed and request.query_params.get("done") == "hidden" else []
    return await visit.page(page, banners=banners)


@router.post(CHECKLIST)
async def checklist(request: Request) -> Response:
    """Put the first steps away, or with `show` bring them back."""
    visit = await Visit.of(request)
    fields = await visit.form()
    closed = "show" not in fields
    await Preferences(visit.services.db).close_checklist(visit.actor.user_id, closed=closed)
    return await visit.go(f"{HOME}?done=hidden" if closed else HOME)
