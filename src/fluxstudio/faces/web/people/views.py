"""Settings → People."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fluxstudio.faces.web.components.browser_sessions import SessionView
from fluxstudio.faces.web.components.views import HeadView
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """Somebody in the list of people."""

    href: str
    name: str
    email: str
    verified: bool
    is_admin: bool
    disabled: bool
    connections: int
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRow:
    """An invitation that nobody has used yet."""

    id: str
    email: str
    role: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage:
    """Everybody who uses this installation, and who was invited; `more_href` leads to further people."""

    template: ClassVar[str] = "people/list.html"
    head: HeadView
    people: tuple[PersonRow, ...]
    invitations: tuple[InvitationRow, ...]
    search: str = ""
    more_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPage:
    """One person, for administrators. `link` is a password link that was just made."""

    template: ClassVar[str] = "people/person.html"
    head: HeadView
    action: str
    person: PersonRow
    subject: str
    role: str
    role_note: str
    signs_in_with: str
    is_self: bool
    created_at: datetime
    sessions: tuple[SessionView, ...] = ()
    link: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitePage:
    """The form that invites somebody; afterwards `link` is the one to send them."""

    template: ClassVar[str] = "people/invite.html"
    head: HeadView
    email: str = ""
    role: str = "member"
    link: str = ""
    expires_at: datetime | None = None
    errors: FormErrors = NO_ERRORS
