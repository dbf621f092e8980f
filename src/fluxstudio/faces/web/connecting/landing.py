"""The landing page of a connect: it needs no session, says what happened, and leads back."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from fluxstudio.core.connections.attempts import LandingAttempt, landing_attempt
from fluxstudio.faces.authentication import authenticator_of, services_of
from fluxstudio.faces.web.connecting.presenter import connected_page
from fluxstudio.faces.web.shell.templating import PageRenderer
from fluxstudio.faces.web.shell.views import Shell
from fluxstudio.flows.connections.places import LANDING_PAGE

router = APIRouter(include_in_schema=False)


@router.get(LANDING_PAGE)
async def connected(request: Request) -> Response:
    """What became of a connect."""
    services = services_of(request)
    await authenticator_of(request).count(request, None)
    query = request.query_params
    page = connected_page(
        services.settings,
        services.registry,
        {name: query.get(name, "") for name in ("provider", "status", "code", "connection", "notice")},
        await _attempt(request),
    )
    pages: PageRenderer = request.app.state.pages
    shell = Shell(nonce=request.state.nonce.value, csrf="", path=LANDING_PAGE)
    return HTMLResponse(pages.page(page, shell), headers={"referrer-policy": "no-referrer"})


async def _attempt(request: Request) -> LandingAttempt | None:
    try:
        attempt_id = UUID(request.query_params.get("attempt", ""))
    except ValueError:
        return None
    return await landing_attempt(services_of(request).db, attempt_id)
