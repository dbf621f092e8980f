"""What administrators do with people, and people with their own account: all of it audited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fluxstudio.core.identity.accounts import OneTimeLink
from fluxstudio.core.identity.addresses import is_address
from fluxstudio.core.identity.users import Actor, AmbiguousUser, UserLine
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest, NotFound
from fluxstudio.flows.identity.fields import address_problem, name_problem, password_problem

ROLES = ("member", "admin")


@dataclass(frozen=True, slots=True)
class Initiator:
    """Who does something, from which network address; nobody for a command."""

    actor: Actor | None = None
    address: str | None = None

    @property
    def user_id(self) -> UUID | None:
        """The user's id, None for a command."""
        return None if self.actor is None else self.actor.user_id


async def person(services: Services, user_id: UUID) -> UserLine:
    """The person of that id. Raises `NotFound`."""
    line = await services.users.one(user_id)
    if line is None:
        raise NotFound("There is no such person. `GET /api/people` lists everybody.")
    return line


async def grant_role(services: Services, by: Initiator, user_id: UUID, role: str) -> bool:
    """Make somebody an administrator or a member; whether that is a change.

    Raises `InvalidRequest` for another role, `NotFound`, `LastAdmin`.
    """
    if role not in ROLES:
        raise InvalidRequest("Choose a role: admin or member.", {"role": "admin or member"})
    line = await person(services, user_id)
    changed = await services.users.grant_role(user_id, role, by.user_id)
    if changed:
        await _record(services, by, "role-granted", line.subject, role=role, before=line.role)
    return changed


async def disable(services: Services, by: Initiator, user_id: UUID) -> bool:
    """Let somebody in no more: sessions end, tokens are refused, automations pause, connections are kept.

    Whether that is a change. Raises `NotFound`, `LastAdmin`.
    """
    line = await person(services, user_id)
    changed = await services.users.disable(user_id)
    if changed:
        await _record(services, by, "user-disabled", line.subject)
    return changed


async def enable(services: Services, by: Initiator, user_id: UUID) -> bool:
    """Let somebody in again; whether that is a change. Raises `NotFound`."""
    line = await person(services, user_id)
    changed = await services.users.enable(user_id)
    if changed:
        await _record(services, by, "user-enabled", line.subject)
    return changed


async def end_sessions(
    services: Services, by: Initiator, user_id: UUID, *, but: str = "", browser: str = ""
) -> int:
    """Sign somebody out everywhere, but for the session with the cookie `but`; how many ended."""
    line = await person(services, user_id)
    ended = await services.sessions.end_all(user_id, but=but, browser=browser)
    await _record(services, by, "sessions-ended", line.subject, sessions=ended)
    return ended


async def end_session(services: Services, by: Initiator, user_id: UUID, session_id: UUID) -> None:
    """End one of somebody's sessions. Raises `NotFound`."""
    line = await person(services, user_id)
    if not await services.sessions.end(user_id, session_id):
        raise NotFound("This session has ended already.")
    await _record(services, by, "sessions-ended", line.subject, sessions=1)


async def rename(services: Services, by: Initiator, name: str) -> None:
    """Change one's own name.

    Raises `InvalidRequest` with `fields`, also for somebody whose name comes with their sign-in.
    """
    assert by.actor is not None
    if problem := name_problem(name):
        raise InvalidRequest(problem, {"name": problem})
    if not await services.accounts.rename(by.actor.user_id, name.strip()):
        raise InvalidRequest(
            "Your name comes from where you sign in. Change it there, then sign in again.",
            {"name": "Change it where you sign in."},
        )
    await _record(services, by, "name-changed", by.actor.subject)


async def change_password(
    services: Services, by: Initiator, current: str, password: str, *, session: str = "", browser: str = ""
) -> None:
    """Replace one's own password, and end all one's sessions but the one that asks.

    Raises `InvalidRequest` with `fields`, `RateLimited` after too many wrong ones.
    """
    assert by.actor is not None
    await services.inbound_limits.password(by.actor)
    problem, accounts = password_problem(password), services.accounts
    if problem is None:
        is_current = await accounts.change_password(by.actor.user_id, current, password)
    else:
        is_current = await accounts.is_password(by.actor.user_id, current)
    problems = {} if problem is None else {"password": problem}
    if not is_current:
        problems["current"] = "This is not your password."
        await _record(services, by, "password-changed", by.actor.subject, outcome="refused")
    if problems:
        what = "This password cannot be used." if is_current else "The current password is wrong."
        raise InvalidRequest(what, problems)
    ended = await services.sessions.end_all(by.actor.user_id, but=session, browser=browser)
    await _record(services, by, "password-changed", by.actor.subject, sessions=ended)


