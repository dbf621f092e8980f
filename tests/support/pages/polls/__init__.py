"""A page family that nothing of ours knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.faces.web.components.views import HeadView
from fluxstudio.faces.web.shell.family import Family, NavigationPlace
from fluxstudio.faces.web.shell.visit import Visit

router = APIRouter(include_in_schema=False)
family = Family(router=router, place=NavigationPlace(label="Polls", href="/polls", icon="hash", order=25))


@dataclass(frozen=True, slots=True, kw_only=True)
class PollsPage:
    """A page with one sentence."""

    template: ClassVar[str] = "polls/list.html"
    head: HeadView
    sentence: str


@router.get("/polls")
async def polls(request: Request) -> Response:
    """The page."""
    visit = await Visit.of(request)
    return await visit.page(PollsPage(head=HeadView(title="Polls"), sentence=f"Asked by {visit.actor.name}."))
