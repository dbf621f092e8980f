"""Provider cards of an invented provider in each of their states."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from fluxstudio.faces.web.components.samples import ICON, attempt_samples, step_samples
from fluxstudio.faces.web.components.views import (
    AttemptView,
    LinkView,
    ProblemView,
    SettingView,
)
from fluxstudio.faces.web.integrations.views import (
    CardView,
    ConnectingView,
    ConnectionRow,
    DisconnectView,
    ScopeView,
)

ADDRESS = "/settings/integrations/plotter"
SCOPES = (
    ScopeView(name="drawings:read", words="See your drawings and who edited them"),
    ScopeView(name="comments:read", words="Read comments", why="so that they reach your channels"),
    ScopeView(name="comments:write", words="Write comments when you ask for it", access="write"),
)


def samples(now: datetime) -> Mapping[str, object]:
    """What `samples.html` shows."""
    return {"cards": cards(now)}


def cards(now: datetime) -> tuple[CardView, ...]:
    """A provider card in each of its states: not connected, connecting, connected, broken, not set up."""
    return (
        _card("plotter"),
        _card(
            "plotter-connecting",
            connecting=ConnectingView(
                started_at=now - timedelta(minutes=2),
                steps=step_samples(now, "done", "now", "next"),
                slow=True,
            ),
            refresh_href=f"{ADDRESS}/card",
        ),
        _card(
            "plotter-connected",
            another="Add another workspace",
            connections=(
                _row(now, "c1", "Ada Lovelace", "Northwind Studio", used_at=now - timedelta(minutes=3)),
                _row(now, "c2", "Grace Hopper", "Analytical", scopes=_without_writing()),
            ),
            attempts=attempt_samples(now),
        ),
        _card(
            "plotter-broken",
            connections=(
                _row(
                    now,
                    "c3",
                    "Alan Turing",
                    None,
                    problem=ProblemView(
                        what="Plotter no longer accepts this connection: it was removed there.",
                        since=now - timedelta(hours=5),
                        still_works="What was read before is still shown, marked as out of date.",
                    ),
                ),
            ),
        ),
        _card(
            "plotter-setup",
            setup=(
                SettingView(name="PLOTTER_CLIENT_ID", purpose="the app's public id", is_set=True),
                SettingView(name="PLOTTER_CLIENT_SECRET", purpose="the app's secret"),
            ),
        ),
    )


def _card(
    provider: str,
    *,
    connections: tuple[ConnectionRow, ...] = (),
    connecting: ConnectingView | None = None,
    refresh_href: str | None = None,
    setup: tuple[SettingView, ...] = (),
    attempts: tuple[AttemptView, ...] = (),
    another: str = "Add another account",
) -> CardView:
    return CardView(
        provider=provider,
        name="Plotter",
        icon=ICON,
        gives="Drawings with their comments, next to the work they belong to.",
        scopes=SCOPES,
        connect_action=f"{ADDRESS}/connect",
        attempts_href=f"{ADDRESS}/attempts",
        connections=connections,
        connecting=connecting,
        refresh_href=refresh_href,
        setup=setup,
        attempts=attempts,
        another=another,
    )


def _row(
    now: datetime,
    connection: str,
    account: str,
    workspace: str | None,
    *,
    scopes: tuple[ScopeView, ...] = SCOPES,
    used_at: datetime | None = None,
    problem: ProblemView | None = None,
) -> ConnectionRow:
    address = f"{ADDRESS}/disconnect?connection={connection}"
    return ConnectionRow(
        id=connection,
        account=account,
        workspace=workspace,
        connected_at=now - timedelta(days=12),
        used_at=used_at,
        expires_at=now + timedelta(days=84),
        renews=True,
        scopes=scopes,
        problem=problem,
        pages=(LinkView(label="Drawings", href="/integrations/plotter/drawings"),),
        settings_href=f"{ADDRESS}/{connection}",
        disconnect_href=address,
        disconnect=DisconnectView(
            provider_name="Plotter",
            icon=ICON,
            account=account,
            workspace=workspace,
            action=address,
            connection=connection,
            cancel_href="/settings/integrations",
            loses=("Drawings no longer appear here.", "2 automations stop."),
            keeps=("What automations already did stays where it is.",),
        ),
    )


def _without_writing() -> tuple[ScopeView, ...]:
    readable = tuple(scope for scope in SCOPES if scope.access == "read")
    missing = ScopeView(name="comments:write", words="Write comments", access="write", granted=False)
    return (*readable, missing)
