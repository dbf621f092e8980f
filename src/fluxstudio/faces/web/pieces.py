"""The page of pieces, filled with an invented provider, for those who build the interface."""

from datetime import datetime, timedelta

from markupsafe import Markup

from fluxstudio.faces.web.views import (
    AttemptView,
    BannerView,
    CardView,
    ChartView,
    ConnectingView,
    ConnectionRow,
    DisconnectView,
    HeadView,
    LinkView,
    PiecesPage,
    PointView,
    ProblemView,
    ResultView,
    ScopeView,
    SettingView,
    StepState,
    StepView,
)

ICON = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="currentColor">'
    '<path d="M4 4h10v4H4zM4 10h16v4H4zM4 16h7v4H4z"/></svg>'
)
ADDRESS = "/settings/integrations/plotter"
SCOPES = (
    ScopeView(name="drawings:read", words="See your drawings and who edited them"),
    ScopeView(name="comments:read", words="Read comments", why="so that they reach your channels"),
    ScopeView(name="comments:write", words="Write comments when you ask for it", access="write"),
)


def pieces_page(now: datetime, icons: tuple[str, ...]) -> PiecesPage:
    """The page at `now`; `icons` are the names of the sprite's symbols."""
    return PiecesPage(
        head=HeadView(title="Pieces", sentence="What the pages are made of, in every state."),
        now=now,
        icon=ICON,
        icons=icons,
        steps=_steps(now, "done", "now", "next"),
        attempts=_attempts(now),
        charts=_charts(),
        banners=_banners(),
        results=_results(),
        cards=cards(now),
        options=tuple((name.lower(), name) for name in ("Amsterdam", "Berlin", "Lisbon", "London", "Oslo")),
    )


def cards(now: datetime) -> tuple[CardView, ...]:
    """A provider card in each of its states: not connected, connecting, connected, broken, not set up."""
    return (
        _card("plotter"),
        _card(
            "plotter-connecting",
            connecting=ConnectingView(
                started_at=now - timedelta(minutes=2), steps=_steps(now, "done", "now", "next"), slow=True
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
            attempts=_attempts(now),
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
    kept = tuple(scope for scope in SCOPES if scope.access == "read")
    missing = ScopeView(name="comments:write", words="Write comments", access="write", granted=False)
    return (*kept, missing)


def _steps(now: datetime, *states: StepState) -> tuple[StepView, ...]:
    labels = ("Plotter asked for your consent", "You allow it at Plotter", "FluxStudio checks the account")
    when = now - timedelta(minutes=2)
    return tuple(
        StepView(label=label, state=state, at=when if state == "done" else None)
        for label, state in zip(labels, states, strict=True)
    )


def _attempts(now: datetime) -> tuple[AttemptView, ...]:
    return (
        AttemptView(
            id="a2",
            started_at=now - timedelta(hours=1),
            outcome="failed",
            steps=_steps(now, "done", "failed", "next"),
            cause="The consent page was closed before it was answered.",
            mend="Start again and choose Allow there.",
        ),
        AttemptView(
            id="a1",
            started_at=now - timedelta(days=12),
            outcome="connected",
            account="Ada Lovelace",
            steps=_steps(now, "done", "done", "done"),
        ),
    )


def _charts() -> tuple[ChartView, ...]:
    days = tuple(
        PointView(label=f"{day} Nov", value=value)
        for day, value in enumerate((120, 180, 160, 240, 210, 90, 60, 230, 310, 280, 340, 1240 / 4), start=1)
    )
    return (
        ChartView(caption="Calls a day", points=days),
        ChartView(caption="Webhook events a day", points=days, kind="bars"),
    )


def _banners() -> tuple[BannerView, ...]:
    return (
        BannerView(
            tone="good",
            title="Plotter is connected as Ada Lovelace.",
            detail="Drawings appear under Drawings.",
            action=LinkView(label="See drawings", href="#"),
        ),
        BannerView(
            tone="attention",
            title="One permission is missing.",
            detail="Comments cannot be written. Grant access on the card.",
        ),
        BannerView(
            tone="bad",
            title="Plotter did not connect.",
            detail="The consent page was closed before it was answered. Start again and choose Allow there.",
        ),
        BannerView(tone="neutral", title="Plotter is read once an hour."),
    )


def _results() -> tuple[ResultView, ...]:
    return (
        ResultView(tone="good", text="Sent.", link=LinkView(label="See it there", href="#", external=True)),
        ResultView(tone="bad", text="The app is not in design.", detail="Invite it there, then send again."),
    )
