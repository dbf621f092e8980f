"""Sessions of browsers, made from an API token."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from fluxstudio.core.identity import tickets
from fluxstudio.errors import MissingToken
from fluxstudio.faces.api.connections import Caller, PersonCaller, errors
from fluxstudio.faces.api.schemas.common import (
    CsrfAnswer,
    RequestBody,
    SessionAnswer,
    TicketAnswer,
    json_answer,
)
from fluxstudio.faces.authentication import authenticator_of, services_of
from fluxstudio.faces.cookies import BROWSER_DAYS, new_browser
from fluxstudio.faces.middleware.head import is_head
from fluxstudio.faces.web.shell.paths import ticket_path
from fluxstudio.faces.web.shell.sessions import begin_session, end_session
from fluxstudio.flows.connections.places import checked_return

router = APIRouter(prefix="/api/session", tags=["Session"], responses=errors)
csrf_router = APIRouter(tags=["Session"], responses=errors)


@router.post("", response_model=SessionAnswer, operation_id="create_session")
async def hand_over(request: Request, actor: PersonCaller) -> Response:
    """Trade an API token for the session cookie that the pages use."""
    if not request.headers.get("authorization"):
        raise MissingToken
    response = json_answer(
        SessionAnswer(user_id=actor.subject, email=actor.email, name=actor.name, role=actor.role)
    )
    await begin_session(request, response, actor, "hand-over")
    return response


@router.get("", response_model=SessionAnswer, operation_id="get_session")
async def who(request: Request) -> Response:
    """Who is calling."""
    actor = await authenticator_of(request).actor(request)
    return json_answer(
        SessionAnswer(user_id=actor.subject, email=actor.email, name=actor.name, role=actor.role)
    )


# Host products ask before they show anything.
FAST = (who,)


@router.delete("", status_code=204, operation_id="end_session")
async def sign_out(request: Request, actor: Caller) -> Response:
    """End the session of this browser at once."""
    response = Response(status_code=204)
    await end_session(request, response)
    return response


class TicketRequest(RequestBody):
    """Where the browser goes once it is signed in: a path of ours, the integrations page by default."""

    return_to: str | None = Field(default=None, max_length=500)


@router.post("/ticket", response_model=TicketAnswer, operation_id="create_session_ticket")
async def ticket(request: Request, actor: PersonCaller, body: TicketRequest | None = None) -> Response:
    """A link that signs a browser in once, within two minutes.

    For a host product on another site, where the cookie of `POST /api/session` would not be kept: send the
    person's browser to `url`.
    """
    if not request.headers.get("authorization"):
        raise MissingToken
    services = services_of(request)
    issued = await tickets.issue(services.db, actor, checked_return(body.return_to if body else None))
    url = services.settings.base_url + ticket_path(issued.secret)
    return json_answer(TicketAnswer(url=url, expires_at=issued.expires_at))


@csrf_router.get(
    "/api/csrf-token",
    response_model=CsrfAnswer,
    operation_id="get_csrf_token",
    openapi_extra={"security": []},
)
async def csrf_token(request: Request) -> Response:
    """What a page with a session cookie sends as `X-CSRF-Token` with whatever changes something.

    Calls with an `Authorization` header need none.
    """
    authenticator = authenticator_of(request)
    await authenticator.count(request, None)
    browser = authenticator.browser(request)
    value = browser or new_browser()
    response = json_answer(CsrfAnswer(csrf_token=authenticator.csrf(value, authenticator.session(request))))
    if browser is None and not is_head(request):
        authenticator.cookies.put(response, authenticator.cookies.browser, value, days=BROWSER_DAYS)
    return response
