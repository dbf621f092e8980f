"""Beginning and ending the session of a browser."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from fluxstudio.core.connections import authorization_requests
from fluxstudio.core.identity.sessions import SESSION_LIVES
from fluxstudio.core.identity.users import Actor
from fluxstudio.faces.authentication import authenticator_of, services_of
from fluxstudio.faces.browser_binding import bindings_of
from fluxstudio.faces.cookies import BROWSER_DAYS, new_browser
from fluxstudio.faces.middleware.proxies import address_of
from fluxstudio.flows.connections.refusals import SIGNED_OUT


async def new_session(request: Request, actor: Actor, action: str = "sign-in") -> str:
    """A session under an id the browser has not had before; an earlier session of it ends.

    `action` is what the audit log calls it.
    """
    services = services_of(request)
    authenticator = authenticator_of(request)
    earlier = authenticator.session(request)
    if earlier:
        await services.sessions.close(earlier)
    # What somebody else began in this browser is not for whoever signs in now to finish.
    await authorization_requests.abandon(services.db, bindings_of(request), SIGNED_OUT, but_of=actor.user_id)
    value = await services.sessions.open(actor, request.headers.get("user-agent"), address_of(request))
    await services.audit.record(action, user_id=actor.user_id, address=address_of(request))
    return value


def keep_session(request: Request, response: Response, value: str) -> None:
    """Give the browser the cookie of its session."""
    cookies = authenticator_of(request).cookies
    cookies.put(response, cookies.session, value, days=SESSION_LIVES.days)


async def begin_session(request: Request, response: Response, actor: Actor, action: str = "sign-in") -> None:
    """Sign a browser in."""
    keep_session(request, response, await new_session(request, actor, action))


async def end_session(request: Request, response: Response) -> None:
    """End the session of a browser at once, with whatever was begun in it; its binding is a new one."""
    await close_session(request)
    forget_session(request, response, new_browser())


async def close_session(request: Request) -> None:
    """End the session that a browser holds, with whatever was begun in it."""
    services = services_of(request)
    await authorization_requests.abandon(services.db, bindings_of(request), SIGNED_OUT)
    value = authenticator_of(request).session(request)
    if value:
        actor = await services.sessions.of(value)
        await services.sessions.close(value)
        if actor is not None:
            await services.audit.record("sign-out", user_id=actor.user_id, address=address_of(request))


def forget_session(request: Request, response: Response, browser: str) -> None:
    """Take the cookie of an ended session from a browser, and bind it to `browser` where it was bound."""
    authenticator = authenticator_of(request)
    if authenticator.browser(request):
        authenticator.cookies.put(response, authenticator.cookies.browser, browser, days=BROWSER_DAYS)
    authenticator.cookies.drop(response, authenticator.cookies.session)
