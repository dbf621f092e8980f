"""Agents: which act for their user, what they may do, what they did, and what waits for a decision."""

from __future__ import annotations

from fastapi import APIRouter

from fluxstudio.faces.web.agents import approvals, consent, routes
from fluxstudio.faces.web.shell.family import Command, Family, NavigationPlace
from fluxstudio.faces.web.shell.paths import AGENTS

router = APIRouter(include_in_schema=False)
for part in (routes, approvals, consent):
    router.include_router(part.router)

family = Family(
    router=router,
    place=NavigationPlace(
        label="Agents", href=AGENTS, icon="shield", order=35, others=("/oauth",), in_menu=True
    ),
    commands=(Command(label="New agent", href=f"{AGENTS}/new", icon="shield", words="mcp tool"),),
)
