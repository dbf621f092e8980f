"""Whether the product lives, and whether it is ready to work."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from asyncpg import InsufficientPrivilegeError
from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core import diagnostics
from fluxstudio.core.jobs import queue
from fluxstudio.core.jobs.queue import Backlog
from fluxstudio.core.jobs.scheduler import seconds_since_turn
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.authentication import services_of
from fluxstudio.flows.automations.runs.triggers import DUE_EVERY, DUE_TASK
from fluxstudio.flows.doctor.clock import MAX_CLOCK_DRIFT_SECONDS
from fluxstudio.flows.doctor.reached import MARK
from fluxstudio.kit.draining import drain_of
from fluxstudio.kit.postgres.database import DatabaseUnavailable

ANYBODY: dict[str, Any] = {"security": []}

router = APIRouter(tags=["Health"])

MAX_WAIT_SECONDS = 60.0


@router.get("/health", openapi_extra=ANYBODY, operation_id="get_health")
async def health(request: Request) -> Response:
    """The process answers; a header says which installation it belongs to."""
    answer = json_answer({"status": "ok"})
    answer.headers[MARK] = services_of(request).installation.mark
    return answer


@router.get(
    "/ready",
    openapi_extra=ANYBODY,
    responses={503: {"description": "Something required is missing; see `checks`."}},
    operation_id="get_readiness",
)
async def ready(request: Request) -> Response:
    """Everything needed to work is there: the database answers, and cache and queue in it.

    It ends before anything else does when the process stops. What the product works around is told too: a
    clock apart from the database's, jobs that wait, workers that are gone, and Redis when it is away.
    """
    if drain_of(request.scope).leaving.is_set():
        return json_answer({"status": "stopping", "checks": {}}, 503)
    services = services_of(request)
    checks: dict[str, str] = {}
    fine = True
    try:
        drift = abs((await services.db.now()).timestamp() - time.time())
        checks["database"] = "ok"
        checks["clock"] = (
            "ok"
            if drift < MAX_CLOCK_DRIFT_SECONDS
            else f"{drift:.0f} s apart from the database's, which counts"
        )
        await services.cache.probe()
        checks["cache"] = "ok"
        if await diagnostics.sees_users(services.db, UUID(int=0)):
            raise InsufficientPrivilegeError
        checks["rights"] = "ok"
        checks["queue"] = _queue(await queue.backlog(services.db))
        checks["workers"] = _workers(await seconds_since_turn(services.db, DUE_TASK, DUE_EVERY))
    except InsufficientPrivilegeError:
        checks["rights"] = "people see nothing, or each other's rows: `fluxstudio doctor` says how to fix it"
        fine = False
    except DatabaseUnavailable:
        unknown = dict.fromkeys(("cache", "queue", "workers", "clock"), "unknown")
        checks |= {"database": "does not answer", **unknown}
        fine = False
    if services.installation.quiet:
        checks["copy"] = "a copy that acts for nobody, until `fluxstudio resume`"
    if services.limiter.shared:
        away = "does not answer; each process counts limits for itself"
        checks["redis"] = away if services.limiter.away else "ok"
    return json_answer({"status": "ready" if fine else "not ready", "checks": checks}, 200 if fine else 503)


def _queue(backlog: Backlog) -> str:
    if backlog.oldest_seconds < MAX_WAIT_SECONDS:
        return "ok"
    return f"{backlog.waiting} jobs wait, the oldest for {backlog.oldest_seconds:.0f} s"


def _workers(silent: float | None) -> str:
    if silent is None:
        return "none has run yet"
    return "ok" if silent < MAX_WAIT_SECONDS else f"none has run for {silent:.0f} s"
