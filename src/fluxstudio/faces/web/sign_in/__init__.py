"""Signing in and out, signing up, and links that work once."""

from __future__ import annotations

from fastapi import APIRouter

from fluxstudio.faces.web.shell.family import Family
from fluxstudio.faces.web.sign_in import demo, links, openid, routes, tickets

router = APIRouter(include_in_schema=False)
for part in (routes, links, demo, tickets, openid):
    router.include_router(part.router)
family = Family(router=router)
