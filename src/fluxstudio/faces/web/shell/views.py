"""What stands around every page, and the page of an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from fluxstudio.faces.web.components.views import BannerView, HeadView, LinkView


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage:
    """What went wrong, why, what to do; `reference` is what a person can quote to the operator.

    `status` is None where the number says nothing to people, `action` where there is nowhere to go on to;
    `help_link` leads to what help says about it.
    """

    template: ClassVar[str] = "shell/error.html"
    status: int | None
    title: str
    detail: str
    action: LinkView | None
    again: LinkView | None = None
    reference: str | None = None
    help_link: LinkView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """One entry of the navigation; `current` marks the page being shown.

    `failures` counts what has failed there and was not looked at yet, a hundred at most. A provider's entry
    has its `mark` in place of an icon.
    """

    label: str
    href: str
    icon: str
    current: bool = False
    failures: int = 0
    in_menu: bool = False
    mark: Markup | None = None

    @property
    def failures_count(self) -> str:
        """The count as it fits beside the label."""
        return "99+" if self.failures > 99 else str(self.failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """Who is signed in."""

    name: str
    email: str
    avatar_href: str | None = None
    is_admin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What every page needs around its content.

    `nonce` is the one of this answer's Content-Security-Policy, `csrf` the token of this session, `path` the
    path and query of the page without what only feeds banners: forms return to it, and closing a banner leads
    to it. With `answers_form` it is the page whose form is answered here.
    """

    nonce: str
    csrf: str
    path: str
    answers_form: bool = False
    person: PersonView | None = None
    nav: tuple[NavItem, ...] = ()
    banners: tuple[BannerView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePage:
    """The question before somebody is deleted: `who` in words, and what confirms it.

    `asks` is password, word, or empty where the button is enough.
    """

    template: ClassVar[str] = "shell/erase.html"
    head: HeadView
    action: str
    cancel_href: str
    who: str
    connections: int
    asks: str = ""
    error: str | None = None