async def confirm_deletion(services: Services, by: Initiator, password: str | None, word: str | None) -> None:
    """Make sure that somebody means to delete their account: by their password, or by the word without one.

    Raises `InvalidRequest`, `RateLimited` after too many wrong passwords.
    """
    assert by.actor is not None
    if not await services.accounts.has_password(by.actor.user_id):
        if word != "delete":
            raise InvalidRequest("Type “delete” to confirm.", {"confirm": "Type “delete”."})
        return
    await services.inbound_limits.password(by.actor)
    if not await services.accounts.is_password(by.actor.user_id, (password or "")[:1024]):
        raise InvalidRequest("Enter your password to confirm.", {"password": "This is not your password."})


async def password_link(services: Services, by: Initiator, user_id: UUID) -> OneTimeLink:
    """A link by which somebody chooses a new password, once, within a day.

    Raises `NotFound`, `InvalidRequest` for somebody who does not sign in here.
    """
    line = await person(services, user_id)
    link = await services.accounts.password_link(user_id, by.user_id)
    if link is None:
        raise InvalidRequest("This person does not sign in with a password here, or is disabled.")
    await _record(services, by, "password-link", line.subject)
    return link


async def set_password(services: Services, by: Initiator, secret: str, password: str) -> None:
    """Choose a password by a link; every session of the account ends.

    Raises `InvalidRequest` for a password that cannot be used, `NotFound` for a link that does not work.
    """
    if problem := password_problem(password):
        raise InvalidRequest("This password cannot be used.", {"password": problem})
    user_id = await services.accounts.set_password(secret, password)
    if user_id is None:
        raise NotFound("This link has expired or was used already. Ask for another one.")
    ended = await services.sessions.end_all(user_id)
    line = await person(services, user_id)
    await services.audit.record(
        "password-reset", subject=line.subject, user_id=user_id, address=by.address, sessions=ended
    )


async def invite(services: Services, by: Initiator, email: str | None, role: str) -> OneTimeLink:
    """Invite someone: a link that makes one account within a week.

    Raises `InvalidRequest` with `fields` for an address that is none or has an account, or for another role.
    """
    problems = {} if role in ROLES else {"role": "Choose a role: admin or member."}
    if email is not None:
        if problem := address_problem(email):
            problems["email"] = problem
        elif await services.accounts.with_address(email) is not None:
            problems["email"] = "This address has an account. Find it under People."
    if problems:
        raise InvalidRequest(next(iter(problems.values())), problems)
    link = await services.accounts.invite(email, role, by.user_id)
    await _record(services, by, "invitation-created", link.id, email=email, role=role)
    return link


async def revoke_invitation(services: Services, by: Initiator, invitation_id: UUID) -> None:
    """End an invitation that nobody has used. Raises `NotFound`."""
    if not await services.accounts.revoke_invitation(invitation_id):
        raise NotFound("There is no open invitation with this id.")
    await _record(services, by, "invitation-revoked", invitation_id)


async def accept_invitation(
    services: Services, by: Initiator, secret: str, email: str, password: str, name: str
) -> None:
    """Make the account an invitation is for. Raises `NotFound` for a link that does not work.

    Whether the address had an account before is not told: the one who did has signed in already.
    """
    accepted = await services.accounts.accept(secret, email, password, name)
    if accepted is None:
        raise NotFound("This invitation has expired or was used already. Ask for another one.")
    invitation, actor = accepted
    await services.audit.record(
        "invitation-accepted",
        subject=invitation.id,
        user_id=None if actor is None else actor.user_id,
        outcome="refused" if actor is None else "done",
        address=by.address,
        role=invitation.role,
    )


async def make_admin(services: Services, name: str) -> OneTimeLink | None:
    """Make somebody an administrator: at once where they are found, else by the link that is returned.

    They are found by subject, or by an address that somebody vouched for. Raises `AmbiguousUser` where the
    address is not proven, `InvalidRequest` for a name that is neither.
    """
    user = await services.users.find(name, verified=True)
    if user is None:
        if not is_address(name):
            raise InvalidRequest(
                f"“{name[:100]}” is neither an e-mail address nor a subject of anybody here."
            )
        return await invite(services, Initiator(), name.strip(), "admin")
    if user.disabled:
        raise AmbiguousUser(
            f"{user.subject} is disabled. Enable the account first: fluxstudio people enable."
        )
    await grant_role(services, Initiator(), user.id, "admin")
    return None


async def _record(
    services: Services, by: Initiator, action: str, subject: object, *, outcome: str = "done", **details: Any
) -> None:
    via = {} if by.actor is not None else {"by": "command"}
    await services.audit.record(
        action,
        subject=subject,
        user_id=by.user_id,
        outcome=outcome,
        address=by.address,
        **details,
        **via,
    )
