"""The pages of automations."""

from __future__ import annotations

from fastapi import APIRouter

from fluxstudio.faces.web.automations.editing import router as editing
from fluxstudio.faces.web.automations.gallery import router as gallery
from fluxstudio.faces.web.automations.listing import router as listing
from fluxstudio.faces.web.automations.one import router as one

router = APIRouter(include_in_schema=False)
# Those with words of their own in the path come before the one that takes any id.
for part in (listing, gallery, editing, one):
    router.include_router(part)
