"""Settings → Account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from fluxstudio.faces.web.components.browser_sessions import SessionView
from fluxstudio.faces.web.components.views import HeadView


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """Who is signed in, the password and the sessions; `errors` by field name of the password form."""

    template: ClassVar[str] = "account/account.html"
    head: HeadView
    name: str
    email: str
    role: str
    has_password: bool
    sessions: tuple[SessionView, ...]
    password_minimum: int = 12
    errors: Mapping[str, str] = field(default_factory=dict)
