"""Links that work once: an invitation makes an account, a password link sets a new password."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.faces.middleware.bodies import STRANGERS_FORM, reads
from fluxstudio.faces.middleware.proxies import address_of
from fluxstudio.faces.web.shell.errors import LinkEnded
from fluxstudio.faces.web.shell.form_errors import FormErrors
from fluxstudio.faces.web.shell.paths import HOME, SIGN_IN, sign_in_path
from fluxstudio.faces.web.shell.visit import Visit, local_path
from fluxstudio.faces.web.sign_in.routes import account_problems
from fluxstudio.faces.web.sign_in.views import NewPasswordPage, SignUpPage
from fluxstudio.flows.identity.fields import password_problem
from fluxstudio.flows.identity.users import Initiator, accept_invitation, set_password

router = APIRouter(include_in_schema=False)

NO_INVITATION = "This invitation has expired or was already used. Ask for a new one."
NO_LINK = "It has expired or was already used. Ask for a new one."


@router.get("/invitations/{secret}")
async def invitation_page(request: Request, secret: str) -> Response:
    """Asks for what the account needs; opening the page uses nothing up."""
    visit = await Visit.of(request)
    return await visit.page(await _invited(visit, secret))


async def _invited(visit: Visit, secret: str) -> SignUpPage:
    invitation = await visit.services.accounts.invitation(secret)
    if invitation is None:
        raise LinkEnded(NO_INVITATION)
    return SignUpPage(
        action=f"/invitations/{secret}",
        return_to=local_path(None),
        sign_in_href=SIGN_IN,
        email=invitation.email or "",
        email_is_fixed=invitation.email is not None,
        administers=invitation.role == "admin",
    )


@router.post("/invitations/{secret}")
@reads(STRANGERS_FORM)
async def accept(request: Request, secret: str) -> Response:
    """Make the account. It is the same answer where the address had one before."""
    visit = await Visit.of(request)
    fields = await visit.form()
    page = await _invited(visit, secret)
    email = page.email if page.email_is_fixed else fields.get("email", "").strip()
    name, password = fields.get("name", "").strip(), fields.get("password", "")
    errors = account_problems(name, None if page.email_is_fixed else email, password)
    if errors:
        again = SignUpPage(
            action=page.action,
            return_to=page.return_to,
            sign_in_href=page.sign_in_href,
            name=name,
            email=email,
            email_is_fixed=page.email_is_fixed,
            administers=page.administers,
            errors=FormErrors(errors),
        )
        return await visit.page(again, status=400)
    by = Initiator(address=address_of(request))
    await visit.services.inbound_limits.sign_up(by.address)
    await accept_invitation(visit.services, by, secret, email, password, name)
    return await visit.go(sign_in_path(HOME, "account"))


@router.get("/password/{secret}")
async def password_page(request: Request, secret: str) -> Response:
    """Asks for the new password; opening the page uses nothing up."""
    visit = await Visit.of(request)
    return await visit.page(await _new_password(visit, secret))


async def _new_password(visit: Visit, secret: str, error: str | None = None) -> NewPasswordPage:
    email = await visit.services.accounts.password_link_for(secret)
    if email is None:
        raise LinkEnded(NO_LINK)
    return NewPasswordPage(action=f"/password/{secret}", email=email, error=error)


@router.post("/password/{secret}")
@reads(STRANGERS_FORM)
async def choose_password(request: Request, secret: str) -> Response:
    """Set the password; every session of the account ends."""
    visit = await Visit.of(request)
    password = (await visit.form()).get("password", "")
    problem = password_problem(password)
    page = await _new_password(visit, secret, problem)
    if problem:
        return await visit.page(page, status=400)
    await visit.services.inbound_limits.sign_up(address_of(request))
    await set_password(visit.services, Initiator(address=address_of(request)), secret, password)
    return await visit.go(sign_in_path(HOME, "password"))
