"""Signing in, signing up and signing out."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.errors import Forbidden
from fluxstudio.faces.cookies import BROWSER_DAYS, new_browser
from fluxstudio.faces.middleware.bodies import STRANGERS_FORM, reads
from fluxstudio.faces.middleware.proxies import address_of
from fluxstudio.faces.web.components.views import BannerView
from fluxstudio.faces.web.shell.form_errors import FormErrors
from fluxstudio.faces.web.shell.guest import BY_LINK, guest_of
from fluxstudio.faces.web.shell.paths import SIGN_IN, sign_in_path
from fluxstudio.faces.web.shell.sessions import begin_session, close_session, forget_session
from fluxstudio.faces.web.shell.visit import Visit, local_path
from fluxstudio.faces.web.sign_in.openid import came_back_signed_out, openid_href, signed_out
from fluxstudio.faces.web.sign_in.views import SignInPage, SignUpPage
from fluxstudio.flows.identity.fields import address_problem, name_problem, password_problem

router = APIRouter(include_in_schema=False)

WRONG = "Wrong email or password."
# The same whether the address had an account or not: who has one is nobody else's business.
NOTICES = {
    "account": BannerView(
        tone="neutral",
        title="If this address is new here, your account is ready.",
        detail="Sign in to continue. If you had an account before, it has not changed.",
    ),
    "password": BannerView(tone="good", title="Your password is set.", detail="Sign in to continue."),
    "signed-out": BannerView(tone="good", title="You are signed out."),
    "erased": BannerView(tone="good", title="Your account and its data are deleted."),
}


@router.get(SIGN_IN)
async def sign_in_page(request: Request) -> Response:
    """Asks who you are."""
    visit = await Visit.of(request)
    back = local_path(request.query_params.get("returnTo"))
    if visit.signed_in:
        return await visit.go(back)
    notice = NOTICES.get(
        "signed-out" if came_back_signed_out(visit) else request.query_params.get("notice", "")
    )
    return await visit.page(_sign_in(visit, back), banners=[notice] if notice else [])


def _sign_in(visit: Visit, back: str, email: str = "", error: str | None = None) -> SignInPage:
    guest = guest_of(visit.request)
    by_link = guest is not None and not guest.welcome(visit.request)
    is_open = visit.services.settings.sign_up_policy == "open" and not by_link
    return SignInPage(
        action=SIGN_IN,
        return_to=back,
        email=email,
        error=error,
        sign_up_href="/sign-up" if is_open else None,
        demo_action="/demo" if guest is not None and not by_link else None,
        notice=BY_LINK if by_link else None,
        openid_href=None if visit.services.openid is None else openid_href(back),
    )


def _check_sign_up(request: Request) -> None:
    """Raises `Forbidden` in a demo that others can reach."""
    guest = guest_of(request)
    if guest is not None and not guest.welcome(request):
        raise Forbidden(BY_LINK)


@router.post(SIGN_IN)
@reads(STRANGERS_FORM)
async def sign_in(request: Request) -> Response:
    """Sign in with e-mail and password."""
    visit = await Visit.of(request)
    fields = await visit.form()
    back = local_path(fields.get("returnTo"))
    email = fields.get("email", "").strip()
    services, address = visit.services, address_of(request)
    browser = visit.authenticator.known_browser(request)
    if not await services.sessions.knows_browser(browser, email):
        browser = None
    await services.inbound_limits.sign_in(address, email, browser)
    actor = await services.accounts.sign_in(email, fields.get("password", "")[:1024])
    if actor is None:
        whose = await services.accounts.with_address(email)
        await services.audit.record("sign-in", user_id=whose, outcome="refused", address=address)
        return await visit.page(_sign_in(visit, back, email, WRONG), status=401)
    await services.inbound_limits.signed_in(address, email)
    response = await visit.go(back)
    await begin_session(request, response, actor)
    browser_id = await services.sessions.remember_browser(actor.user_id, browser)
    visit.authenticator.cookies.put(
        response, visit.authenticator.cookies.known_browser, browser_id, days=BROWSER_DAYS
    )
    return response


@router.get("/sign-up")
async def sign_up_page(request: Request) -> Response:
    """Asks for what an account needs."""
    _check_sign_up(request)
    visit = await Visit.of(request)
    _check_open(visit)
    back = local_path(request.query_params.get("returnTo"))
    return await visit.page(SignUpPage(action="/sign-up", return_to=back, sign_in_href=SIGN_IN))


def _check_open(visit: Visit) -> None:
    policy = visit.services.settings.sign_up_policy
    if policy == "invite":
        raise Forbidden("Accounts are by invitation here. Ask an administrator for a link.")
    if policy == "closed":
        raise Forbidden("New accounts are not created here. Ask an administrator for access.")


@router.post("/sign-up")
@reads(STRANGERS_FORM)
async def sign_up(request: Request) -> Response:
    """Make an account; the answer is the same where the address has one already."""
    _check_sign_up(request)
    visit = await Visit.of(request)
    _check_open(visit)
    fields = await visit.form()
    back = local_path(fields.get("returnTo"))
    email, name = fields.get("email", "").strip(), fields.get("name", "").strip()
    password = fields.get("password", "")
    errors = account_problems(name, email, password)
    if errors:
        page = SignUpPage(
            action="/sign-up",
            return_to=back,
            sign_in_href=SIGN_IN,
            name=name,
            email=email,
            errors=FormErrors(errors),
        )
        return await visit.page(page, status=400)
    services, address = visit.services, address_of(request)
    await services.inbound_limits.sign_up(address)
    # Trying it out needs no command first; in production nobody becomes an administrator by being early.
    first_is_admin = not services.settings.production
    actor = await services.accounts.sign_up(email, password, name, first_is_admin=first_is_admin)
    whose = actor.user_id if actor is not None else await services.accounts.with_address(email)
    role = {"role": actor.role} if actor is not None else {}
    outcome = "done" if actor is not None else "refused"
    await services.audit.record("sign-up", user_id=whose, outcome=outcome, address=address, **role)
    return await visit.go(sign_in_path(back, "account"))


def account_problems(name: str, email: str | None, password: str) -> dict[str, str]:
    """What is wrong with the fields of a form that makes an account, by field name."""
    problems = {
        "name": name_problem(name),
        "email": None if email is None else address_problem(email),
        "password": password_problem(password),
    }
    return {field: problem for field, problem in problems.items() if problem is not None}


@router.post("/sign-out")
@reads(STRANGERS_FORM)
async def sign_out(request: Request) -> Response:
    """End this browser's session at once, and the one at the issuer that it began with."""
    visit = await Visit.of(request)
    await visit.form()
    session = await visit.services.openid_accounts.attached(visit.authenticator.session(request))
    await close_session(request)
    browser = new_browser()
    response = await signed_out(visit, session, browser)
    forget_session(request, response, browser)
    return response
