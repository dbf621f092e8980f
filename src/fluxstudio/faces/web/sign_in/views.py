"""Signing in, signing up, and choosing a password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fluxstudio.faces.web.components.views import LinkView
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage:
    """Asks for e-mail and password; `error` says why the last try failed without saying which of the two.

    `demo_action` signs in as the demo's user, `notice` says how else to come in.
    `openid_href` is where single sign-on begins.
    """

    template: ClassVar[str] = "sign_in/sign_in.html"
    action: str
    return_to: str
    email: str = ""
    error: str | None = None
    sign_up_href: str | None = None
    demo_action: str | None = None
    notice: str | None = None
    openid_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIdProblemPage:
    """Single sign-on did not work; a banner says why."""

    template: ClassVar[str] = "sign_in/openid_problem.html"
    again: LinkView
    sign_in: LinkView


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOutPage:
    """On to the issuer, to sign out there. A page, since a form may not lead to other sites."""

    template: ClassVar[str] = "sign_in/signed_out.html"
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpPage:
    """Asks for name, e-mail and a password; `errors` by field name (`name`, `email`, `password`).

    An invitation may fix the address, and make an administrator."""

    template: ClassVar[str] = "sign_in/sign_up.html"
    action: str
    return_to: str
    sign_in_href: str
    name: str = ""
    email: str = ""
    email_is_fixed: bool = False
    administers: bool = False
    password_minimum: int = 12
    errors: FormErrors = NO_ERRORS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPasswordPage:
    """Asks for a new password, by a link that works once."""

    template: ClassVar[str] = "sign_in/new_password.html"
    action: str
    email: str
    password_minimum: int = 12
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchUserPage:
    """Asks whether to sign in as somebody else than the person who is signed in here."""

    template: ClassVar[str] = "sign_in/switch_user.html"
    action: str
    person: str
    current: str
    stay_href: str
