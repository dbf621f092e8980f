"""Setting out to a provider for a front end on another site, whose browser gets its cookie here."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.errors import Forbidden
from fluxstudio.faces.authentication import authenticator_of, services_of
from fluxstudio.faces.browser_binding import bind, new_binding
from fluxstudio.faces.csrf import masked, origin_of, unmasked
from fluxstudio.faces.middleware.bodies import STRANGERS_FORM, reads
from fluxstudio.faces.middleware.head import is_head
from fluxstudio.faces.web.components.mark import mark
from fluxstudio.faces.web.connecting.views import DeparturePage
from fluxstudio.faces.web.shell.errors import LinkEnded
from fluxstudio.faces.web.shell.templating import PageRenderer
from fluxstudio.faces.web.shell.views import Shell
from fluxstudio.flows.connections.departures import Departure, depart, departure
from fluxstudio.flows.connections.links import LINK_PATH, begin_by_link, open_link
from fluxstudio.flows.connections.places import departure_path
from fluxstudio.kit.signatures import same, sha256

router = APIRouter(include_in_schema=False)

LINK_GONE = "It has expired or was already used. Ask the sender for a new one."
GONE = "It has expired or was already used. Connect again from where you started."


@router.get(LINK_PATH)
async def ask_by_link(request: Request, secret: str) -> Response:
    """Say what a connect link is about to connect, and for whom; looking at it uses nothing up."""
    await authenticator_of(request).count(request, None)
    if is_head(request):
        return Response()
    services = services_of(request)
    link = await open_link(services, secret[:100])
    if link is None:
        raise LinkEnded(LINK_GONE)
    place = urlsplit(link.return_to or "").netloc
    return _page(
        request, services.registry[link.provider], LINK_PATH.format(secret=secret), link.person, place
    )


@router.post(LINK_PATH)
@reads(STRANGERS_FORM)
async def go_by_link(request: Request, secret: str) -> Response:
    """Begin the connect of a link, and off to the provider."""
    await _check_form(request, LINK_PATH.format(secret=secret))
    binding = new_binding()
    started = await begin_by_link(services_of(request), secret[:100], binding)
    if started is None:
        raise LinkEnded(LINK_GONE)
    response = RedirectResponse(started.authorization_url, 303)
    bind(request, response, started.state, binding)
    return response


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
        raise LinkEnded(GONE)
    place = urlsplit(waiting.origin or "").netloc
    goes_on = _sent_by_beginner(request, waiting)
    return _page(request, waiting.registered, departure_path(state), waiting.person, place, goes_on=goes_on)


def _page(
    request: Request,
    registered: RegisteredProvider,
    action: str,
    person: str,
    place: str,
    *,
    goes_on: bool = False,
) -> Response:
    page = DeparturePage(
        action=action,
        provider=registered.provider.name,
        icon=mark(registered),
        person=person,
        place=place,
        goes_on=goes_on,
    )
    pages: PageRenderer = request.app.state.pages
    shell = Shell(nonce=request.state.nonce.value, csrf=masked(_proof(action)), path="")
    return HTMLResponse(pages.page(page, shell))


def _sent_by_beginner(request: Request, waiting: Departure) -> bool:
    return waiting.origin is not None and origin_of(request.headers.get("referer", "")) == waiting.origin


def _proof(action: str) -> bytes:
    """What the form of one connect carries; windows that set out at the same time share no cookie."""
    return sha256(f"departure\x1f{action}")


async def _check_form(request: Request, action: str) -> None:
    """Raises `Forbidden` for a form that is not of our own page."""
    await authenticator_of(request).count(request, None)
    settings = services_of(request).settings
    ours = {origin_of(settings.base_url), origin_of(str(request.base_url))}
    async with request.form(max_files=0, max_fields=50) as form:
        sent = form.get("csrf")
    is_proof = isinstance(sent, str) and same(unmasked(sent), _proof(action))
    if request.headers.get("origin") not in ours or not is_proof:
        raise Forbidden("This form was not ours. Open the link again.")


@router.post(departure_path("{state}"))
@reads(STRANGERS_FORM)
async def go(request: Request, state: str) -> Response:
    """Off to the provider, with the cookie that the way back needs."""
    await _check_form(request, departure_path(state))
    binding = new_binding()
    address = await depart(services_of(request), state[:100], binding)
    if address is None:
        raise LinkEnded(GONE)
    response = RedirectResponse(address, 303)
    bind(request, response, state, binding)
    return response
