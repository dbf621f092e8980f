"""Beginning and ending the session of a browser."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from fluxstudio.core.people import SESSION_LIVES, Actor
from fluxstudio.core.services import Services
from fluxstudio.faces.auth import Gate, gate_of, services_of
from fluxstudio.faces.proxies import address_of


async def new_session(request: Request, actor: Actor, action: str = "sign-in") -> str:
    """A session under an id the browser has not had before; an earlier session of it ends.

    `action` is what the audit log calls it.
    """
    services = services_of(request)
    earlier = gate_of(request).session(request)
    if earlier:
        await services.people.close_session(earlier)
    value = await services.people.open_session(actor.user_id, request.headers.get("user-agent"))
    await services.audit.record(action, user_id=actor.user_id, address=address_of(request))
    return value


def keep_session(request: Request, response: Response, value: str) -> None:
    """Give the browser the cookie of its session."""
    cookies = gate_of(request).cookies
    cookies.put(response, cookies.session, value, days=SESSION_LIVES.days)


async def begin_session(request: Request, response: Response, actor: Actor, action: str = "sign-in") -> None:
    """Sign a browser in."""
    keep_session(request, response, await new_session(request, actor, action))


async def end_session(request: Request, response: Response, gate: Gate, services: Services) -> None:
    """End the session of a browser at once."""
    value = request.cookies.get(gate.cookies.session)
    if value:
        actor = await services.people.of_session(value)
        await services.people.close_session(value)
        if actor is not None:
            await services.audit.record("sign-out", user_id=actor.user_id, address=address_of(request))
    gate.cookies.drop(response, gate.cookies.session)
