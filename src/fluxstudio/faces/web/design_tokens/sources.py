"""Where a sync's variables come from: Figma's API, the plugin, exported files, or a folder of them."""

from __future__ import annotations

from contextlib import AsyncExitStack

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fluxstudio.core.design_tokens.libraries import ImportCode
from fluxstudio.core.design_tokens.syncs import SourceKind, TokenSync
from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.middleware.bodies import EXPORTS, reads
from fluxstudio.faces.web.components.views import BannerView, HeadView, LinkView
from fluxstudio.faces.web.design_tokens.presenter import SOURCE
from fluxstudio.faces.web.design_tokens.syncs import sync_of
from fluxstudio.faces.web.design_tokens.views import TokenSourcePage
from fluxstudio.faces.web.shell.paths import DESIGN_TOKENS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.design_tokens.syncs import service
from fluxstudio.flows.design_tokens.syncs import sources as imports

router = APIRouter(include_in_schema=False)

PLUGIN = f"{DESIGN_TOKENS}/plugin.zip"
IMPORTS = "/api/design-tokens/imports"


@router.get(PLUGIN)
async def plugin(request: Request) -> Response:
    """The plugin for Figma, made for this address."""
    visit = await Visit.of(request)
    services = visit.services
    archive = imports.imports_of(services).plugin(f"{services.settings.base_url}{IMPORTS}")
    headers = {"content-disposition": 'attachment; filename="fluxstudio-token-sync.zip"'}
    return Response(archive, media_type="application/zip", headers=headers)


@router.get(DESIGN_TOKENS + "/{sync_id}/source")
async def source(request: Request, sync_id: str) -> Response:
    """The choice."""
    visit = await Visit.of(request)
    return await visit.page(_page(await sync_of(visit, sync_id)))


@router.post(DESIGN_TOKENS + "/{sync_id}/source")
async def choose(request: Request, sync_id: str) -> Response:
    """Read from Figma's API, or from a folder."""
    visit = await Visit.of(request)
    form = await visit.form()
    sync = await sync_of(visit, sync_id)
    kind: SourceKind = "folder" if form.get("kind") == "folder" else "api"
    try:
        await service.read_from(visit.services, visit.actor, sync.id, kind, form.get("folder"))
    except FluxStudioError as error:
        return await _refused(visit, sync, error)
    return RedirectResponse(f"{DESIGN_TOKENS}/{sync.id}?done=source", 303)


@router.post(DESIGN_TOKENS + "/{sync_id}/exports")
@reads(EXPORTS)
async def upload(request: Request, sync_id: str) -> Response:
    """Add exported files."""
    visit = await Visit.of(request)
    async with AsyncExitStack() as opened:
        form, chosen = await visit.form_and_files(opened, imports.MAX_FILES)
        files = [(file.filename, await file.read()) for file in chosen]
    sync = await sync_of(visit, sync_id)
    try:
        await imports.upload(
            visit.services,
            visit.actor,
            sync.id,
            files,
            collection=form.get("collection", "").strip()[:300],
            everything=form.get("everything") == "yes",
        )
    except FluxStudioError as error:
        return await _refused(visit, sync, error)
    return RedirectResponse(f"{DESIGN_TOKENS}/{sync.id}?done=files", 303)


@router.post(DESIGN_TOKENS + "/{sync_id}/plugin-code")
async def code(request: Request, sync_id: str) -> Response:
    """Show a code for the plugin, once."""
    visit = await Visit.of(request)
    await visit.form()
    sync = await sync_of(visit, sync_id)
    return await visit.page(_page(sync, await imports.issue_code(visit.services, visit.actor, sync.id)))


async def _refused(visit: Visit, sync: TokenSync, error: FluxStudioError) -> Response:
    banners = [BannerView(tone="bad", title=error.message)]
    return await visit.page(_page(sync), banners=banners, status=400)


def _page(sync: TokenSync, issued: ImportCode | None = None) -> TokenSourcePage:
    name = f"{sync.repository} · {sync.path}"
    return TokenSourcePage(
        head=HeadView(
            title="Variables from Figma",
            sentence="Pick how this sync gets them. The plugin and exported files work on every plan.",
            parent=LinkView(label=name, href=f"{DESIGN_TOKENS}/{sync.id}"),
        ),
        source=SOURCE,
        action=f"{DESIGN_TOKENS}/{sync.id}",
        plugin_href=PLUGIN,
        kind=sync.source_kind,
        folder=sync.source_folder or "",
        code=issued.code if issued else "",
        code_expires_at=issued.expires_at if issued else None,
    )
