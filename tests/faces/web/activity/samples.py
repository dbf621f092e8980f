"""Pages of what happened, filled as the product fills them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from fluxstudio.faces.web.activity.presenter import REPLAYING, RUN_FAILED, STATES
from fluxstudio.faces.web.activity.routes import NO_DEAD_LETTERS, UNCONNECTED
from fluxstudio.faces.web.activity.views import (
    ActivityPage,
    EventPage,
    EventRow,
    EventRunView,
    ReplayAllView,
    ReplayPage,
)
from fluxstudio.faces.web.components.runs import OUTCOMES
from fluxstudio.faces.web.components.samples import ICON
from fluxstudio.faces.web.components.views import HeadView, LinkView, SearchView, StepView, TabView
from fluxstudio.faces.web.shell.templating import Page

SEARCH = SearchView(label="Search activity", action="/activity", as_typed=False)
HEAD = HeadView(title="Activity", sentence="What happened.")


def pages(now: datetime) -> list[Page]:
    """The list in its states, an event in each of its states, and the question before a replay."""
    rows = _rows(now)
    many = ReplayAllView(
        count=1204,
        most=200,
        action="/activity/replay",
        ask_href="/activity/replay?from=plotter",
        cancel_href="/activity?from=plotter&state=dead",
        provider="plotter",
        provider_name="Plotter",
    )
    full = ActivityPage(
        head=HEAD,
        states=(
            TabView(label="Everything", href="/activity", current=True),
            TabView(label="Failed", href="/activity?state=dead", count=1204),
        ),
        providers=(
            TabView(label="All", href="/activity", current=True),
            TabView(label="Plotter", href="/activity?from=plotter"),
        ),
        rows=rows,
        search=SEARCH,
        live_href="/activity",
        older_href="/activity?before=1",
        replay_all=many,
    )
    return [
        full,
        replace(full, live_href=None, newest_href="/activity", replay_all=None),
        replace(full, rows=(), empty=NO_DEAD_LETTERS, replay_all=None),
        replace(full, rows=(), searched_to=now, search=replace(SEARCH, query="tide"), replay_all=None),
        replace(full, rows=(), empty=UNCONNECTED, replay_all=None),
        *(_event(row, now) for row in rows),
        ReplayPage(head=HEAD, replay_all=many),
        ReplayPage(head=HEAD, replay_all=replace(many, count=1)),
    ]


def _rows(now: datetime) -> tuple[EventRow, ...]:
    return tuple(
        EventRow(
            id=f"e{number}",
            href=f"/activity/e{number}",
            icon=ICON,
            provider_name="Plotter",
            text="Ada drew a line that goes on for so long that it does not fit into a row of any list",
            received_at=now - timedelta(minutes=number),
            state=state,
            account="Studio" if number else None,
            why="The pen is dry." if state.tone in {"bad", "attention"} else None,
            replay_action=f"/activity/e{number}/replay" if number else None,
            run_failed=state is RUN_FAILED,
            failed_run=LinkView(label="Open the run", href="/automations/1/runs/2") if number > 4 else None,
        )
        for number, state in enumerate((*STATES.values(), REPLAYING, RUN_FAILED))
    )


def _runs(now: datetime) -> tuple[EventRunView, ...]:
    made = LinkView(label="View in Plotter", href="https://plotter.example/2", external=True)
    return (
        EventRunView(
            id="r1",
            name="Lines to the press",
            outcome=OUTCOMES["failed"],
            at=now,
            href="/automations/1/runs/2",
            cause="The pen is dry.",
            mend="Fill it.",
            retry_action="/automations/1/runs/2/retry",
        ),
        EventRunView(id="r2", name="Lines to the archive", outcome=OUTCOMES["done"], at=now, made=made),
    )


def _event(row: EventRow, now: datetime) -> EventPage:
    failing = row.why is not None
    return EventPage(
        head=HeadView(title=row.text, parent=LinkView(label="Activity", href="/activity")),
        event=row,
        event_type="line.drawn",
        delivery_key="d" * 90,
        attempts=2,
        steps=(
            (
                StepView(label="Attempt 1 failed", state="failed", at=now, detail=row.why),
                StepView(label="Attempt 2 succeeded", state="done", at=now),
            )
            if failing
            else ()
        ),
        payload='{"pen": "red"}',
        runs=_runs(now) if row.run_failed else (),
        live_href=row.href,
        link=LinkView(label="Open in Plotter", href="https://plotter.example/1", external=True),
        next_at=now + timedelta(minutes=4) if row.state.tone == "attention" else None,
        whole_href="/api/webhooks/events/e1" if failing else None,
    )
