"""One run of an automation, and running it again."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.automations.rules import Automation, Automations
from fluxstudio.core.automations.run_history import RunHistory
from fluxstudio.errors import Conflict, NotFound
from fluxstudio.faces.web.automations.presenter import about
from fluxstudio.faces.web.automations.run_presenter import run_view
from fluxstudio.faces.web.automations.shared import automation_of, path_of
from fluxstudio.faces.web.automations.views import RunsPage
from fluxstudio.faces.web.components.views import BannerView
from fluxstudio.faces.web.shell.paths import AUTOMATIONS, run_path
from fluxstudio.faces.web.shell.visit import Visit, local_path
from fluxstudio.flows.automations.authoring import service
from fluxstudio.flows.automations.runs.retry import retry
from fluxstudio.flows.directory import names_in

router = APIRouter(prefix=AUTOMATIONS + "/{which}/runs/{run}", include_in_schema=False)


@router.get("")
async def one_run(request: Request, which: str, run: str) -> Response:
    """One run with what started it, what it sent and what came back."""
    visit = await Visit.of(request)
    entry, run_id = await automation_of(visit, which), _run_id(run)
    await RunHistory(visit.services.db).see_runs(visit.actor.user_id, entry.id)
    added = request.query_params.get("done") == "again"
    banners = [BannerView(tone="good", title="Running it again.")] if added else []
    return await visit.page(await _page(visit, entry, run_id), banners=banners)


@router.post("/retry")
async def run_again(request: Request, which: str, run: str) -> Response:
    """Run a failed run again, and show the new one; where that cannot be, say why."""
    visit = await Visit.of(request)
    back = (await visit.form()).get("returnTo")
    entry, run_id = await automation_of(visit, which), _run_id(run)
    try:
        added = await retry(
            visit.services, run_id, owner=visit.actor.user_id, by=visit.actor.user_id, automation_id=entry.id
        )
    except Conflict as error:
        banner = BannerView(tone="bad", title="This run can’t be run again.", detail=error.message)
        return await visit.page(await _page(visit, entry, run_id), banners=[banner], status=409)
    if back and back.startswith("/activity/"):
        return await visit.go(f"{local_path(back)}?done=0&retried=1")
    return await visit.go(f"{run_path(entry.id, added.run_id)}?done=again")


async def _page(visit: Visit, entry: Automation, run_id: UUID) -> RunsPage:
    run = await Automations(visit.services.db).run(visit.actor.user_id, entry.id, run_id)
    sentences = await service.started_by(visit.services, visit.actor, [run])
    names = await names_in(visit.services, visit.actor, [run.inputs])
    view = replace(run_view(visit.services.registry, entry, run, sentences, names), open=True)
    return RunsPage(
        about=await about(visit, entry, ""),
        runs=(view,),
        here=run_path(entry.id, run_id),
        newest_href=path_of(entry.id),
        one=True,
    )


def _run_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("This automation has no such run, or it is older than 90 days.") from None
