"""Signing in as the demo's user."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.errors import Forbidden, NotFound
from fluxstudio.faces.authentication import services_of
from fluxstudio.faces.middleware.bodies import STRANGERS_FORM, reads
from fluxstudio.faces.middleware.head import is_head
from fluxstudio.faces.web.shell.guest import BY_LINK, USED, guest_of
from fluxstudio.faces.web.shell.paths import HOME
from fluxstudio.faces.web.shell.sessions import begin_session
from fluxstudio.faces.web.shell.visit import Visit, local_path

router = APIRouter(include_in_schema=False)


@router.get("/demo")
async def by_link(request: Request) -> Response:
    """Sign in as the demo's user by a link."""
    guest, services = guest_of(request), services_of(request)
    if guest is None:
        raise NotFound("There is nothing here.")
    visit = await Visit.of(request)
    if is_head(request):
        return Response()
    if not guest.used(request.query_params.get("key", "")[:100], services.settings.base_url):
        raise Forbidden(USED)
    response = await visit.go(HOME)
    await begin_session(request, response, await guest.actor(services))
    return response


@router.post("/demo")
@reads(STRANGERS_FORM)
async def by_button(request: Request) -> Response:
    """Sign in as the demo's user again, after signing out."""
    guest, services = guest_of(request), services_of(request)
    if guest is None:
        raise NotFound("There is nothing here.")
    visit = await Visit.of(request)
    fields = await visit.form()
    if not guest.welcome(request):
        raise Forbidden(BY_LINK)
    response = await visit.go(local_path(fields.get("returnTo")))
    await begin_session(request, response, await guest.actor(services))
    return response
