"""Settings → Integrations: provider cards, connect attempts, and the question before a disconnect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from markupsafe import Markup

from fluxstudio.faces.web.components.views import (
    AttemptView,
    HeadView,
    LinkView,
    ProblemView,
    SettingView,
    StepView,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeView:
    """One permission: the provider's own `name`, in plain `words` what it lets us do, and `why` we ask."""

    name: str
    words: str
    access: Literal["read", "write"] = "read"
    why: str | None = None
    granted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectingView:
    """An attempt under way. `slow` offers to start again: some providers stay silent on a refusal."""

    started_at: datetime
    steps: tuple[StepView, ...]
    slow: bool = False
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisconnectView:
    """What a disconnect would do; `action` takes the form with `connection`."""

    provider_name: str
    icon: Markup
    account: str
    action: str
    connection: str
    cancel_href: str
    loses: tuple[str, ...]
    keeps: tuple[str, ...] = ()
    workspace: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """One connected account. `renews` says that `expires_at` passes without anyone doing anything.

    Without `sees_private` nothing of private conversations is shown until it is connected again.
    """

    id: str
    account: str
    connected_at: datetime
    scopes: tuple[ScopeView, ...]
    disconnect_href: str
    disconnect: DisconnectView
    workspace: str | None = None
    avatar_href: str | None = None
    used_at: datetime | None = None
    expires_at: datetime | None = None
    renews: bool = False
    sees_private: bool = True
    problem: ProblemView | None = None
    pages: tuple[LinkView, ...] = ()
    settings_href: str | None = None

    @property
    def granted(self) -> tuple[ScopeView, ...]:
        """The permissions this connection has."""
        return tuple(scope for scope in self.scopes if scope.granted)

    @property
    def missing(self) -> tuple[ScopeView, ...]:
        """The permissions it lacks for everything the product does."""
        return tuple(scope for scope in self.scopes if not scope.granted)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """One provider on the integrations page.

    `connect_action` takes the form that starts a connect: `returnTo`, and `connection` for a reconnect. With
    `setup` the provider is not configured yet. With `refresh_href` the card asks for itself again every few
    seconds (204 leaves it as it is): for as long as `connecting` is there.
    """

    provider: str
    name: str
    icon: Markup
    gives: str
    scopes: tuple[ScopeView, ...]
    connect_action: str
    attempts_href: str
    another: str = "Add another account"
    connections: tuple[ConnectionRow, ...] = ()
    connecting: ConnectingView | None = None
    refresh_href: str | None = None
    setup: tuple[SettingView, ...] = ()
    setup_href: str | None = None
    attempts: tuple[AttemptView, ...] = ()

    @property
    def reads(self) -> tuple[ScopeView, ...]:
        """The permissions to read that a connect asks for."""
        return tuple(scope for scope in self.scopes if scope.access == "read")

    @property
    def writes(self) -> tuple[ScopeView, ...]:
        """The permissions to write that a connect asks for."""
        return tuple(scope for scope in self.scopes if scope.access == "write")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationsPage:
    """Settings → Integrations."""

    template: ClassVar[str] = "integrations/list.html"
    head: HeadView
    cards: tuple[CardView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptsPage:
    """A provider's recent connect attempts."""

    template: ClassVar[str] = "integrations/attempts.html"
    head: HeadView
    attempts: tuple[AttemptView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisconnectPage:
    """Asks before a disconnect; the same words as the dialog, for those without JavaScript."""

    template: ClassVar[str] = "integrations/disconnect.html"
    head: HeadView
    disconnect: DisconnectView
