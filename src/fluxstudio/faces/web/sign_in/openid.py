"""Signing in by OpenID Connect, and out again."""

from __future__ import annotations

from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fluxstudio.core.identity.openid import OpenIdSession
from fluxstudio.errors import Forbidden, Unavailable
from fluxstudio.faces.middleware.head import is_head
from fluxstudio.faces.middleware.proxies import address_of
from fluxstudio.faces.web.components.views import BannerView, LinkView
from fluxstudio.faces.web.shell.paths import SIGN_IN
from fluxstudio.faces.web.shell.sessions import keep_session, new_session
from fluxstudio.faces.web.shell.visit import Visit, local_path
from fluxstudio.faces.web.sign_in.views import OpenIdProblemPage, SignedOutPage
from fluxstudio.flows.identity import openid
from fluxstudio.kit.signatures import same, sha256

log = structlog.get_logger(__name__)

OPENID_PATH = f"{SIGN_IN}/openid"
MAX_FIELD_CHARACTERS = 4096

router = APIRouter(include_in_schema=False)


def openid_href(return_to: str) -> str:
    """Where single sign-on begins that leads back to a path of ours."""
    return f"{OPENID_PATH}?{urlencode({'returnTo': return_to})}"


@router.get(OPENID_PATH)
async def begin(request: Request) -> Response:
    """Send the browser to the issuer."""
    visit = await Visit.of(request)
    if is_head(request):
        return Response()
    back = local_path(request.query_params.get("returnTo"))
    try:
        url = await openid.begin(visit.services, visit.browser, back)
    except Unavailable as error:
        return await _problem(visit, error, back)
    return await visit.send(RedirectResponse(url, 303))


@router.get(openid.CALLBACK_PATH)
async def came_back(request: Request) -> Response:
    """Where the issuer sends the browser back to."""
    visit = await Visit.of(request)
    if is_head(request):
        return Response()
    answer = {name: value[:MAX_FIELD_CHARACTERS] for name, value in request.query_params.items()}
    signed_in = await visit.authenticator.signed_in(request)
    try:
        done = await openid.complete(
            visit.services,
            answer,
            visit.browser,
            current=signed_in.user_id if signed_in else None,
            address=address_of(request),
        )
    except (Forbidden, Unavailable) as error:
        return await _problem(visit, error, "")
    response = await visit.go(local_path(done.return_to))
    session = await new_session(request, done.actor)
    await visit.services.openid_accounts.attach(session, done.person)
    keep_session(request, response, session)
    response.headers["referrer-policy"] = "no-referrer"
    return response


async def signed_out(visit: Visit, session: OpenIdSession | None, browser: str) -> Response:
    """What signing out answers: on to the issuer where the session began there, else to the sign-in page.

    The browser is bound to `browser` from now on.
    """
    url = await openid.logout_url(visit.services, session, _signed_out_state(browser))
    if url is None:
        return await visit.go(SIGN_IN)
    return await visit.page(SignedOutPage(href=url))


def came_back_signed_out(visit: Visit) -> bool:
    """Whether the issuer has sent this browser back from signing out."""
    state = visit.request.query_params.get("state", "")
    return same(state, _signed_out_state(visit.browser))


def _signed_out_state(browser: str) -> str:
    return sha256(f"signed-out\x1f{browser}").hex()


async def _problem(visit: Visit, error: Forbidden | Unavailable, back: str) -> Response:
    page = OpenIdProblemPage(
        again=LinkView(label="Try again", href=openid_href(back)),
        sign_in=LinkView(label="Sign in another way", href=SIGN_IN),
    )
    banner = BannerView(tone="attention", title=error.message)
    return await visit.page(page, banners=[banner], status=error.status)
