"""Ask: before a question, with an answer, with readings to choose from, and refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from fluxstudio.faces.web.ask.views import AnswerView, AskPage, HistoryRow, ReadingView, RefusalView
from fluxstudio.faces.web.components.views import ChartView, HeadView, PointView
from fluxstudio.faces.web.shell.templating import Page

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
HEAD = HeadView(title="Ask", sentence="Ask about your connections, events and automations in plain English.")
SUGGESTIONS = (
    ("How many events are there?", "/ask?q=1"),
    ("Number of connections per provider", "/ask?q=2"),
)
HISTORY = (
    HistoryRow(question="events per day", href="/ask?q=3", asked_at=NOW, answered=True, row_count=7),
    HistoryRow(question="the moon", href="/ask?q=4", asked_at=NOW, answered=False, row_count=None),
)
ANSWER = AnswerView(
    explanation="Number of events, for each provider.",
    columns=(("provider", False), ("event count", True)),
    rows=(("figma", "12"), ("slack", "5")),
    count=2,
    cut=False,
    sql="SELECT e.provider, COUNT(*) AS event_count\nFROM ask.events AS e\nGROUP BY e.provider",
    chart=ChartView(
        caption="Number of events, for each provider.",
        points=(PointView(label="figma", value=12), PointView(label="slack", value=5)),
        unit="event count",
        kind="bars",
    ),
    assumed=("the date of events is received_at",),
    csv_href="/ask/answer.csv?q=5",
    cached=True,
)


def pages() -> list[Page]:
    """The page in each of its states."""
    refusal = RefusalView(
        title="Nothing here is called “employees”. Ask about connections, events.",
        understood=("“events” as events",),
    )
    ambiguous = RefusalView(
        title="That can mean several things. Say which you mean.",
        readings=(ReadingView(words="Number of events.", sql="SELECT 1", href="/ask?q=events&reading=1f"),),
    )
    return [
        AskPage(head=HEAD, suggestions=SUGGESTIONS),
        AskPage(head=HEAD, question="events per provider", answer=ANSWER, history=HISTORY),
        AskPage(head=HEAD, question="my pals", answer=replace(ANSWER, by_model=True, assumed=())),
        AskPage(
            head=HEAD, question="employees", refusal=refusal, sources=("fluxstudio", "shop"), source="shop"
        ),
        AskPage(head=HEAD, question="events", refusal=ambiguous, suggestions=SUGGESTIONS),
    ]
