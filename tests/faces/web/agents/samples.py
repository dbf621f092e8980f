"""The pages about agents, with what each can hold."""

from __future__ import annotations

from datetime import UTC, datetime

from fluxstudio.faces.web.agents.views import (
    AgentPage,
    AgentRow,
    AgentsPage,
    ApprovalCard,
    ApprovalPage,
    CallRow,
    ConsentPage,
    LevelField,
    NewAgentPage,
    ReturnPage,
    SentField,
    TokenPage,
)
from fluxstudio.faces.web.components.views import HeadView, LinkView, OutcomeView
from fluxstudio.faces.web.shell.form_errors import FormErrors
from fluxstudio.faces.web.shell.templating import Page

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
HEAD = HeadView(title="Agents", parent=LinkView(label="Agents", href="/agents"))
ACTIVE = OutcomeView(words="Active", tone="good")
WAITING = OutcomeView(words="Waiting for you", tone="attention", icon="clock")
NEW = LinkView(label="Add an agent", href="/agents/new", icon="plus")
LEVELS = (
    LevelField(
        name="level-1",
        label="Plotter · Ada",
        options=(("none", "No access"), ("read", "Read")),
        chosen="read",
    ),
)


def card(*, decided: bool = False) -> ApprovalCard:
    """A call that waits, or one that failed after it was allowed."""
    return ApprovalCard(
        title="Draw a line",
        href="/agents/approvals/1",
        agent="Notes",
        account="Plotter · Ada",
        why="This agent asks before it writes here.",
        fields=(SentField(name="text", text="<b>A line</b>\nand another"), SentField(name="lines", text="2")),
        asked_at=NOW,
        expires_at=NOW,
        state=OutcomeView(words="Failed", tone="bad") if decided else WAITING,
        detail="The plotter is out of ink." if decided else None,
        action=None if decided else "/agents/approvals/1",
        digest="0" * 64,
    )


def agent(*, works: bool) -> AgentPage:
    """One agent, at work or ended."""
    calls = (
        CallRow(
            title="Draw a line",
            account="Plotter · Ada",
            state=OutcomeView(words="Done", tone="good"),
            message=None,
            at=NOW,
            link=LinkView(label="Open", href="https://example.com/1", external=True),
        ),
        CallRow(title="gone", account=None, state=WAITING, message="It waits.", at=NOW, link=None),
    )
    return AgentPage(
        head=HEAD,
        path="/agents/1",
        state=ACTIVE,
        facts=(("Signs in with", "Token"),),
        levels=LEVELS if works else (),
        special=("Draw a line: deny",) if works else (),
        asks_crossing=works,
        calls_per_minute=120,
        writes_per_day=500,
        approvals=(card(),) if works else (),
        calls=calls if works else (),
        more_href="/agents/1?before=2" if works else None,
        works=works,
        may_resume=not works,
    )


def pages() -> list[Page]:
    """Each page, full and empty."""
    row = AgentRow(name="Notes", href="/agents/1", state=ACTIVE, how="Token", last_used_at=NOW, waiting=2)
    unused = AgentRow(name="Other", href="/agents/2", state=ACTIVE, how="Token", last_used_at=None, waiting=0)
    address = "https://flux.example/mcp"
    return [
        AgentsPage(
            head=HEAD,
            approvals=(card(),),
            rows=(row, unused),
            address=address,
            new=NEW,
            senders=(("1", "Plotter · Ada"),),
            sender="1",
            channel="#approvals",
        ),
        AgentsPage(head=HEAD, approvals=(), rows=(), address=address, new=NEW),
        NewAgentPage(
            head=HEAD,
            levels=LEVELS,
            lives=(("30", "30 days"),),
            errors=FormErrors({"name": "Give it a name."}, "Full."),
        ),
        NewAgentPage(head=HEAD, levels=(), lives=(("30", "30 days"),)),
        TokenPage(head=HEAD, token="fluxagent_not-a-real-one", address=address, back=NEW),
        agent(works=True),
        agent(works=False),
        ApprovalPage(head=HEAD, card=card()),
        ApprovalPage(head=HEAD, card=card(decided=True)),
        *(
            ConsentPage(
                name="Editor",
                identity=identity,
                returns_to="http://127.0.0.1:1",
                query="a=b&c=d",
                levels=LEVELS,
                person="Ada",
            )
            for identity in ("", "editor.example")
        ),
        ReturnPage(title="Editor is let in", name="Editor", href="http://127.0.0.1:1/?code=1&state=2"),
    ]
