"""Beginning and ending the session of a browser."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from fluxstudio.core.people import SESSION_LIVES, Actor
from fluxstudio.core.services import Services
from fluxstudio.faces.auth import Gate, gate_of, services_of


async def new_session(request: Request, actor: Actor) -> str:
    """A session under an id the browser has not had before; an earlier session of it ends."""
    services = services_of(request)
    earlier = gate_of(request).session(request)
    if earlier:
        await services.people.close_session(earlier)
    value = await services.people.open_session(actor.user_id, request.headers.get("user-agent"))
    await services.audit.record("sign-in", user_id=actor.user_id, address=address_of(request))
    return value


def keep_session(request: Request, response: Response, value: str) -> None:
    """Give the browser the cookie of its session."""
    cookies = gate_of(request).cookies
    cookies.put(response, cookies.session, value, days=SESSION_LIVES.days)


async def begin_session(request: Request, response: Response, actor: Actor) -> None:
    """Sign a browser in."""
    keep_session(request, response, await new_session(request, actor))


async def end_session(request: Request, response: Response, gate: Gate, services: Services) -> None:
    """End the session of a browser at once."""
    value = request.cookies.get(gate.cookies.session)
    if value:
        actor = await services.people.of_session(value)
        await services.people.close_session(value)
        if actor is not None:
            await services.audit.record("sign-out", user_id=actor.user_id, address=address_of(request))
    gate.cookies.drop(response, gate.cookies.session)


def address_of(request: Request) -> str | None:
    """The client's network address."""
    return request.client.host if request.client else None
