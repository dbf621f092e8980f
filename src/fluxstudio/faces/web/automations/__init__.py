"""The pages of automations."""

from __future__ import annotations

from operator import attrgetter

from fastapi import APIRouter

from fluxstudio.faces.web.automations.automation import router as one_pages
from fluxstudio.faces.web.automations.editing import router as editing_pages
from fluxstudio.faces.web.automations.failure_notice import router as notice_pages
from fluxstudio.faces.web.automations.gallery import router as gallery_pages
from fluxstudio.faces.web.automations.listing import router as listing_pages
from fluxstudio.faces.web.automations.preview import router as preview_parts
from fluxstudio.faces.web.automations.run import router as run_pages
from fluxstudio.faces.web.shell.family import Command, Family, NavigationPlace
from fluxstudio.faces.web.shell.paths import AUTOMATION_GALLERY, AUTOMATIONS, NEW_AUTOMATION

router = APIRouter(include_in_schema=False)
# Those with words of their own in the path come before the one that takes any id.
for part in (listing_pages, gallery_pages, editing_pages, preview_parts, one_pages, run_pages, notice_pages):
    router.include_router(part)

family = Family(
    router=router,
    place=NavigationPlace(
        label="Automations", href=AUTOMATIONS, icon="bolt", order=30, failures=attrgetter("runs")
    ),
    commands=(
        Command(
            label="New automation",
            href=AUTOMATION_GALLERY,
            icon="bolt",
            words="rule template gallery",
            order=10,
        ),
        Command(
            label="New automation from scratch",
            href=NEW_AUTOMATION,
            icon="bolt",
            words="rule editor",
            order=10,
        ),
    ),
)
