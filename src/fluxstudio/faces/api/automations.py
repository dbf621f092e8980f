"""Automations: rules, their versions and runs, dry runs, and a gallery to begin with."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from fluxstudio.core.automations.rules import Automation, Automations, FailureNotice, automation_id
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.faces.api import paging
from fluxstudio.faces.api.audit import Before
from fluxstudio.faces.api.connections import Caller, errors
from fluxstudio.faces.api.schemas.automations import (
    AutomationAnswer,
    AutomationChange,
    AutomationsAnswer,
    DryRunAnswer,
    DryRunRequest,
    GalleryAnswer,
    NewAutomation,
    RunAnswer,
    RunsAnswer,
    VersionsAnswer,
    automation_answer,
    dry_run_answer,
    run_answer,
    suggestion_answer,
    version_answer,
)
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.authentication import services_of
from fluxstudio.flows.automations.authoring import service
from fluxstudio.flows.automations.authoring.gallery import suggestions
from fluxstudio.flows.automations.authoring.run_search import RunState, runs_page
from fluxstudio.flows.automations.health import failure_notice
from fluxstudio.flows.automations.health.listening_now import listen_now
from fluxstudio.flows.automations.health.status import health_of
from fluxstudio.flows.automations.rules.definition import UUID_FORM
from fluxstudio.flows.automations.runs.retry import retry as retry_run

Id = Annotated[
    str, Path(alias="id", description="Id of the automation.", json_schema_extra={"pattern": UUID_FORM})
]
RunId = Annotated[str, Path(alias="run", description="Id of the run.", pattern=UUID_FORM)]
VersionNumber = Annotated[int, Path(alias="n", description="Number of the version.", ge=1, le=2**31 - 1)]
Limit = Annotated[int, Query(description="How many entries a page has at most.", ge=1, le=200)]

OfState = Annotated[RunState | None, Query(description="Only runs that ended like this.")]
Words = Annotated[
    str | None,
    Query(
        description="Only runs with all of these words in what started them, their problem, or their input. "
        "A page looks at a thousand runs at most: follow `nextCursor`, even from a page without runs.",
        max_length=100,
        pattern=r"^[^\x00]*$",
    ),
]
BeforeVersion = Annotated[
    str | None, Query(description="`nextCursor` of the page before.", pattern="^[1-9][0-9]{0,8}$")
]

router = APIRouter(prefix="/api", tags=["Automations"], responses=errors)


@router.get("/automations", response_model=AutomationsAnswer, operation_id="list_automations")
async def automations(
    request: Request, actor: Caller, cursor: paging.Cursor = None, limit: paging.Limit = 100
) -> Response:
    """Your automations, the oldest first."""
    services = services_of(request)
    entries = await Automations(services.db).of_user(actor.user_id)
    page, following = paging.page_of(entries, cursor, limit)
    health = await health_of(services, actor, page)
    answers = [automation_answer(entry, health[entry.id]) for entry in page]
    return json_answer(AutomationsAnswer(automations=answers, next_cursor=following))


async def _one(request: Request, actor: Actor, entry: Automation, status: int = 200) -> Response:
    """One automation with its health."""
    health = await health_of(services_of(request), actor, [entry])
    return json_answer(automation_answer(entry, health[entry.id]), status)


@router.post(
    "/automations", response_model=AutomationAnswer, status_code=201, operation_id="create_automation"
)
async def make(request: Request, actor: Caller, body: NewAutomation) -> Response:
    """Make an automation: when something happens, do something.

    Texts among the arguments are templates: `{{ summary }}` is what happened in a sentence, `{{ link }}` is
    where to look at it, `{{ event.file_name }}` a field of the event. The gallery has some to begin with.

    It belongs to the accounts it uses. Your only account at a provider need not be named; where there are
    several, `fields` says where and `candidates` which. The events it waits for are asked for at
    the provider.
    """
    made = await service.make(services_of(request), actor, body.name, body.enabled, body.definition)
    return await _one(request, actor, made, 201)


@router.get("/gallery/automations", response_model=GalleryAnswer, operation_id="list_suggestions")
async def gallery(request: Request, actor: Caller) -> Response:
    """Automations to begin with: fill in the blanks, `{"ask": "channel"}`, and send them back."""
    entries = suggestions(services_of(request).registry)
    return json_answer(GalleryAnswer(automations=[suggestion_answer(entry) for entry in entries]))


@router.post("/dry-run", response_model=DryRunAnswer, operation_id="dry_run_definition")
async def try_out(request: Request, actor: Caller, body: DryRunRequest) -> Response:
    """Try a definition that is not kept yet on what happened in the last week. Nothing is sent."""
    return json_answer(dry_run_answer(await service.dry_run(services_of(request), actor, body.definition)))


@router.get("/automations/{id}", response_model=AutomationAnswer, operation_id="get_automation")
async def automation(request: Request, actor: Caller, which: Id) -> Response:
    """One of your automations."""
    entry = await Automations(services_of(request).db).get(actor.user_id, automation_id(which))
    return await _one(request, actor, entry)


@router.patch("/automations/{id}", response_model=AutomationAnswer, operation_id="update_automation")
async def change(request: Request, actor: Caller, which: Id, body: AutomationChange) -> Response:
    """Rename an automation, turn it on or off, change what it does, or where it tells you that it fails.

    What it said before is kept as a version.
    """
    changed = await service.change(
        services_of(request),
        actor,
        automation_id(which),
        name=body.name,
        enabled=body.enabled,
        definition_json=body.definition,
    )
    if "notify" in body.model_fields_set:
        services, notice_request = services_of(request), body.notify
        notice = (
            None
            if notice_request is None
            else FailureNotice(notice_request.channel, notice_request.connection)
        )
        await failure_notice.choose(services, actor, changed.id, notice)
        changed = await Automations(services.db).get(actor.user_id, changed.id)
    return await _one(request, actor, changed)


@router.post(
    "/automations/{id}/listen", response_model=AutomationAnswer, operation_id="listen_for_automation"
)
async def listen(request: Request, actor: Caller, which: Id) -> Response:
    """Have the provider send what an automation waits for, where none of your webhooks does.

    It listens where its conditions say; without any, in the places that its account may listen to, five at
    most. `health` says what it hears now, or what is in the way. 409 `CONFLICT` where it is switched off.
    """
    return await _one(request, actor, await listen_now(services_of(request), actor, automation_id(which)))


@router.delete("/automations/{id}", status_code=204, operation_id="delete_automation")
async def remove(request: Request, actor: Caller, which: Id) -> Response:
    """Delete an automation."""
    await service.remove(services_of(request), actor, automation_id(which))
    return Response(status_code=204)


@router.get("/automations/{id}/runs", response_model=RunsAnswer, operation_id="list_runs")
async def runs(
    request: Request,
    actor: Caller,
    which: Id,
    status: OfState = None,
    q: Words = None,
    cursor: Before = None,
    limit: Limit = 50,
) -> Response:
    """What an automation did, newest first, with the cause and the mend of a failure."""
    page = await runs_page(
        services_of(request),
        actor,
        automation_id(which),
        words=q or "",
        state=status or "",
        before=None if cursor is None else int(cursor),
        limit=limit,
    )
    following = None if page.older is None else str(page.older)
    entries = [run_answer(automation_id(which), entry, page.sentences) for entry in page.runs]
    return json_answer(RunsAnswer(runs=entries, next_cursor=following))


@router.get("/automations/{id}/runs/{run}", response_model=RunAnswer, operation_id="get_run")
async def run(request: Request, actor: Caller, which: Id, run_id: RunId) -> Response:
    """One run: what started it, what it called, and the cause and the fix of a failure."""
    return json_answer(await _run(services_of(request), actor, automation_id(which), UUID(run_id)))


@router.post(
    "/automations/{id}/runs/{run}/retry",
    response_model=RunAnswer,
    status_code=201,
    responses={200: {"model": RunAnswer, "description": "The run that an earlier request has added."}},
    operation_id="retry_run",
)
async def retry(request: Request, actor: Caller, which: Id, run_id: RunId) -> Response:
    """Run a failed run again, once, with the automation as it is today. Answers the run that is added.

    A second request answers 200 with the same run. 409 `CONFLICT` where the run did not fail, the automation
    is off or deleted, no longer fits the event, or the event is gone; `reason` says which.
    """
    services, automation = services_of(request), automation_id(which)
    added = await retry_run(
        services, UUID(run_id), owner=actor.user_id, by=actor.user_id, automation_id=automation
    )
    answer = await _run(services, actor, automation, added.run_id)
    return json_answer(answer, 201 if added.added else 200)


async def _run(services: Services, actor: Actor, automation: UUID, run_id: UUID) -> RunAnswer:
    entry = await Automations(services.db).run(actor.user_id, automation, run_id)
    return run_answer(automation, entry, await service.started_by(services, actor, [entry]))


@router.get("/automations/{id}/versions", response_model=VersionsAnswer, operation_id="list_versions")
async def versions(
    request: Request, actor: Caller, which: Id, cursor: BeforeVersion = None, limit: Limit = 50
) -> Response:
    """The versions of an automation, newest first. The last 50 are kept, and those of the last 90 days."""
    before = None if cursor is None else int(cursor)
    page_versions, older = await service.versions(
        services_of(request), actor, automation_id(which), before=before, limit=limit
    )
    return json_answer(
        VersionsAnswer(
            versions=[version_answer(entry) for entry in page_versions],
            next_cursor=None if older is None else str(older),
        )
    )


@router.post(
    "/automations/{id}/versions/{n}/restore", response_model=AutomationAnswer, operation_id="restore_version"
)
async def restore(request: Request, actor: Caller, which: Id, version: VersionNumber) -> Response:
    """Let an automation say again what it said then; that becomes a version of its own."""
    restored = await service.restore(services_of(request), actor, automation_id(which), version)
    return await _one(request, actor, restored)


@router.post("/automations/{id}/test", response_model=DryRunAnswer, operation_id="dry_run_automation")
async def try_again(request: Request, actor: Caller, which: Id) -> Response:
    """Try an automation on what happened in the last week: what it would do, or why not. Nothing is sent."""
    return json_answer(
        dry_run_answer(await service.try_again(services_of(request), actor, automation_id(which)))
    )
