"""Signing in by a ticket that a host product asked for: it counts once, and only in time."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fluxstudio.core.identity import tickets
from fluxstudio.core.identity.tickets import HeldTicket
from fluxstudio.core.identity.users import Actor
from fluxstudio.errors import Unavailable
from fluxstudio.faces.authentication import authenticator_of, services_of
from fluxstudio.faces.middleware.bodies import STRANGERS_FORM, reads
from fluxstudio.faces.middleware.head import is_head, is_prefetch
from fluxstudio.faces.web.shell.errors import LinkEnded
from fluxstudio.faces.web.shell.paths import HOME, ticket_path
from fluxstudio.faces.web.shell.sessions import begin_session
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.faces.web.sign_in.views import SwitchUserPage

router = APIRouter(include_in_schema=False)

NO_TICKET = "It has expired or was already used. Go back to where you came from and open it again."


@router.get(ticket_path("{secret}"))
async def by_ticket(request: Request, secret: str) -> Response:
    """Sign in; somebody who is signed in as another person is asked first."""
    authenticator = authenticator_of(request)
    await authenticator.count(request, None)
    if is_head(request):
        return Response()
    if is_prefetch(request):
        raise Unavailable("Open this link to sign in.")
    ticket = await _held(request, secret)
    current = await authenticator.signed_in(request)
    if current is None or current.user_id == ticket.actor.user_id:
        return await _enter(request, secret, ticket)
    visit = await Visit.of(request)
    page = SwitchUserPage(
        action=ticket_path(secret), person=_name(ticket.actor), current=_name(current), stay_href=HOME
    )
    return await visit.page(page)


@router.post(ticket_path("{secret}"))
@reads(STRANGERS_FORM)
async def switch(request: Request, secret: str) -> Response:
    """Sign in in place of whoever is signed in."""
    visit = await Visit.of(request)
    await visit.form()
    return await _enter(request, secret, await _held(request, secret))


async def _held(request: Request, secret: str) -> HeldTicket:
    ticket = await tickets.read(services_of(request).db, secret[:100])
    if ticket is None:
        raise LinkEnded(NO_TICKET)
    return ticket


async def _enter(request: Request, secret: str, ticket: HeldTicket) -> Response:
    if not await tickets.redeem(services_of(request).db, secret):
        raise LinkEnded(NO_TICKET)
    response = RedirectResponse(ticket.return_to, 303, {"referrer-policy": "no-referrer"})
    await begin_session(request, response, ticket.actor, "ticket")
    return response


def _name(actor: Actor) -> str:
    return actor.name or actor.email or actor.subject
