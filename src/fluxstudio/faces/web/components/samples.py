"""The page of components, filled with an invented provider, for those who build the interface."""

from datetime import datetime, timedelta

from markupsafe import Markup

from fluxstudio.faces.web.components.page import ComponentsPage, FamilySample
from fluxstudio.faces.web.components.views import (
    AttemptView,
    BannerView,
    ChartView,
    HeadView,
    LinkView,
    PointView,
    ResultView,
    StepState,
    StepView,
)

ICON = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="currentColor">'
    '<path d="M4 4h10v4H4zM4 10h16v4H4zM4 16h7v4H4z"/></svg>'
)


def components_page(
    now: datetime, icons: tuple[str, ...], families: tuple[FamilySample, ...]
) -> ComponentsPage:
    """The page at `now`, with the names of the sprite's symbols and what page families show of themselves."""
    return ComponentsPage(
        head=HeadView(title="Components", sentence="What the pages are made of, in every state."),
        now=now,
        icon=ICON,
        icons=icons,
        steps=step_samples(now, "done", "now", "next"),
        attempts=attempt_samples(now),
        charts=_charts(),
        banners=_banners(),
        results=_results(),
        families=families,
        options=tuple((name.lower(), name) for name in ("Amsterdam", "Berlin", "Lisbon", "London", "Oslo")),
    )


def step_samples(now: datetime, *states: StepState) -> tuple[StepView, ...]:
    """Steps of a connect, in these states."""
    labels = ("Plotter asked for your consent", "You allow it at Plotter", "FluxStudio checks the account")
    when = now - timedelta(minutes=2)
    return tuple(
        StepView(label=label, state=state, at=when if state == "done" else None)
        for label, state in zip(labels, states, strict=True)
    )


def attempt_samples(now: datetime) -> tuple[AttemptView, ...]:
    """One attempt that failed and one that connected."""
    return (
        AttemptView(
            id="a2",
            started_at=now - timedelta(hours=1),
            outcome="failed",
            steps=step_samples(now, "done", "failed", "next"),
            cause="The consent page was closed before it was answered.",
            mend="Start again and choose Allow there.",
        ),
        AttemptView(
            id="a1",
            started_at=now - timedelta(days=12),
            outcome="connected",
            account="Ada Lovelace",
            steps=step_samples(now, "done", "done", "done"),
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
