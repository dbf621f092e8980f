"""Around a connect of somebody who need not be signed in here: how it sets out, and where it lands."""

from __future__ import annotations

from fastapi import APIRouter

from fluxstudio.faces.web.connecting import departure, landing
from fluxstudio.faces.web.shell.family import Family

router = APIRouter(include_in_schema=False)
for part in (departure, landing):
    router.include_router(part.router)
family = Family(router=router)
