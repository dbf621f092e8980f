"""One automation: its runs, its dry run, its versions, and the question before it is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.automations.rules import RuleVersion, automation_id
from fluxstudio.core.automations.run_history import RunHistory
from fluxstudio.core.registry import Registry
from fluxstudio.errors import Conflict, InvalidRequest, NotFound
from fluxstudio.faces.web.automations.dry_run import dry_run_view
from fluxstudio.faces.web.automations.failure_notice import notice_view
from fluxstudio.faces.web.automations.presenter import about, delete_view
from fluxstudio.faces.web.automations.run_presenter import run_view
from fluxstudio.faces.web.automations.shared import (
    automation_of,
    json_text,
    outcome_banners,
    path_of,
    values_of,
)
from fluxstudio.faces.web.automations.views import (
    DeletePage,
    RunsPage,
    TryPage,
    VersionsPage,
    VersionView,
)
from fluxstudio.faces.web.components.views import BannerView, HeadView, LinkView, SearchView, TabView
from fluxstudio.faces.web.shell.paging import search_in
from fluxstudio.faces.web.shell.paths import AUTOMATIONS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.automations.authoring import service
from fluxstudio.flows.automations.authoring.dry_run import on_recent_events
from fluxstudio.flows.automations.authoring.run_search import STATUSES, runs_page
from fluxstudio.flows.automations.authoring.summary import summary_of
from fluxstudio.flows.automations.evaluation.evaluator import Evaluation
from fluxstudio.flows.automations.health.listening_now import listen_now
from fluxstudio.flows.automations.health.status import health_of
from fluxstudio.flows.directory import names_in

router = APIRouter(prefix=AUTOMATIONS + "/{which}", include_in_schema=False)

RUNS_PAGE_SIZE = 25
# What the runs can be narrowed to, in a tab's words.
RUN_STATES = {"": "All", "done": "Worked", "failed": "Failed", "queued": "Running", "skipped": "Skipped"}
VERSIONS_ON_A_PAGE = 20


@router.get("")
async def runs(request: Request, which: str) -> Response:
    """What an automation did, newest first."""
    visit = await Visit.of(request)
    entry = await automation_of(visit, which)
    query, here = request.query_params, path_of(entry.id)
    before, state, words = query.get("before", ""), query.get("state", ""), search_in(query.get("q"))
    state = state if state in STATUSES else ""
    listed = await runs_page(
        visit.services,
        visit.actor,
        entry.id,
        words=words,
        state=state,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
        limit=RUNS_PAGE_SIZE,
    )
    await RunHistory(visit.services.db).see_runs(visit.actor.user_id, entry.id)

    def address(**changed: str) -> str:
        wanted = {"state": state, "q": words, **changed}
        chosen = urlencode({name: value for name, value in wanted.items() if value})
        return f"{here}?{chosen}" if chosen else here

    names = await names_in(visit.services, visit.actor, [run.inputs for run in listed.runs])
    narrowed = bool(state or words)
    page = RunsPage(
        about=await about(visit, entry, ""),
        runs=tuple(
            run_view(visit.services.registry, entry, run, listed.sentences, names) for run in listed.runs
        ),
        here=address(before=before),
        older_href=None if listed.older is None else address(before=str(listed.older)),
        newest_href=address() if before else None,
        try_link=LinkView(label="Test on last week’s events", href=path_of(entry.id, "try")),
        states=tuple(
            TabView(label=label, href=address(state=name), current=name == state)
            for name, label in RUN_STATES.items()
        )
        if listed.runs or narrowed
        else (),
        search=SearchView(
            label="Search runs",
            action=here,
            query=words,
            hidden={"state": state} if state else {},
            as_typed=False,
        )
        if listed.runs or narrowed
        else None,
        is_narrowed=narrowed,
        is_partial=listed.is_partial,
        notice=await notice_view(visit, entry),
    )
    works = page.about.health.state is None
    return await visit.page(
        page, banners=outcome_banners(request.query_params.get("done"), entry, works=works)
    )


@router.post("/listen")
async def listen(request: Request, which: str) -> Response:
    """Have the provider send what the automation waits for; its page says what came of that."""
    visit = await Visit.of(request)
    await visit.form()
    entry = await automation_of(visit, which)
    with suppress(Conflict):
        entry = await listen_now(visit.services, visit.actor, entry.id)
    state = (await health_of(visit.services, visit.actor, [entry]))[entry.id].state
    return await visit.go(path_of(entry.id) + ("?done=listens" if state == "listening" else ""))


@router.get("/try")
async def try_it(request: Request, which: str) -> Response:
    """What the automation would have done with what happened lately; nothing is sent."""
    visit = await Visit.of(request)
    entry = await automation_of(visit, which)
    stand = await about(visit, entry, "try")
    try:
        evaluation = Evaluation(visit.services, visit.actor.user_id)
        definition = await service.readable(
            visit.services,
            visit.actor,
            entry.definition,
            evaluation,
            before=service.as_kept(entry.definition),
        )
        dry_run = await on_recent_events(visit.services, visit.actor, definition, evaluation)
    except InvalidRequest as error:
        problems = "; ".join(f"{field}: {what}" for field, what in error.details["fields"].items())
        link = LinkView(label="Edit it", href=path_of(entry.id, "edit") + "?done=stays-off")
        problem = BannerView(tone="bad", title=error.message, detail=problems, action=link)
        return await visit.page(TryPage(about=stand, dry_run=None, problem=problem))
    return await visit.page(
        TryPage(about=stand, dry_run=dry_run_view(visit.services.registry, dry_run, definition))
    )


@router.get("/versions")
async def versions(request: Request, which: str) -> Response:
    """Everything the automation has said so far."""
    visit = await Visit.of(request)
    entry = await automation_of(visit, which)
    before_text = request.query_params.get("before", "")
    before = (
        int(before_text)
        if before_text.isascii() and before_text.isdigit() and len(before_text) < 10
        else None
    )
    entries, older = await service.versions(
        visit.services, visit.actor, entry.id, before=before, limit=VERSIONS_ON_A_PAGE
    )
    names = await names_in(visit.services, visit.actor, [version.definition for version in entries])
    page = VersionsPage(
        about=await about(visit, entry, "versions"),
        versions=tuple(
            _version(
                visit.services.registry, version, None if version.version == entry.version else restore, names
            )
            for version in entries
            for restore in [path_of(entry.id, f"versions/{version.version}/restore")]
        ),
        older_href=None if older is None else f"{path_of(entry.id, 'versions')}?before={older}",
    )
    return await visit.page(page, banners=outcome_banners(request.query_params.get("done"), entry))


def _version(
    registry: Registry, version: RuleVersion, restore_action: str | None, names: Mapping[str, str]
) -> VersionView:
    words, do = summary_of(registry, version.definition, names), version.definition["do"]
    return VersionView(
        number=version.version,
        at=version.created_at,
        sentence=words.sentence,
        only=words.only,
        values=values_of(registry, str(do["operation"]), do.get("arguments"), names),
        json=json_text(version.definition),
        restore_action=restore_action,
    )


@router.post("/versions/{number}/restore")
async def restore(request: Request, which: str, number: str) -> Response:
    """Let the automation say again what it said then."""
    visit = await Visit.of(request)
    await visit.form()
    entry = await automation_of(visit, which)
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NotFound("This version doesn’t exist. See Versions for the others.")
    try:
        await service.restore(visit.services, visit.actor, entry.id, int(number))
    except InvalidRequest as error:
        problems = "; ".join(f"{field}: {what}" for field, what in error.details["fields"].items())
        title = f"Version {number} can’t run any more, so nothing was changed."
        return await visit.page(
            TryPage(
                about=await about(visit, entry, "versions"),
                dry_run=None,
                problem=BannerView(tone="bad", title=title, detail=problems),
            ),
            status=400,
        )
    return await visit.go(f"{path_of(entry.id, 'versions')}?done=restored")


@router.get("/delete")
async def ask(request: Request, which: str) -> Response:
    """The question before an automation is deleted."""
    visit = await Visit.of(request)
    entry = await automation_of(visit, which)
    parent = LinkView(label=entry.name, href=path_of(entry.id))
    page = DeletePage(head=HeadView(title=f"Delete “{entry.name}”", parent=parent), delete=delete_view(entry))
    return await visit.page(page)


@router.post("/delete")
async def delete(request: Request, which: str) -> Response:
    """Delete an automation."""
    visit = await Visit.of(request)
    await visit.form()
    entry = await automation_of(visit, which)
    await service.remove(visit.services, visit.actor, entry.id)
    return await visit.go(
        f"{AUTOMATIONS}?done=deleted&notice={entry.id}{'&started=1' if entry.enabled else ''}"
    )


@router.post("/undelete")
async def undelete(request: Request, which: str) -> Response:
    """Take back that an automation was deleted; it is as it was, on or off."""
    visit = await Visit.of(request)
    fields = await visit.form()
    chosen = automation_id(which)
    await service.undelete(visit.services, visit.actor, chosen)
    try:
        if fields.get("on") == "yes":
            await service.change(visit.services, visit.actor, chosen, enabled=True)
    except InvalidRequest:
        return await visit.go(f"{path_of(chosen, 'edit')}?done=stays-off")
    return await visit.go(f"{AUTOMATIONS}?done=undeleted&notice={chosen}#automation-{chosen}")
