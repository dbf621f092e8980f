"""Whether the product lives, and whether it is ready to work."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.faces.api.answers import json_answer
from fluxstudio.faces.auth import services_of
from fluxstudio.kit.postgres.database import DatabaseUnavailable

router = APIRouter(tags=["Health"])

MOST_DRIFT = 30.0


@router.get("/health")
async def health() -> Response:
    """The process answers."""
    return json_answer({"status": "ok"})


@router.get("/ready", responses={503: {"description": "Something needed is missing; `checks` says what."}})
async def ready(request: Request) -> Response:
    """Everything needed to work is there: the database answers, the cache too, the clocks agree."""
    services = services_of(request)
    checks: dict[str, str] = {}
    try:
        drift = abs((await services.db.now()).timestamp() - time.time())
        checks["database"] = "ok"
        checks["clock"] = "ok" if drift < MOST_DRIFT else f"{drift:.0f} s apart from the database's"
        await services.db.fetchval("SELECT 1 FROM provider_cache LIMIT 1")
        checks["cache"] = "ok"
    except DatabaseUnavailable:
        checks |= {"database": "does not answer", "cache": "unknown", "clock": "unknown"}
    fine = all(state == "ok" for state in checks.values())
    return json_answer({"status": "ready" if fine else "not ready", "checks": checks}, 200 if fine else 503)
