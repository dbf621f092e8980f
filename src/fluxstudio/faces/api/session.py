"""Sessions of browsers, made from an API token."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.errors import MissingToken
from fluxstudio.faces.api.connections import Caller, PersonCaller, errors
from fluxstudio.faces.api.schemas.common import SessionAnswer, json_answer
from fluxstudio.faces.authentication import authenticator_of, services_of
from fluxstudio.faces.web.shell.sessions import begin_session, end_session

router = APIRouter(prefix="/api/session", tags=["Session"], responses=errors)


@router.post("", response_model=SessionAnswer)
async def hand_over(request: Request, actor: PersonCaller) -> Response:
    """Trade an API token for the session cookie that the pages use."""
    if not request.headers.get("authorization"):
        raise MissingToken
    response = json_answer(
        SessionAnswer(user_id=actor.subject, email=actor.email, name=actor.name, role=actor.role)
    )
    await begin_session(request, response, actor, "hand-over")
    return response


@router.get("", response_model=SessionAnswer)
async def who(actor: Caller) -> Response:
    """Who is calling."""
    return json_answer(
        SessionAnswer(user_id=actor.subject, email=actor.email, name=actor.name, role=actor.role)
    )


@router.delete("", status_code=204)
async def sign_out(request: Request, actor: Caller) -> Response:
    """End the session of this browser at once."""
    response = Response(status_code=204)
    await end_session(request, response, authenticator_of(request), services_of(request))
    return response
