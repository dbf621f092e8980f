"""Settings → Webhooks: subscriptions and their health, adding and removing one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from markupsafe import Markup

from fluxstudio.faces.web.components.views import (
    BannerView,
    EmptyView,
    FieldView,
    HeadView,
    LinkView,
    PagerView,
    SearchView,
    StateView,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveView:
    """What removing a webhook would do; `action` takes the form with `connection` and `id`."""

    place: str
    tells: str
    provider_name: str
    action: str
    connection: str
    id: str
    cancel_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HookView:
    """One webhook: where it listens, what it tells of, whether all of it arrives.

    `note` says what was found undelivered, or why nobody could look; `remove_href` asks before it ends.
    `check_action` takes an empty form, and looks now.
    """

    id: str
    place: LinkView
    kind: str
    tells: str
    state: StateView
    created_at: datetime
    remove_href: str
    remove: RemoveView
    check_action: str
    note: str | None = None
    last_event_at: datetime | None = None
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantView:
    """What an account has to allow first; `action` takes the form that starts a connect."""

    words: str
    label: str
    action: str
    connection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """One connected account with its webhooks.

    `add_href` leads to the form for another one. With `by_itself` the provider tells of everything that our
    app may see there, without being asked.
    """

    id: str
    name: str
    provider_name: str
    icon: Markup
    hooks: tuple[HookView, ...] = ()
    add_href: str | None = None
    grant: GrantView | None = None
    by_itself: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksPage:
    """Every account that can tell what happens there; `empty` where none is connected."""

    template: ClassVar[str] = "webhooks/list.html"
    head: HeadView
    accounts: tuple[AccountView, ...] = ()
    empty: EmptyView | None = None
    search: SearchView | None = None
    pager: PagerView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeView:
    """A type of events to choose, in words that follow "when"."""

    name: str
    words: str
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhookPage:
    """The form that has a provider tell of something.

    `suggestions` are places as they are written, and in words; while the provider is asked for them they load
    from `pending_href`. `problem` is why the last try failed.
    """

    template: ClassVar[str] = "webhooks/new.html"
    head: HeadView
    icon: Markup
    action: str
    connection: str
    place: FieldView
    types: tuple[TypeView, ...]
    several: bool
    types_error: str | None = None
    suggest_href: str = ""
    suggestions: tuple[tuple[str, str], ...] = ()
    pending_href: str | None = None
    problem: BannerView | None = None
    grant: GrantView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveWebhookPage:
    """Asks before a webhook is removed; the same words as the dialog, for those without JavaScript."""

    template: ClassVar[str] = "webhooks/remove.html"
    head: HeadView
    icon: Markup
    remove: RemoveView
