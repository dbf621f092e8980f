"""Settings → People, for administrators: roles, access, invitations."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.identity.users import UserLine
from fluxstudio.errors import InvalidRequest, NotFound
from fluxstudio.faces.middleware.proxies import address_of
from fluxstudio.faces.web.components.browser_sessions import session_views
from fluxstudio.faces.web.components.views import BannerView, HeadView, LinkView
from fluxstudio.faces.web.people.views import (
    InvitationRow,
    InvitePage,
    PeoplePage,
    PersonPage,
    PersonRow,
)
from fluxstudio.faces.web.shell.form_errors import FormErrors
from fluxstudio.faces.web.shell.paths import PEOPLE
from fluxstudio.faces.web.shell.views import ErasePage
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.identity import users
from fluxstudio.flows.identity.erasure import erase
from fluxstudio.flows.identity.users import Initiator

router = APIRouter(include_in_schema=False)

PARENT = LinkView(label="People", href=PEOPLE)
PEOPLE_PAGE_SIZE = 100
DONE = {
    "role": "Role saved.",
    "disabled": "Disabled. They are signed out everywhere.",
    "enabled": "Enabled.",
    "sessions": "Signed out everywhere.",
    "revoked": "Invitation revoked.",
    "erased": "Deleted.",
}


async def _admin(request: Request) -> tuple[Visit, Initiator]:
    visit = await Visit.of_admin(request)
    return visit, Initiator(visit.actor, address_of(request))


def _done(request: Request) -> list[BannerView]:
    words = DONE.get(request.query_params.get("done", ""))
    return [BannerView(tone="good", title=words)] if words else []


@router.get(PEOPLE)
async def listing(request: Request) -> Response:
    """Everybody, and open invitations."""
    visit, _ = await _admin(request)
    search, after = request.query_params.get("search", "").strip()[:200], request.query_params.get("after")
    lines = await visit.services.users.listing(
        after=_id(after) if after else None, search=search or None, limit=PEOPLE_PAGE_SIZE + 1
    )
    more = None
    if len(lines) > PEOPLE_PAGE_SIZE:
        query = {"after": str(lines[PEOPLE_PAGE_SIZE - 1].id), **({"search": search} if search else {})}
        more = f"{PEOPLE}?{urlencode(query)}"
    page = PeoplePage(
        head=HeadView(
            title="People",
            sentence="Who can sign in, and what they can do.",
            action=LinkView(label="Invite someone", href=f"{PEOPLE}/invite", icon="plus"),
        ),
        people=tuple(_row(line) for line in lines[:PEOPLE_PAGE_SIZE]),
        invitations=tuple(
            InvitationRow(id=str(line.id), email=line.email or "", role=line.role, expires_at=line.expires_at)
            for line in await visit.services.accounts.invitations()
            if line.status == "open"
        ),
        search=search,
        more_href=more,
    )
    return await visit.page(page, banners=_done(request))


def _row(line: UserLine) -> PersonRow:
    return PersonRow(
        href=f"{PEOPLE}/{line.id}",
        name=line.name or line.email or line.subject,
        email=line.email or "",
        verified=line.verified,
        is_admin=line.role == "admin",
        disabled=line.disabled,
        connections=line.connections,
        last_seen_at=line.last_seen_at,
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such person. Look at People for everybody.") from None


@router.get(f"{PEOPLE}/invite")
async def invite_page(request: Request) -> Response:
    """The form that invites somebody."""
    visit, _ = await _admin(request)
    return await visit.page(InvitePage(head=_INVITE))


_INVITE = HeadView(title="Invite someone", sentence="Create a link that makes one account.", parent=PARENT)


@router.post(f"{PEOPLE}/invite")
async def invite(request: Request) -> Response:
    """Make an invitation and show its link."""
    visit, by = await _admin(request)
    fields = await visit.form()
    email, role = fields.get("email", "").strip(), fields.get("role", "member")
    try:
        link = await users.invite(visit.services, by, email or None, role)
    except InvalidRequest as error:
        errors = FormErrors.of(error, {"email", "role"})
        page = InvitePage(head=_INVITE, email=email, role=role, errors=errors)
        return await visit.page(page, status=errors.status)
    url = f"{visit.services.settings.base_url}/invitations/{link.secret}"
    return await visit.page(InvitePage(head=_INVITE, email=email, link=url, expires_at=link.expires_at))


@router.post(PEOPLE + "/invitations/{invitation}/revoke")
async def revoke(request: Request, invitation: str) -> Response:
    """End an invitation."""
    visit, by = await _admin(request)
    await visit.form()
    await users.revoke_invitation(visit.services, by, _id(invitation))
    return await visit.go(f"{PEOPLE}?done=revoked")


@router.get(PEOPLE + "/{person}")
async def one(request: Request, person: str) -> Response:
    """One person."""
    visit, _ = await _admin(request)
    return await _page(visit, _id(person))


async def _page(visit: Visit, user_id: UUID, *, link: str = "", problem: str = "") -> Response:
    line = await users.person(visit.services, user_id)
    row = _row(line)
    page = PersonPage(
        head=HeadView(title=row.name, parent=PARENT),
        action=row.href,
        person=row,
        subject=line.subject,
        role=line.role,
        role_note=_role_note(line),
        signs_in_with=_signs_in_with(line),
        is_self=user_id == visit.actor.user_id,
        created_at=line.created_at,
        sessions=session_views(await visit.services.sessions.of_user(user_id)),
        link=link,
        problem=problem,
    )
    return await visit.page(page, banners=_done(visit.request), status=400 if problem else 200)


def _signs_in_with(line: UserLine) -> str:
    if line.has_openid:
        return "Single sign-on"
    if line.has_password:
        return "Password"
    return "Nothing yet" if line.account else "API tokens"


def _role_note(line: UserLine) -> str:
    if line.role_granted_at is not None:
        by = f"by {line.role_granted_by}" if line.role_granted_by else "by a command"
        return f"Granted {by} on {line.role_granted_at:%d %B %Y}."
    return "Administrators see everything here, people and setup included. Roles in API tokens are not shown."


@router.post(PEOPLE + "/{person}/role")
async def grant_role(request: Request, person: str) -> Response:
    """Give somebody a role."""
    visit, by = await _admin(request)
    role = (await visit.form()).get("role", "")
    try:
        await users.grant_role(visit.services, by, _id(person), role)
    except InvalidRequest as error:
        return await _page(visit, _id(person), problem=error.message)
    return await visit.go(f"{PEOPLE}/{_id(person)}?done=role")


@router.post(PEOPLE + "/{person}/disable")
async def disable(request: Request, person: str) -> Response:
    """Let somebody in no more."""
    visit, by = await _admin(request)
    await visit.form()
    try:
        await users.disable(visit.services, by, _id(person))
    except InvalidRequest as error:
        return await _page(visit, _id(person), problem=error.message)
    return await visit.go(f"{PEOPLE}/{_id(person)}?done=disabled")


@router.post(PEOPLE + "/{person}/enable")
async def enable(request: Request, person: str) -> Response:
    """Let somebody in again."""
    visit, by = await _admin(request)
    await visit.form()
    await users.enable(visit.services, by, _id(person))
    return await visit.go(f"{PEOPLE}/{_id(person)}?done=enabled")


@router.post(PEOPLE + "/{person}/sessions")
async def end_sessions(request: Request, person: str) -> Response:
    """Sign somebody out everywhere."""
    visit, by = await _admin(request)
    await visit.form()
    await users.end_sessions(visit.services, by, _id(person))
    return await visit.go(f"{PEOPLE}/{_id(person)}?done=sessions")


@router.post(PEOPLE + "/{person}/password-link")
async def password_link(request: Request, person: str) -> Response:
    """Make a link by which somebody chooses a new password, and show it."""
    visit, by = await _admin(request)
    await visit.form()
    try:
        link = await users.password_link(visit.services, by, _id(person))
    except InvalidRequest as error:
        return await _page(visit, _id(person), problem=error.message)
    url = f"{visit.services.settings.base_url}/password/{link.secret}"
    return await _page(visit, _id(person), link=url)


@router.get(PEOPLE + "/{person}/delete")
async def ask_to_delete(request: Request, person: str) -> Response:
    """The question before somebody is deleted."""
    visit, _ = await _admin(request)
    return await _ask(visit, _id(person))


async def _ask(visit: Visit, user_id: UUID, error: str | None = None) -> Response:
    line = await users.person(visit.services, user_id)
    row = _row(line)
    page = ErasePage(
        head=HeadView(title=f"Delete {row.name}", parent=LinkView(label=row.name, href=row.href)),
        action=f"{row.href}/delete",
        cancel_href=row.href,
        who=row.name,
        connections=line.connections,
        error=error,
    )
    return await visit.page(page, status=400 if error else 200)


@router.post(PEOPLE + "/{person}/delete")
async def delete(request: Request, person: str) -> Response:
    """Delete somebody with everything that is theirs."""
    visit, by = await _admin(request)
    await visit.form()
    try:
        await erase(visit.services, by, _id(person))
    except InvalidRequest as error:
        return await _ask(visit, _id(person), error.message)
    return await visit.go(f"{PEOPLE}?done=erased")
