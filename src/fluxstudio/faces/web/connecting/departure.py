"""Setting out to a provider for a front end on another site, whose browser gets its cookie here."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fluxstudio.errors import Forbidden, NotFound
from fluxstudio.faces.authentication import authenticator_of, masked, origin_of, services_of, unmasked
from fluxstudio.faces.browser_binding import bind, new_binding
from fluxstudio.faces.middleware.bodies import STRANGERS_FORM, reads
from fluxstudio.faces.middleware.head import is_head
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.connecting.views import DeparturePage
from fluxstudio.faces.web.shell.templating import PageRenderer
from fluxstudio.faces.web.shell.views import Shell
from fluxstudio.flows.connections.departures import Departure, depart, departure
from fluxstudio.flows.connections.places import departure_path
from fluxstudio.kit.signatures import same, sha256

router = APIRouter(include_in_schema=False)

GONE = "This link has expired or was used already. Connect again from where you started."


@router.get(departure_path("{state}"))
async def ask(request: Request, state: str) -> Response:
    """Say what is about to be connected, and for whom.

    It is no secret of the browser that brings somebody here, so they see whose account it is. A pop-up that
    the page which began has just opened goes on by itself.
    """
    await authenticator_of(request).count(request, None)
    if is_head(request):
        return Response()
    waiting = await departure(services_of(request), state[:100])
    if waiting is None:
        raise NotFound(GONE)
    page = DeparturePage(
        action=departure_path(state),
        provider=waiting.registered.provider.name,
        icon=mark(waiting.registered),
        person=waiting.person,
        place=urlsplit(waiting.origin or "").netloc,
        goes_on=_sent_by_beginner(request, waiting),
    )
    pages: PageRenderer = request.app.state.pages
    shell = Shell(nonce=request.state.nonce.value, csrf=masked(_proof(state)), path="")
    return HTMLResponse(pages.page(page, shell))


def _sent_by_beginner(request: Request, waiting: Departure) -> bool:
    return waiting.origin is not None and origin_of(request.headers.get("referer", "")) == waiting.origin


def _proof(state: str) -> bytes:
    """What the form of one connect carries; windows that set out at the same time share no cookie."""
    return sha256(f"departure\x1f{state}")


@router.post(departure_path("{state}"))
@reads(STRANGERS_FORM)
async def go(request: Request, state: str) -> Response:
    """Off to the provider, with the cookie that the way back needs."""
    services = services_of(request)
    await authenticator_of(request).count(request, None)
    ours = {origin_of(services.settings.base_url), origin_of(str(request.base_url))}
    async with request.form(max_files=0, max_fields=2) as form:
        sent = form.get("csrf")
    is_proof = isinstance(sent, str) and same(unmasked(sent), _proof(state))
    if request.headers.get("origin") not in ours or not is_proof:
        raise Forbidden("This form was not ours. Open the link again.")
    binding = new_binding()
    address = await depart(services, state[:100], binding)
    if address is None:
        raise NotFound(GONE)
    response = RedirectResponse(address, 303)
    bind(request, response, state, binding)
    return response
