"""Every component of the interface on one page, for those who build it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fluxstudio.faces.web.components.page import FamilySample
from fluxstudio.faces.web.components.samples import components_page
from fluxstudio.faces.web.shell.family import PageFamily
from fluxstudio.faces.web.shell.visit import Visit

ICONS = Path(__file__).with_name("icons.svg")

router = APIRouter(include_in_schema=False)


@router.get("/components")
async def components(request: Request) -> Response:
    """All components in all their states."""
    now = datetime.now(UTC)
    families = family_samples(request.app.state.families, now)
    visit = await Visit.of(request)
    return await visit.page(components_page(now, icon_names(), families))


@router.get("/pieces")
async def former_address() -> Response:
    """Where the page was before; bookmarks still lead here."""
    return RedirectResponse("/components", 308)


def icon_names() -> tuple[str, ...]:
    """The names of the sprite's symbols."""
    return tuple(re.findall(r'<symbol id="([\w-]+)"', ICONS.read_text("utf-8")))


def family_samples(families: Iterable[PageFamily], now: datetime) -> tuple[FamilySample, ...]:
    """What page families show of themselves."""
    return tuple(
        FamilySample(f"{entry.name}/samples.html", entry.family.samples(now))
        for entry in families
        if entry.family.samples is not None
    )
