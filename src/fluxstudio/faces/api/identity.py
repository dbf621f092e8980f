"""People, for administrators: roles, access, invitations; and one's own sessions, password and account."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from fluxstudio.core.identity.accounts import InvitationLine
from fluxstudio.core.identity.users import UserLine
from fluxstudio.faces.api.audit import Admin
from fluxstudio.faces.api.connections import Caller, PersonCaller, errors
from fluxstudio.faces.api.paging import Cursor, Limit, lines_to_read, page_of
from fluxstudio.faces.api.schemas.common import Answer, ListAnswer, RequestBody, json_answer
from fluxstudio.faces.authentication import authenticator_of, services_of
from fluxstudio.faces.middleware.proxies import address_of
from fluxstudio.flows.identity import users
from fluxstudio.flows.identity.erasure import erase
from fluxstudio.flows.identity.users import Initiator

router = APIRouter(prefix="/api", tags=["People"], responses=errors)

PersonId = Annotated[UUID, Path(description="The person's `id`.")]


class PersonAnswer(Answer):
    """Somebody who uses the product: `userId` as API tokens call them, `role` as granted here."""

    id: UUID
    user_id: str
    email: str | None
    email_verified: bool
    name: str | None
    role: str
    role_granted_at: datetime | None
    role_granted_by: str | None
    disabled: bool
    signs_in_with: str
    created_at: datetime
    last_seen_at: datetime | None
    connections: int


class PeopleAnswer(ListAnswer):
    """A page of people; `nextCursor` leads to more, and is null on the last page."""

    people: list[PersonAnswer]


class InvitationAnswer(Answer):
    """An invitation. `status` is open, used, revoked or expired; the link is shown once, when it is made."""

    id: UUID
    email: str | None
    role: str
    status: str
    created_at: datetime
    expires_at: datetime
    created_by: str | None
    used_by: str | None


class InvitationsAnswer(ListAnswer):
    """Invitations of the last months, newest first."""

    invitations: list[InvitationAnswer]


class LinkAnswer(Answer):
    """A link that works once, until then."""

    id: UUID | None = None
    url: str
    expires_at: datetime


class SessionLineAnswer(Answer):
    """A session of the caller's in some browser."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str | None
    address: str | None
    current: bool


class SessionsAnswer(ListAnswer):
    """The caller's sessions, the one that asks first."""

    sessions: list[SessionLineAnswer]


class EndedSessionsAnswer(Answer):
    """How many sessions ended."""

    ended: int


class PersonChange(RequestBody):
    """What changes about a person; what is left out stays."""

    role: Literal["admin", "member"] | None = Field(default=None, description="The role to grant.")
    disabled: bool | None = Field(default=None, strict=True)


class NewInvitation(RequestBody):
    """Whom to invite: somebody with that address, or whoever has the link."""

    email: str | None = Field(default=None, max_length=320)
    role: Literal["admin", "member"] = Field(default="member", description="The role of who accepts.")


class AccountChange(RequestBody):
    """What is to change of your account."""

    name: str = Field(min_length=1, max_length=200)


class NewPassword(RequestBody):
    """The present password and the one to replace it."""

    current_password: str = Field(max_length=1024)
    password: str = Field(max_length=1024)


class Confirmation(RequestBody):
    """The password, of who has one; or the word `delete`."""

    password: str | None = Field(default=None, max_length=1024)
    confirm: str | None = Field(default=None, max_length=20)


def _by(request: Request, actor: Caller) -> Initiator:
    return Initiator(actor, address_of(request))


@router.get("/people", response_model=PeopleAnswer, operation_id="list_people")
async def list_people(
    request: Request,
    admin: Admin,
    cursor: Annotated[UUID | None, Query(description="`nextCursor` of the page before.")] = None,
    limit: Annotated[int, Query(description="How many people a page has at most.", ge=1, le=500)] = 100,
    search: Annotated[str | None, Query(description="Part of a name or an address.", max_length=200)] = None,
) -> Response:
    """Everybody who uses this installation, in the order they came. For administrators."""
    lines = await services_of(request).users.listing(after=cursor, search=search, limit=limit + 1)
    more = len(lines) > limit
    answer = PeopleAnswer(
        people=[_person(line) for line in lines[:limit]],
        next_cursor=str(lines[limit - 1].id) if more else None,
    )
    return json_answer(answer)


@router.patch("/people/{person}", response_model=PersonAnswer, operation_id="update_person")
async def change_person(request: Request, admin: Admin, person: PersonId, change: PersonChange) -> Response:
    """Grant a role, disable or enable somebody. Disabling ends their sessions and refuses their tokens."""
    services, by = services_of(request), _by(request, admin)
    if change.role is not None:
        await users.grant_role(services, by, person, change.role)
    if change.disabled is not None:
        await (users.disable if change.disabled else users.enable)(services, by, person)
    return json_answer(_person(await users.person(services, person)))


@router.delete("/people/{person}", status_code=204, operation_id="erase_person")
async def erase_person(request: Request, admin: Admin, person: PersonId) -> Response:
    """Delete somebody with everything that is theirs. This cannot be undone."""
    await erase(services_of(request), _by(request, admin), person)
    return Response(status_code=204)


@router.delete(
    "/people/{person}/sessions", response_model=EndedSessionsAnswer, operation_id="end_sessions_of_person"
)
async def sign_person_out(request: Request, admin: Admin, person: PersonId) -> Response:
    """End every session of somebody."""
    ended = await users.end_sessions(services_of(request), _by(request, admin), person)
    return json_answer(EndedSessionsAnswer(ended=ended))


