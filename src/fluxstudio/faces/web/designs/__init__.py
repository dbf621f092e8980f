"""Design files by project, and the page of each."""

from __future__ import annotations

from fastapi import APIRouter

from fluxstudio.faces.web.designs import file, routes
from fluxstudio.faces.web.shell.family import Family

router = APIRouter()
router.include_router(routes.router)
router.include_router(file.router)

family = Family(router=router)
