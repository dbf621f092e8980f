"""Settings → Account: one's own profile, password, sessions, access tokens, and the end of it all."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fluxstudio.errors import InvalidRequest, NotFound
from fluxstudio.faces.middleware.proxies import address_of
from fluxstudio.faces.web.account import access_tokens
from fluxstudio.faces.web.account.access_tokens import TOKENS, access_token_row
from fluxstudio.faces.web.account.views import AccountPage
from fluxstudio.faces.web.components.browser_sessions import session_views
from fluxstudio.faces.web.components.views import BannerView, HeadView, LinkView
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors
from fluxstudio.faces.web.shell.paths import ACCOUNT, HOME, SETTINGS, sign_in_path
from fluxstudio.faces.web.shell.views import ErasePage
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.identity import users
from fluxstudio.flows.identity.erasure import erase
from fluxstudio.flows.identity.users import Initiator

router = APIRouter(include_in_schema=False)
router.include_router(access_tokens.router)

DONE = {
    "name": "Your name is changed.",
    "password": "Your password is changed. Other browsers are signed out.",
    "session": "That browser is signed out.",
    "sessions": "All other browsers are signed out.",
    "token": "The access token is revoked.",
    "tokens": "All access tokens are revoked.",
}


@router.get(ACCOUNT)
async def account(request: Request) -> Response:
    """Profile, password, sessions and access tokens."""
    visit = await Visit.of(request)
    done = DONE.get(request.query_params.get("done", ""))
    return await _page(visit, done=done)


async def _page(
    visit: Visit,
    *,
    done: str | None = None,
    errors: FormErrors = NO_ERRORS,
    entered_name: str | None = None,
) -> Response:
    actor, services = visit.actor, visit.services
    sessions = await services.sessions.of_user(actor.user_id, visit.authenticator.session(visit.request))
    tokens = await services.access_tokens.listing(actor.user_id)
    page = AccountPage(
        head=HeadView(
            title="Account",
            sentence="Your profile, password, sessions and access tokens.",
            parent=LinkView(label="Settings", href=SETTINGS),
        ),
        name=actor.name or "",
        entered_name=(actor.name or "") if entered_name is None else entered_name,
        may_rename=actor.subject == str(actor.user_id),
        email=actor.email or "",
        role="Administrator" if actor.is_admin else "Member",
        has_password=await services.accounts.has_password(actor.user_id),
        sessions=session_views(sessions),
        tokens=tuple(access_token_row(line) for line in tokens if line.active),
        new_token=LinkView(label="New access token", href=f"{TOKENS}/new", icon="plus"),
        errors=errors,
    )
    banners = [BannerView(tone="good", title=done)] if done else []
    return await visit.page(page, banners=banners, status=errors.status)


@router.post(f"{ACCOUNT}/name")
async def rename(request: Request) -> Response:
    """Change one's name."""
    visit = await Visit.of(request)
    name = (await visit.form()).get("name", "")
    try:
        await users.rename(visit.services, Initiator(visit.actor, address_of(request)), name)
    except InvalidRequest as error:
        return await _page(visit, errors=FormErrors.of(error, {"name"}), entered_name=name)
    return await visit.go(f"{ACCOUNT}?done=name")


@router.post(f"{ACCOUNT}/password")
async def change_password(request: Request) -> Response:
    """Replace the password; other sessions end."""
    visit = await Visit.of(request)
    fields = await visit.form()
    by = Initiator(visit.actor, address_of(request))
    try:
        await users.change_password(
            visit.services,
            by,
            fields.get("current", "")[:1024],
            fields.get("password", ""),
            session=visit.authenticator.session(request),
            browser=visit.authenticator.known_browser(request) or "",
        )
    except InvalidRequest as error:
        return await _page(visit, errors=FormErrors.of(error, {"current", "password"}))
    return await visit.go(f"{ACCOUNT}?done=password")


@router.post(f"{ACCOUNT}/sessions")
async def end_sessions(request: Request) -> Response:
    """End one session, or all but this one."""
    visit = await Visit.of(request)
    session = (await visit.form()).get("session")
    actor = visit.actor
    by = Initiator(actor, address_of(request))
    if session is None:
        authenticator = visit.authenticator
        but, browser = authenticator.session(request), authenticator.known_browser(request) or ""
        await users.end_sessions(visit.services, by, actor.user_id, but=but, browser=browser)
        return await visit.go(f"{ACCOUNT}?done=sessions")
    try:
        await users.end_session(visit.services, by, actor.user_id, UUID(session))
    except ValueError:
        raise NotFound("This session has ended already.") from None
    return await visit.go(f"{ACCOUNT}?done=session")


@router.get(f"{ACCOUNT}/delete")
async def ask_to_delete(request: Request) -> Response:
    """The question before the account is deleted."""
    return await _ask(await Visit.of(request))


async def _ask(visit: Visit, error: str | None = None) -> Response:
    actor = visit.actor
    line = await users.person(visit.services, actor.user_id)
    page = ErasePage(
        head=HeadView(title="Delete your account", parent=LinkView(label="Account", href=ACCOUNT)),
        action=f"{ACCOUNT}/delete",
        cancel_href=ACCOUNT,
        who="your account",
        connections=line.connections,
        asks="password" if line.has_password else "word",
        error=error,
    )
    return await visit.page(page, status=400 if error else 200)


@router.post(f"{ACCOUNT}/delete")
async def delete(request: Request) -> Response:
    """Delete the account with everything that belongs to it."""
    visit = await Visit.of(request)
    fields = await visit.form()
    by = Initiator(visit.actor, address_of(request))
    try:
        await users.confirm_deletion(visit.services, by, fields.get("password"), fields.get("confirm"))
        await erase(visit.services, by, visit.actor.user_id)
    except InvalidRequest as error:
        errors = FormErrors.of(error, {"password", "confirm"})
        return await _ask(visit, errors.get("password") or errors.get("confirm") or errors.problem)
    response = RedirectResponse(sign_in_path(HOME, "erased"), 303)
    visit.authenticator.cookies.drop(response, visit.authenticator.cookies.session)
    visit.authenticator.cookies.drop(response, visit.authenticator.cookies.known_browser)
    return response