@router.post(
    "/people/{person}/password-link",
    status_code=201,
    response_model=LinkAnswer,
    operation_id="create_password_link",
)
async def password_link(request: Request, admin: Admin, person: PersonId) -> Response:
    """A link by which somebody chooses a new password, once, within a day."""
    services = services_of(request)
    link = await users.password_link(services, _by(request, admin), person)
    url = f"{services.settings.base_url}/password/{link.secret}"
    return json_answer(LinkAnswer(url=url, expires_at=link.expires_at), 201)


@router.get("/invitations", response_model=InvitationsAnswer, operation_id="list_invitations")
async def list_invitations(
    request: Request, admin: Admin, cursor: Cursor = None, limit: Limit = 100
) -> Response:
    """Invitations of the last months, newest first. For administrators."""
    lines = await services_of(request).accounts.invitations(limit=lines_to_read(cursor, limit))
    page, following = page_of(lines, cursor, limit)
    answers = [_invitation(line) for line in page]
    return json_answer(InvitationsAnswer(invitations=answers, next_cursor=following))


@router.post("/invitations", status_code=201, response_model=LinkAnswer, operation_id="create_invitation")
async def invite(request: Request, admin: Admin, invitation: NewInvitation) -> Response:
    """Invite someone: a link that makes one account, within a week."""
    services = services_of(request)
    email = (invitation.email or "").strip() or None
    link = await users.invite(services, _by(request, admin), email, invitation.role)
    url = f"{services.settings.base_url}/invitations/{link.secret}"
    return json_answer(LinkAnswer(id=link.id, url=url, expires_at=link.expires_at), 201)


@router.delete("/invitations/{invitation}", status_code=204, operation_id="revoke_invitation")
async def revoke(request: Request, admin: Admin, invitation: UUID) -> Response:
    """End an invitation that nobody has used."""
    await users.revoke_invitation(services_of(request), _by(request, admin), invitation)
    return Response(status_code=204)


@router.get("/sessions", response_model=SessionsAnswer, operation_id="list_sessions")
async def list_sessions(
    request: Request, actor: Caller, cursor: Cursor = None, limit: Limit = 100
) -> Response:
    """Your sessions: browser, network address, when each was last seen."""
    current = authenticator_of(request).session(request)
    lines = await services_of(request).sessions.of_user(
        actor.user_id, current, limit=lines_to_read(cursor, limit)
    )
    page, following = page_of(lines, cursor, limit)
    fields = SessionLineAnswer.model_fields
    answers = [SessionLineAnswer(**{name: getattr(line, name) for name in fields}) for line in page]
    return json_answer(SessionsAnswer(sessions=answers, next_cursor=following))


@router.delete("/sessions", response_model=EndedSessionsAnswer, operation_id="end_other_sessions")
async def end_sessions(request: Request, actor: Caller) -> Response:
    """End all your sessions, but the one that asks."""
    authenticator = authenticator_of(request)
    ended = await users.end_sessions(
        services_of(request),
        _by(request, actor),
        actor.user_id,
        but=authenticator.session(request),
        browser=authenticator.known_browser(request) or "",
    )
    return json_answer(EndedSessionsAnswer(ended=ended))


@router.delete("/sessions/{session}", status_code=204, operation_id="end_one_session")
async def end_session(request: Request, actor: Caller, session: UUID) -> Response:
    """End one of your sessions."""
    await users.end_session(services_of(request), _by(request, actor), actor.user_id, session)
    return Response(status_code=204)


@router.patch("/account", status_code=204, operation_id="update_account")
async def update_account(request: Request, actor: PersonCaller, change: AccountChange) -> Response:
    """Change your name; refused for somebody whose name comes with their sign-in."""
    await users.rename(services_of(request), _by(request, actor), change.name)
    return Response(status_code=204)


@router.post("/account/password", status_code=204, operation_id="change_password")
async def change_password(request: Request, actor: PersonCaller, change: NewPassword) -> Response:
    """Replace your password; your other sessions end."""
    authenticator = authenticator_of(request)
    await users.change_password(
        services_of(request),
        _by(request, actor),
        change.current_password,
        change.password,
        session=authenticator.session(request),
        browser=authenticator.known_browser(request) or "",
    )
    return Response(status_code=204)


@router.delete("/account", status_code=204, operation_id="delete_account")
async def delete_account(request: Request, actor: PersonCaller, confirmation: Confirmation) -> Response:
    """Delete your account with everything that is yours. This cannot be undone."""
    services, by = services_of(request), _by(request, actor)
    await users.confirm_deletion(services, by, confirmation.password, confirmation.confirm)
    await erase(services, by, actor.user_id)
    return Response(status_code=204)


def _person(line: UserLine) -> PersonAnswer:
    return PersonAnswer(
        id=line.id,
        user_id=line.subject,
        email=line.email,
        email_verified=line.verified,
        name=line.name,
        role=line.role,
        role_granted_at=line.role_granted_at,
        role_granted_by=line.role_granted_by,
        disabled=line.disabled,
        signs_in_with=_signs_in_with(line),
        created_at=line.created_at,
        last_seen_at=line.last_seen_at,
        connections=line.connections,
    )


def _signs_in_with(line: UserLine) -> str:
    if line.has_openid:
        return "openid"
    if line.has_password:
        return "password"
    return "nothing" if line.account else "token"


def _invitation(line: InvitationLine) -> InvitationAnswer:
    return InvitationAnswer(
        **{name: getattr(line, name) for name in InvitationAnswer.model_fields if hasattr(line, name)}
    )
