"""Home."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.identity.preferences import Preferences
from fluxstudio.core.webhooks.events import Events
from fluxstudio.errors import NotFound
from fluxstudio.faces.web.components.views import BannerView, UndoView
from fluxstudio.faces.web.home.presenter import (
    CHECKLIST,
    SAMPLE_DATA,
    home_page,
    may_add,
    sample_data_view,
)
from fluxstudio.faces.web.home.views import SampleDataView
from fluxstudio.faces.web.shell.guest import sample_data_for
from fluxstudio.faces.web.shell.paths import HOME
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.overview import FirstSteps, overview

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
    sample_data = await _sample_data(visit, seen.steps)
    page = home_page(visit.services.registry, seen, accounts, visit.actor.name or "", sample_data)
    banners = [HIDDEN] if seen.steps.closed and request.query_params.get("done") == "hidden" else []
    return await visit.page(page, banners=banners)


async def _sample_data(visit: Visit, steps: FirstSteps) -> SampleDataView | None:
    samples = sample_data_for(visit.request, visit.actor)
    if samples is None:
        return None
    return sample_data_view(samples, steps, await samples.automation(visit.actor))


@router.post(SAMPLE_DATA)
async def add_sample_data(request: Request) -> Response:
    """Begin with the sample data of the demo; for a user who has something already, go on to Home."""
    visit = await Visit.of(request)
    await visit.form()
    samples = sample_data_for(request, visit.actor)
    if samples is None:
        raise NotFound("There is nothing here.")
    if may_add((await overview(visit.services, visit.actor)).steps):
        await samples.add(visit.actor)
    return await visit.go(HOME)


@router.post(CHECKLIST)
async def checklist(request: Request) -> Response:
    """Put the first steps away, or with `show` bring them back."""
    visit = await Visit.of(request)
    fields = await visit.form()
    closed = "show" not in fields
    await Preferences(visit.services.db).close_checklist(visit.actor.user_id, closed=closed)
    return await visit.go(f"{HOME}?done=hidden" if closed else HOME)
