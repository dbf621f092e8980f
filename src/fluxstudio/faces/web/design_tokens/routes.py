"""Design tokens: make a sync, see what it would do, decide conflicts, run it, and look back."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fluxstudio.core.design_tokens.libraries import TokenLibraries
from fluxstudio.core.design_tokens.syncs import TokenSync, TokenSyncs
from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.web.components.views import BannerView, EmptyView, HeadView, LinkView, Tone
from fluxstudio.faces.web.design_tokens.presenter import (
    FILE_PLACEHOLDER,
    POLICIES,
    POLICY_CHOICES,
    SOURCE,
    conflict_row,
    preview_view,
    run_row,
    source_view,
    sync_row,
)
from fluxstudio.faces.web.design_tokens.sources import router as source_router
from fluxstudio.faces.web.design_tokens.syncs import sync_of
from fluxstudio.faces.web.design_tokens.views import (
    SyncFormPage,
    SyncPage,
    SyncsPage,
    TokenConflictRow,
    TokenProblemView,
)
from fluxstudio.faces.web.shell.guest import guest_of
from fluxstudio.faces.web.shell.paths import DESIGN_TOKENS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.design_tokens.syncs import listening, notices, running, service

router = APIRouter(include_in_schema=False)
# Before `/design-tokens/{sync_id}`, which would take the plugin's address as well.
router.include_router(source_router)

PARENT = LinkView(label="Design tokens", href=DESIGN_TOKENS)
MAX_PAGE_DIFF_CHARACTERS = 40_000
RUNS_SHOWN = 20
FIELDS = ("file_key", "repository", "token_file", "branch", "policy")
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
NEW = HeadView(
    title="New token sync",
    sentence="FluxStudio reads the Figma file and proposes changes on a branch of its own. You merge them.",
    parent=PARENT,
)


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


@router.get(f"{DESIGN_TOKENS}/new")
async def new(request: Request) -> Response:
    """The form of a new sync; a link to it may fill in what it asks for."""
    visit = await Visit.of(request)
    guest = guest_of(request)
    suggested = guest.token_sync if guest is not None else {}
    linked = {name: request.query_params[name][:1000] for name in FIELDS if name in request.query_params}
    return await visit.page(_form({"policy": "ask", **suggested, **linked}))


@router.post(DESIGN_TOKENS)
async def add(request: Request) -> Response:
    """Make a sync, and show what it would do."""
    visit = await Visit.of(request)
    form = await visit.form()
    values = {name: form.get(name, "").strip() for name in FIELDS}
    wanted = service.SyncRequest(
        file_key=_file_key(values["file_key"]),
        source_connection=None,
        repository=values["repository"],
        path=values["token_file"],
        branch=values["branch"] or None,
        target_connection=None,
        policy=values["policy"] if values["policy"] in POLICIES else "ask",
        format="dtcg",
        schedule=None,
    )
    missing = {name: "Required." for name in ("file_key", "repository", "token_file") if not values[name]}
    if missing:
        return await visit.page(_form(values, missing), status=400)
    try:
        sync = await service.add(visit.services, visit.actor, wanted)
    except FluxStudioError as error:
        banners = [BannerView(tone="bad", title=error.message)]
        return await visit.page(_form(values), banners=banners, status=400)
    return RedirectResponse(f"{DESIGN_TOKENS}/{sync.id}", 303)


@router.get(DESIGN_TOKENS + "/{sync_id}")
async def one(request: Request, sync_id: str) -> Response:
    """One sync, with what it would do now."""
    visit = await Visit.of(request)
    return await _page(visit, await sync_of(visit, sync_id))


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
        return await _page(visit, sync, problem=error.message, rewritten=rewritten)
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
        return await _page(visit, sync, problem=error.message)
    return RedirectResponse(f"{DESIGN_TOKENS}/{sync.id}?done=decided", 303)


@router.post(DESIGN_TOKENS + "/{sync_id}/notify")
async def notify(request: Request, sync_id: str) -> Response:
    """Say where its runs are announced."""
    visit = await Visit.of(request)
    channel = (await visit.form()).get("channel", "").strip()[:100]
    sync = await sync_of(visit, sync_id)
    try:
        await notices.notify(visit.services, visit.actor, sync.id, None, channel or None)
    except FluxStudioError as error:
        return await _page(visit, sync, problem=error.message)
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


async def _page(visit: Visit, sync: TokenSync, *, problem: str = "", rewritten: bool = False) -> Response:
    preview, held, refused = None, False, None
    conflicts: tuple[TokenConflictRow, ...] = ()
    skipped: tuple[str, ...] = ()
    banners = _done(visit.request)
    try:
        sides, merged = await running.preview(visit.services, visit.actor, sync)
        held, refused = merged.result.held, sides.design.refused
        before, after = sides.theirs.text.splitlines(), merged.data.decode("utf-8-sig").splitlines()
        lines = difflib.unified_diff(before, after, "before", "after", lineterm="")
        diff = "\n".join(lines)[:MAX_PAGE_DIFF_CHARACTERS]
        preview = preview_view([change.as_json() for change in merged.result.changes], diff)
        conflicts = tuple(conflict_row(conflict.as_json()) for conflict in merged.result.conflicts)
        skipped = tuple(f"{entry['name']}: {entry['reason']}" for entry in sides.design.skipped)
    except FluxStudioError as error:
        problem = problem or error.message
    if problem:
        banners = [BannerView(tone="bad", title=problem)]
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
        schedule=sync.schedule or "Manually, and after changes",
        held=held,
        rewritten=rewritten,
        variables=source_view(sync, stored, refused),
        channel=sync.notify_channel or "",
        problems=tuple(
            TokenProblemView(message=entry["message"], fix=entry["fix"]) for entry in sync.listening_problems
        ),
        conflicts=conflicts,
        preview=preview,
        skipped=skipped,
        runs=tuple(run_row(run) for run in runs),
    )
    return await visit.page(
        page, banners=banners, status=400 if problem and visit.request.method == "POST" else 200
    )


def _form(values: Mapping[str, str], errors: Mapping[str, str] | None = None) -> SyncFormPage:
    return SyncFormPage(
        head=NEW,
        action=DESIGN_TOKENS,
        cancel_href=DESIGN_TOKENS,
        source=SOURCE,
        file_placeholder=FILE_PLACEHOLDER,
        policies=POLICY_CHOICES,
        values=values,
        errors=errors or {},
    )


def _file_key(text: str) -> str:
    """The key of a file out of its address, or as it is."""
    for part in ("/design/", "/file/"):
        if part in text:
            return text.partition(part)[2].partition("/")[0].partition("?")[0]
    return text
