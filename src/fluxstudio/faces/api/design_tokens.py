"""Syncs of design tokens: a design file and a file of a repository, kept alike by pull requests."""

from __future__ import annotations

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from fluxstudio.core.design_tokens.syncs import TokenSyncs
from fluxstudio.faces.api import paging
from fluxstudio.faces.api.connections import Caller, errors
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.api.schemas.design_tokens import (
    ExportedFiles,
    ImportCodeAnswer,
    NewSync,
    SyncAnswer,
    SyncChange,
    SyncDecision,
    SyncPreviewAnswer,
    SyncRunAnswer,
    SyncRunsAnswer,
    SyncsAnswer,
    past_run_answer,
    preview_answer,
    run_record_answer,
    sync_answer,
)
from fluxstudio.faces.authentication import services_of
from fluxstudio.faces.middleware.bodies import EXPORTS, reads
from fluxstudio.flows.automations.rules.definition import UUID_FORM
from fluxstudio.flows.design_tokens.syncs import drafting, notices, running, service, sources

NUMBER = r"^[1-9][0-9]{0,17}$"
SyncId = Annotated[str, Path(alias="id", description="Id of the sync.", pattern=UUID_FORM)]
Before = Annotated[
    str | None, Query(alias="cursor", description="`nextCursor` of the page before.", pattern=NUMBER)
]
Limit = Annotated[int, Query(description="How many runs a page has at most.", ge=1, le=200)]
Restart = Annotated[
    bool, Query(description="Continue on a branch that someone rewrote, on top of what is there.")
]

router = APIRouter(prefix="/api/design-tokens/syncs", tags=["Design tokens"], responses=errors)


@router.get("", response_model=SyncsAnswer, operation_id="list_token_syncs")
async def syncs(
    request: Request, caller: Caller, cursor: paging.Cursor = None, limit: paging.Limit = 100
) -> Response:
    """Your syncs, the oldest first."""
    entries = await TokenSyncs(services_of(request).db).listing(caller.user_id)
    page, following = paging.page_of(entries, cursor, limit)
    return json_answer(SyncsAnswer(syncs=[sync_answer(entry) for entry in page], next_cursor=following))


@router.post("", response_model=SyncAnswer, status_code=201, operation_id="create_token_sync")
async def make_sync(request: Request, caller: Caller, body: NewSync) -> Response:
    """Make a sync. Both sides are read once, so that what cannot be reached is refused now.

    Its runs create a branch and a pull request in the repository; nothing is written before the first run.
    """
    wanted = drafting.SyncRequest(
        file_key=body.source.file_key,
        source_connection=body.source.connection,
        repository=body.target.repository,
        path=body.target.path,
        branch=body.target.branch,
        target_connection=body.target.connection,
        policy=body.policy,
        format=body.format,
        schedule=body.schedule,
        source_kind=body.source.kind,
        source_folder=body.source.folder,
    )
    return json_answer(sync_answer(await service.add(services_of(request), caller, wanted)), 201)


@router.get("/{id}", response_model=SyncAnswer, operation_id="get_token_sync")
async def sync(request: Request, caller: Caller, which: SyncId) -> Response:
    """One sync."""
    return json_answer(
        sync_answer(await TokenSyncs(services_of(request).db).one(caller.user_id, UUID(which)))
    )


@router.patch("/{id}", response_model=SyncAnswer, operation_id="update_token_sync")
async def change_sync(request: Request, caller: Caller, which: SyncId, body: SyncChange) -> Response:
    """Change a sync, or agree to what its last run held."""
    fields = body.model_dump(exclude_unset=True)
    if body.source is not None:
        await service.read_from(
            services_of(request), caller, UUID(which), body.source.kind, body.source.folder
        )
    if body.notify is not None:
        notify = body.notify
        await notices.notify(services_of(request), caller, UUID(which), notify.connection, notify.channel)
    return json_answer(sync_answer(await service.change(services_of(request), caller, UUID(which), fields)))


@router.delete("/{id}", status_code=204, operation_id="delete_token_sync")
async def remove_sync(request: Request, caller: Caller, which: SyncId) -> Response:
    """Delete a sync with its history. Its branch and its pull request stay."""
    await service.remove(services_of(request), caller, UUID(which))
    return Response(status_code=204)


@router.post("/{id}/exports", response_model=SyncAnswer, operation_id="upload_token_exports")
@reads(EXPORTS)
async def upload_exports(request: Request, caller: Caller, which: SyncId, body: ExportedFiles) -> Response:
    """Give a sync the files of Figma's Export modes, which works on any plan; it reads them from now on.

    Modes of one collection are known by the variables they share. Of a collection of which not every mode
    came, nothing is deleted.
    """
    files = [(file.name, json.dumps(file.content).encode()) for file in body.files]
    sync = await sources.upload(
        services_of(request),
        caller,
        UUID(which),
        files,
        collection=body.collection,
        everything=body.everything,
    )
    return json_answer(sync_answer(sync))


@router.post(
    "/{id}/plugin-codes",
    response_model=ImportCodeAnswer,
    status_code=201,
    operation_id="create_token_import_code",
)
async def make_code(request: Request, caller: Caller, which: SyncId) -> Response:
    """A code with which the plugin for Figma posts a file's variables, once and within 15 minutes."""
    code = await sources.issue_code(services_of(request), caller, UUID(which))
    return json_answer(ImportCodeAnswer(code=code.code, expires_at=code.expires_at), 201)


@router.post("/{id}/preview", response_model=SyncPreviewAnswer, operation_id="preview_token_sync")
async def preview_sync(request: Request, caller: Caller, which: SyncId) -> Response:
    """What a run would do now, without doing it."""
    services = services_of(request)
    one = await TokenSyncs(services.db).one(caller.user_id, UUID(which))
    return json_answer(preview_answer(one.path, *await running.preview(services, caller, one)))


@router.post("/{id}/run", response_model=SyncRunAnswer, operation_id="run_token_sync")
async def run_sync(request: Request, caller: Caller, which: SyncId, restart: Restart = False) -> Response:
    """Run a sync: nothing where nothing is new, else one branch and one pull request.

    Commits of others on that branch stay: what is new goes on top of them.
    """
    record = await running.run(services_of(request), caller, UUID(which), restart=restart)
    return json_answer(run_record_answer(record))


@router.post("/{id}/decisions", response_model=SyncAnswer, operation_id="decide_token_conflict")
async def decide_sync(request: Request, caller: Caller, which: SyncId, body: SyncDecision) -> Response:
    """Decide one conflict of the last run. It counts until Figma changes that field again."""
    decided = await service.decide(
        services_of(request), caller, UUID(which), f"{body.path}.{body.field}", take=body.take == "figma"
    )
    return json_answer(sync_answer(decided))


@router.get("/{id}/runs", response_model=SyncRunsAnswer, operation_id="list_token_sync_runs")
async def sync_runs(
    request: Request, caller: Caller, which: SyncId, cursor: Before = None, limit: Limit = 50
) -> Response:
    """What its runs did, newest first."""
    store = TokenSyncs(services_of(request).db)
    one = await store.one(caller.user_id, UUID(which))
    entries = await store.runs(one, before=int(cursor) if cursor else None, limit=limit + 1)
    page = entries[:limit]
    more = str(page[-1].number) if len(entries) > limit else None
    return json_answer(SyncRunsAnswer(runs=[past_run_answer(run) for run in page], next_cursor=more))
