"""An account's repositories, the page of each, and their issues."""

from __future__ import annotations

from fastapi import APIRouter

from fluxstudio.faces.web.code import issue, repository, routes
from fluxstudio.faces.web.shell.family import Family

router = APIRouter()
for module in (routes, issue, repository):
    router.include_router(module.router)

family = Family(router=router)
