"""Signing in, signing up and signing out."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fluxstudio.errors import Forbidden, InvalidRequest
from fluxstudio.faces.bodies import STRANGERS_FORM, reads
from fluxstudio.faces.proxies import address_of
from fluxstudio.faces.web.guest import BY_LINK, guest_of
from fluxstudio.faces.web.sessions import begin_session, end_session
from fluxstudio.faces.web.views import SignInPage, SignUpPage
from fluxstudio.faces.web.visit import Visit, local_path

router = APIRouter(include_in_schema=False)

SHORTEST_PASSWORD = 12
WRONG = "This address and password do not belong together. Check both and try again."


@router.get("/sign-in")
async def sign_in_page(request: Request) -> Response:
    """Asks who you are."""
    visit = await Visit.of(request)
    back = local_path(request.query_params.get("returnTo"))
    if visit.signed_in:
        return await visit.go(back)
    return await visit.page(_sign_in(request, back))


def _sign_in(request: Request, back: str, email: str = "", error: str | None = None) -> SignInPage:
    guest = guest_of(request)
    by_link = guest is not None and not guest.welcome(request)
    return SignInPage(
        action="/sign-in",
        return_to=back,
        email=email,
        error=error,
        sign_up_href=None if by_link else "/sign-up",
        demo_action="/demo" if guest is not None and not by_link else None,
        notice=BY_LINK if by_link else None,
    )


def _check_sign_up(request: Request) -> None:
    """Raises `Forbidden` in a demo that others can reach: the first account is an administrator's."""
    guest = guest_of(request)
    if guest is not None and not guest.welcome(request):
        raise Forbidden(BY_LINK)


@router.post("/sign-in")
@reads(STRANGERS_FORM)
async def sign_in(request: Request) -> Response:
    """Sign in with e-mail and password."""
    visit = await Visit.of(request)
    fields = await visit.form()
    back = local_path(fields.get("returnTo"))
    email = fields.get("email", "").strip()
    people, address = visit.services.people, address_of(request)
    await visit.services.allowances.sign_in(address, email)
    actor = await people.sign_in(email, fields.get("password", "")[:1024])
    if actor is None:
        whose = await people.with_password(email)
        await visit.services.audit.record("sign-in", user_id=whose, outcome="refused", address=address)
        return await visit.page(_sign_in(request, back, email, WRONG), status=401)
    await visit.services.allowances.signed_in(email)
    response = await visit.go(back)
    await begin_session(request, response, actor)
    return response


@router.get("/sign-up")
async def sign_up_page(request: Request) -> Response:
    """Asks for what an account needs."""
    _check_sign_up(request)
    visit = await Visit.of(request)
    back = local_path(request.query_params.get("returnTo"))
    return await visit.page(SignUpPage(action="/sign-up", return_to=back, sign_in_href="/sign-in"))


@router.post("/sign-up")
@reads(STRANGERS_FORM)
async def sign_up(request: Request) -> Response:
    """Make an account and sign in."""
    _check_sign_up(request)
    visit = await Visit.of(request)
    fields = await visit.form()
    back = local_path(fields.get("returnTo"))
    email, name = fields.get("email", "").strip(), fields.get("name", "").strip()
    password = fields.get("password", "")
    errors = _problems(name, email, password)
    if not errors:
        await visit.services.allowances.sign_up(address_of(request))
        try:
            actor = await visit.services.people.sign_up(email, password, name)
        except InvalidRequest as error:
            errors = {"email": error.message}
        else:
            response = await visit.go(back)
            await begin_session(request, response, actor)
            await visit.services.audit.record("sign-up", user_id=actor.user_id, address=address_of(request))
            return response
    page = SignUpPage(
        action="/sign-up", return_to=back, sign_in_href="/sign-in", name=name, email=email, errors=errors
    )
    return await visit.page(page, status=400)


def _problems(name: str, email: str, password: str) -> dict[str, str]:
    problems = {}
    if not 1 <= len(name) <= 200:
        problems["name"] = "Say how others should call you."
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,255}", email):
        problems["email"] = "Enter an address like ada@example.com."
    if len(password) < SHORTEST_PASSWORD:
        problems["password"] = f"Use {SHORTEST_PASSWORD} characters or more; a sentence is fine."
    if len(password) > 1024:
        problems["password"] = "Use 1,024 characters at most."  # noqa: S105 - a sentence, not a password
    return problems


@router.post("/sign-out")
@reads(STRANGERS_FORM)
async def sign_out(request: Request) -> Response:
    """End this browser's session at once."""
    visit = await Visit.of(request)
    await visit.form()
    response = RedirectResponse("/sign-in", 303)
    await end_session(request, response, visit.gate, visit.services)
    return await visit.send(response)
