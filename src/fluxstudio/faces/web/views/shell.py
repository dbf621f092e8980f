"""What stands around every page, and the small things many pages share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Tone = Literal["good", "attention", "bad", "neutral"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """Somewhere to go: words, address, an icon of `static/icons.svg`, whether it leaves the product."""

    label: str
    href: str
    icon: str | None = None
    external: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """One entry of the navigation; `current` marks the page being shown.

    `failures` counts what has failed there and was not looked at yet, a hundred at most.
    """

    label: str
    href: str
    icon: str
    current: bool = False
    failures: int = 0
    in_menu: bool = False

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
class BannerView:
    """What just happened, above the page: `title` says it in one sentence, `detail` says what to do."""

    tone: Tone
    title: str
    detail: str | None = None
    action: LinkView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What every page needs around its content.

    `nonce` is the one of this answer's Content-Security-Policy, `csrf` the token of this session, `path` the
    path and query of the page without what only feeds banners: forms return to it, and closing a banner leads
    to it.
    """

    nonce: str
    csrf: str
    path: str
    person: PersonView | None = None
    nav: tuple[NavItem, ...] = ()
    banners: tuple[BannerView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadView:
    """The top of a page: title, one sentence, at most one primary action, and the page it hangs below."""

    title: str
    sentence: str | None = None
    action: LinkView | None = None
    parent: LinkView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One text field of a form, as it was sent and what is wrong with it."""

    name: str
    label: str
    value: str = ""
    help: str | None = None
    error: str | None = None
    placeholder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """What came of an action, said next to it."""

    tone: Tone
    text: str
    detail: str | None = None
    link: LinkView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerView:
    """Where one is in a long list: in words, and the addresses of the pages before and after."""

    words: str
    newer_href: str | None = None
    older_href: str | None = None
    newer_label: str = "Previous"
    older_label: str = "Next"
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchView:
    """Searches a list: `action` answers a GET with `q` and what is `hidden`."""

    label: str
    action: str
    query: str = ""
    hidden: Mapping[str, str] = field(default_factory=dict)
