"""Design tokens: see what a sync would do, decide conflicts, run it, and look back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fluxstudio.core.design_tokens.libraries import TokenLibraries
from fluxstudio.core.design_tokens.syncs import TokenSync, TokenSyncs
from fluxstudio.errors import FluxStudioError, InvalidRequest
from fluxstudio.faces.web.components.views import BannerView, EmptyView, HeadView, LinkView, Tone
from fluxstudio.faces.web.design_tokens.making import PARENT
from fluxstudio.faces.web.design_tokens.making import router as making_router
from fluxstudio.faces.web.design_tokens.presenter import (
    POLICIES,
    SCHEDULE_CHOICES,
    SOURCE,
    conflict_row,
    preview_view,
    run_row,
    source_view,
    sync_row,
)
from fluxstudio.faces.web.design_tokens.refusals import refused_banner
from fluxstudio.faces.web.design_tokens.sources import router as source_router
from fluxstudio.faces.web.design_tokens.syncs import sync_of
from fluxstudio.faces.web.design_tokens.table import table_page
from fluxstudio.faces.web.design_tokens.views import (
    SyncPage,
    SyncsPage,
    TokenConflictRow,
    TokenProblemView,
)
from fluxstudio.faces.web.shell.form_errors import REFUSED_STATUS, FormErrors
from fluxstudio.faces.web.shell.paths import DESIGN_TOKENS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.design_tokens.syncs import listening, notices, running, service

router = APIRouter(include_in_schema=False)
# Before `/design-tokens/{sync_id}`, which would take the addresses of both as well.
router.include_router(source_router)
router.include_router(making_router)

RUNS_SHOWN = 20
DONE: Mapping[str, str] = {
    "nothing": "Up to date. Nothing was written.",
    "pull_request": "Proposed. Review the pull request on GitHub.",
    "undecided": "Nothing was written. Decide what both sides changed below.",
    "held": "Nothing was written. Check what needs you below.",
    "source": "Source changed. Check the preview, then sync.",
    "files": "Files added. Check the preview, then sync.",
    "notify": "Saved. New proposals are posted there.",
    "silent": "Saved. Nothing is posted.",
    "listening": "Webhooks added. This sync runs when Figma or the repository changes.",
    "decided": "Decided. Sync to write it.",
    "deleted": "Deleted. Its branch and pull request stay on GitHub.",
}


@dataclass(frozen=True, slots=True)
class ChannelDraft:
    """A channel that somebody entered, and why nothing can be posted there."""

    channel: str
    error: str | None


def _done(request: Request) -> list[BannerView]:
    done = request.query_params.get("done", "")
    tone: Tone = "attention" if done in ("held", "undecided") else "good"
    return [BannerView(tone=tone, title=DONE[done])] if done in DONE else []


@router.get(DESIGN_TOKENS)
async def listing(request: Request) -> Response:
    """Everything that is kept in sync."""
    visit = await Visit.of(request)
    entries = await TokenSyncs(visit.services.db).listing(visit.actor.user_id)
    action = LinkView(label="New sync", href=f"{DESIGN_TOKENS}/new", icon="plus")
    empty = EmptyView(
        title="No token syncs yet",
        words="Edit tokens in Figma and in a repository. A sync merges both and opens a pull request.",
        icon="refresh",
        action=action,
    )
    page = SyncsPage(
        head=HeadView(
            title="Design tokens",
            sentence="Figma and your repository, merged without losing either side’s work.",
            action=action if entries else None,
        ),
        syncs=tuple(sync_row(entry) for entry in entries),
        empty=None if entries else empty,
    )
    return await visit.page(page, banners=_done(request))


@router.get(DESIGN_TOKENS + "/{sync_id}")
async def one(request: Request, sync_id: str) -> Response:
    """One sync, with what it would do now."""
    visit = await Visit.of(request)
    return await _page(visit, await sync_of(visit, sync_id))


@router.get(DESIGN_TOKENS + "/{sync_id}/tokens")
async def tokens(request: Request, sync_id: str) -> Response:
    """Its tokens in every mode, with what a run would change."""
    visit = await Visit.of(request)
    sync = await sync_of(visit, sync_id)
    try:
        sides, merged = await running.preview(visit.services, visit.actor, sync)
    except FluxStudioError as error:
        return await _page(visit, sync, problem=error)
    query = request.query_params
    page = await asyncio.to_thread(
        table_page,
        f"{DESIGN_TOKENS}/{sync.id}",
        f"{sync.repository} · {sync.path}",
        sides.theirs.root,
        merged.result.root,
        group=query.get("group", ""),
        query=query.get("q", "")[:100],
    )
    return await visit.page(page)


@router.post(DESIGN_TOKENS + "/{sync_id}/run")
async def run(request: Request, sync_id: str) -> Response:
    """Run it."""
    visit = await Visit.of(request)
    form = await visit.form()
    sync = await sync_of(visit, sync_id)
    try:
        if form.get("accept"):
            await service.change(visit.services, visit.actor, sync.id, {"accept_holds": True})
        record = await running.run(visit.services, visit.actor, sync.id, restart=bool(form.get("restart")))
    except FluxStudioError as error:
        rewritten = error.details.get("reason") == "rewritten"
        return await _page(visit, sync, problem=error, rewritten=rewritten)
    done = "undecided" if record.outcome == "nothing" and record.conflicts else record.outcome
    return RedirectResponse(f"{DESIGN_TOKENS}/{sync.id}?done={done}", 303)


@router.post(DESIGN_TOKENS + "/{sync_id}/decide")
async def decide(request: Request, sync_id: str) -> Response:
    """Decide one conflict."""
    visit = await Visit.of(request)
    form = await visit.form()
    sync = await sync_of(visit, sync_id)
    key = f"{form.get('token', '')}.{form.get('field', '')}"
    try:
        await service.decide(visit.services, visit.actor, sync.id, key, take=form.get("take") == "design")
    except FluxStudioError as error:
        return await _page(visit, sync, problem=error)
    return RedirectResponse(f"{DESIGN_TOKENS}/{sync.id}?done=decided", 303)


@router.post(DESIGN_TOKENS + "/{sync_id}/notify")
async def notify(request: Request, sync_id: str) -> Response:
    """Say where its runs are announced."""
    visit = await Visit.of(request)
    channel = (await visit.form()).get("channel", "").strip()[:100]
    sync = await sync_of(visit, sync_id)
    try:
        await notices.notify(visit.services, visit.actor, sync.id, None, channel or None)
    except InvalidRequest as error:
        draft = ChannelDraft(channel, FormErrors.of(error, {"notify"}).get("notify"))
        return await _page(visit, sync, draft=draft)
    return RedirectResponse(f"{DESIGN_TOKENS}/{sync.id}?done={'notify' if channel else 'silent'}", 303)


@router.post(DESIGN_TOKENS + "/{sync_id}/listen")
async def listen(request: Request, sync_id: str) -> Response:
    """Ask for its webhooks again."""
    visit = await Visit.of(request)
    await visit.form()
    sync = await listening.listen(visit.services, visit.actor, await sync_of(visit, sync_id))
    done = "" if sync.listening_problems else "?done=listening"
    return RedirectResponse(f"{DESIGN_TOKENS}/{sync.id}{done}", 303)


@router.post(DESIGN_TOKENS + "/{sync_id}/delete")
async def delete(request: Request, sync_id: str) -> Response:
    """Delete it."""
    visit = await Visit.of(request)
    await visit.form()
    sync = await sync_of(visit, sync_id)
    await service.remove(visit.services, visit.actor, sync.id)
    return RedirectResponse(f"{DESIGN_TOKENS}?done=deleted", 303)


async def _page(
    visit: Visit,
    sync: TokenSync,
    *,
    problem: FluxStudioError | None = None,
    rewritten: bool = False,
    draft: ChannelDraft | None = None,
) -> Response:
    preview, held, refused = None, False, None
    conflicts: tuple[TokenConflictRow, ...] = ()
    banners = _done(visit.request)
    try:
        sides, merged = await running.preview(visit.services, visit.actor, sync)
        held, refused = merged.result.held, sides.design.refused
        unsettled = [conflict.as_json() for conflict in merged.result.conflicts]
        preview = await asyncio.to_thread(
            preview_view,
            [change.as_json() for change in merged.result.changes],
            "" if sides.is_new else sides.theirs.text,
            merged.data.decode("utf-8-sig"),
            conflicts=unsettled,
            skipped=sides.design.skipped,
        )
        conflicts = tuple(conflict_row(conflict) for conflict in unsettled)
    except FluxStudioError as error:
        problem = problem or error
    if problem is not None:
        banners = [refused_banner(problem)]
    runs = await TokenSyncs(visit.services.db).runs(sync, limit=RUNS_SHOWN)
    stored = await TokenLibraries(visit.services.db).stored(sync)
    page = SyncPage(
        head=HeadView(
            title=f"{sync.repository} · {sync.path}", sentence=f"Figma file {sync.file_key}", parent=PARENT
        ),
        source=SOURCE,
        action=f"{DESIGN_TOKENS}/{sync.id}",
        pull_request=str(sync.proposal["url"]) if sync.proposal else None,
        policy=POLICIES[sync.policy],
        schedule=SCHEDULE_CHOICES.get(sync.schedule or "", sync.schedule or ""),
        held=held,
        rewritten=rewritten,
        variables=source_view(sync, stored, refused),
        channel=draft.channel if draft else sync.notify_channel or "",
        channel_error=draft.error if draft else None,
        problems=tuple(
            TokenProblemView(message=entry["message"], fix=entry["fix"]) for entry in sync.listening_problems
        ),
        conflicts=conflicts,
        preview=preview,
        skipped=preview.skipped if preview else (),
        runs=tuple(run_row(run) for run in runs),
    )
    is_refused = draft is not None or (problem is not None and visit.request.method == "POST")
    return await visit.page(page, banners=banners, status=REFUSED_STATUS if is_refused else 200)
