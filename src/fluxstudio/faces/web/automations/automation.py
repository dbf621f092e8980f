"""One automation: its runs, its dry run, its versions, and the question before it is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.automations.rules import Automation, RuleVersion, Run
from fluxstudio.core.automations.run_history import RunHistory
from fluxstudio.core.registry import Registry
from fluxstudio.errors import Conflict, InvalidRequest, NotFound
from fluxstudio.faces.web.automations.dry_run import dry_run_view
from fluxstudio.faces.web.automations.failure_notice import notice_view
from fluxstudio.faces.web.automations.presenter import about, delete_view
from fluxstudio.faces.web.automations.shared import (
    CONNECT,
    automation_of,
    json_text,
    outcome_banners,
    path_of,
    values_of,
)
from fluxstudio.faces.web.automations.views import (
    DeletePage,
    RunsPage,
    RunView,
    TryPage,
    VersionsPage,
    VersionView,
)
from fluxstudio.faces.web.components.runs import OUTCOMES, made_link
from fluxstudio.faces.web.components.views import BannerView, HeadView, LinkView
from fluxstudio.faces.web.shell.filters import exact
from fluxstudio.faces.web.shell.paths import AUTOMATIONS, run_path
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.automations.authoring import service
from fluxstudio.flows.automations.authoring.dry_run import on_recent_events
from fluxstudio.flows.automations.authoring.summary import event_summary, summary_of
from fluxstudio.flows.automations.evaluation.evaluator import Evaluation
from fluxstudio.flows.automations.health.listening_now import listen_now
from fluxstudio.flows.automations.health.status import health_of
from fluxstudio.flows.directory import of_rules

router = APIRouter(prefix=AUTOMATIONS + "/{which}", include_in_schema=False)

RUNS_PAGE_SIZE = 25
VERSIONS_ON_A_PAGE = 20
# Problems that are mended where accounts are connected.
AT_INTEGRATIONS = frozenset({"NOT_CONNECTED", "REAUTHORIZATION_REQUIRED", "SCOPE_MISSING"})
IN_THE_RULE = frozenset({"ARGUMENTS", "CONNECTION_AMBIGUOUS", "NOT_FOUND", "INVALID_REQUEST", "TOO_OFTEN"})


@router.get("")
async def runs(request: Request, which: str) -> Response:
    """What an automation did, newest first."""
    visit = await Visit.of(request)
    entry = await automation_of(visit, which)
    before = request.query_params.get("before", "")
    entries, older = await service.runs(
        visit.services,
        visit.actor,
        entry.id,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
        limit=RUNS_PAGE_SIZE,
    )
    sentences = await service.started_by(visit.services, visit.actor, entries)
    await RunHistory(visit.services.db).see_runs(visit.actor.user_id, entry.id)
    here = path_of(entry.id)
    page = RunsPage(
        about=await about(visit, entry, ""),
        runs=tuple(run_view(visit.services.registry, entry, run, sentences) for run in entries),
        here=f"{here}?before={before}" if before else here,
        older_href=None if older is None else f"{here}?before={older}",
        newest_href=here if before else None,
        try_link=LinkView(label="Try it on last week’s events", href=path_of(entry.id, "try")),
        notice=await notice_view(visit, entry),
    )
    works = page.about.health.state is None
    return await visit.page(
        page, banners=outcome_banners(request.query_params.get("done"), entry.name, works=works)
    )


def run_view(registry: Registry, entry: Automation, run: Run, sentences: Mapping[UUID, str]) -> RunView:
    """A run as its page shows it; `sentences` says what happened, by event."""
    here, definition = path_of(entry.id), entry.definition
    problem, operation = run.problem or {}, str(definition["do"]["operation"])
    retryable = run.status in {"failed", "dead"} and run.retried_as is None
    again = None if run.retried_as is None else run_path(entry.id, run.retried_as)
    before = None if run.retry_of is None else run_path(entry.id, run.retry_of)
    link = CONNECT if problem.get("code") in AT_INTEGRATIONS else None
    if problem.get("code") in IN_THE_RULE:
        link = LinkView(label="Edit the automation", href=f"{here}/edit")
    return RunView(
        id=str(run.id),
        outcome=OUTCOMES[run.status],
        at=run.created_at,
        started_by=_started_by(registry, definition, run, sentences),
        event=LinkView(label="Event", href=f"/activity/{run.event_id}")
        if run.event_id in sentences
        else None,
        version=run.version,
        attempts=run.attempts,
        inputs=values_of(registry, operation, run.inputs),
        output=None if run.output is None else json_text(run.output),
        cause=problem.get("message"),
        mend=problem.get("mend"),
        mend_link=link,
        open=run.status in {"failed", "dead"},
        href=run_path(entry.id, run.id),
        made=made_link(registry, run.call),
        retry_action=f"{run_path(entry.id, run.id)}/retry" if retryable else None,
        again=LinkView(label="Was run again", href=again) if again else None,
        before=LinkView(label="Run again after a failure", href=before) if before else None,
    )


def _started_by(
    registry: Registry, definition: Mapping[str, Any], run: Run, sentences: Mapping[UUID, str]
) -> str:
    """What a run was started by: a time, an event, or the kind of one that is no longer kept."""
    if run.due_at is not None:
        return f"Due {exact(run.due_at)}"
    if run.event_id is not None and run.event_id in sentences:
        return sentences[run.event_id]
    event = definition["when"].get("event")
    words = "something that happened" if event is None else event_summary(registry, str(event))
    return f"{words[:1].upper()}{words[1:]}"


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
    names = await of_rules(visit.services, visit.actor, [version.definition for version in entries])
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
    return await visit.page(page, banners=outcome_banners(request.query_params.get("done"), entry.name))


def _version(
    registry: Registry, version: RuleVersion, restore_action: str | None, names: Mapping[str, str]
) -> VersionView:
    words, do = summary_of(registry, version.definition, names), version.definition["do"]
    return VersionView(
        number=version.version,
        at=version.created_at,
        sentence=words.sentence,
        only=words.only,
        values=values_of(registry, str(do["operation"]), do.get("arguments")),
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
        raise NotFound("This automation has no such version. Look at Versions for those it has.")
    try:
        await service.restore(visit.services, visit.actor, entry.id, int(number))
    except InvalidRequest as error:
        problems = "; ".join(f"{field}: {what}" for field, what in error.details["fields"].items())
        title = f"Version {number} cannot work any more, so nothing was changed."
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
    await service.remove(visit.services, visit.actor, (await automation_of(visit, which)).id)
    return await visit.go(f"{AUTOMATIONS}?done=deleted")
