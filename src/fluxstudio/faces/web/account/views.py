"""Settings → Account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fluxstudio.faces.web.components.browser_sessions import SessionView
from fluxstudio.faces.web.components.views import HeadView, LinkView
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessTokenRow:
    """An access token that counts: `hint` is how it ends."""

    id: str
    name: str
    hint: str
    scopes: str
    last_used_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeChoice:
    """A scope to choose, in words."""

    name: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccessTokenPage:
    """The form for an access token; `errors` by field name."""

    template: ClassVar[str] = "account/new_token.html"
    head: HeadView
    action: str
    name: str
    scopes: tuple[ScopeChoice, ...]
    tools: str
    example_tool: str
    lives: tuple[tuple[str, str], ...]
    chosen_life: str
    errors: FormErrors = NO_ERRORS


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTokenPage:
    """A new access token, shown once."""

    template: ClassVar[str] = "account/token.html"
    head: HeadView
    token: str
    back: LinkView


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """Who is signed in, the password and the sessions; `errors` by the names of the forms' fields."""

    template: ClassVar[str] = "account/account.html"
    head: HeadView
    name: str
    email: str
    role: str
    entered_name: str
    may_rename: bool
    has_password: bool
    sessions: tuple[SessionView, ...]
    tokens: tuple[AccessTokenRow, ...]
    new_token: LinkView
    password_minimum: int = 12
    errors: FormErrors = NO_ERRORS
