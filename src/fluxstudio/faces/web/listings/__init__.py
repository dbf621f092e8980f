"""The pages that show what a connected account holds, for every provider with the capability."""

from __future__ import annotations

from fastapi import APIRouter

from fluxstudio.faces.web.listings import channels, files, refresh, repositories, suggestions

router = APIRouter(prefix="/integrations/{provider}", include_in_schema=False)
for page in (files, channels, repositories, refresh, suggestions):
    router.include_router(page.router)

__all__ = ["router"]
