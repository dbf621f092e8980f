"""What binds a connect to the browser that began it: one cookie for each, gone soon after."""

from __future__ import annotations

import re
import secrets
import time

from fastapi import Request
from starlette.responses import Response

from fluxstudio.faces.authentication import authenticator_of
from fluxstudio.flows.connections.places import Returning
from fluxstudio.kit.signatures import sha256

PREFIX = "fluxstudio_connect_"
BINDING_SECONDS = 15 * 60
# As long as a repeated callback gets the answer of the first.
RELEASED_BINDING_SECONDS = 60
MAX_CONNECT_COOKIES = 20
VALUE = re.compile(r"\d{1,12}\.[A-Za-z0-9_-]{20,60}")


def new_binding() -> str:
    """A secret for one connect, with the time it was made."""
    return f"{int(time.time())}.{secrets.token_urlsafe(32)}"


def bind(request: Request, response: Response, state: str, binding: str) -> None:
    """Have the browser hold what binds a connect to it; of too many, the oldest go."""
    held = _held(request)
    oldest_first = sorted(held, key=lambda name: int(held[name].partition(".")[0]))
    for name in oldest_first[: max(0, len(held) - MAX_CONNECT_COOKIES + 1)]:
        _put(request, response, name, "", 0)
    _put(request, response, _name(request, state), binding, BINDING_SECONDS)


def release(request: Request, response: Response, state: str) -> None:
    """Let go of what bound a connect that has ended, once it cannot be repeated any more."""
    name = _name(request, state)
    value = _held(request).get(name)
    if value is not None:
        _put(request, response, name, value, RELEASED_BINDING_SECONDS)


def bindings_of(request: Request) -> tuple[bytes, ...]:
    """The digests of everything that binds connects to this browser."""
    browser = authenticator_of(request).browser(request)
    values = [*_held(request).values(), *([browser] if browser else [])]
    return tuple(sha256(value) for value in values)


def returning_with(request: Request, state: str) -> tuple[bytes, ...]:
    """The digests of what may bind the connect of one state to this browser.

    Connects that the version before began are bound to the cookie that tells browsers apart.
    """
    held = _held(request).get(_name(request, state)) or authenticator_of(request).browser(request)
    return (sha256(held),) if held else ()


async def browser_returning(request: Request, state: str) -> Returning:
    """Who comes back in a browser: with a state, what binds that; without one, whatever it holds."""
    actor = await authenticator_of(request).signed_in(request)
    browser = returning_with(request, state) if state else bindings_of(request)
    return Returning(browser=browser, signed_in=actor.user_id if actor else None)


def _held(request: Request) -> dict[str, str]:
    prefix = _prefix(request)
    return {
        name: value
        for name, value in request.cookies.items()
        if name.startswith(prefix) and VALUE.fullmatch(value)
    }


def _prefix(request: Request) -> str:
    return f"__Host-{PREFIX}" if authenticator_of(request).cookies.secure else PREFIX


def _name(request: Request, state: str) -> str:
    return f"{_prefix(request)}{sha256(state).hex()[:16]}"


def _put(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        secure=authenticator_of(request).cookies.secure,
        httponly=True,
        samesite="lax",
    )


def crosses_sites(request: Request) -> bool:
    """Whether the script of a page on another site asks; browsers keep no cookie of ours then."""
    headers = request.headers
    return headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") == "cors"
