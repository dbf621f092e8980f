"""What the pages about agents show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fluxstudio.faces.web.components.views import HeadView, LinkView, OutcomeView
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelField:
    """What an agent may do with one connection: `options` are (value, words), one of them `chosen`."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """An agent in the list."""

    name: str
    href: str
    state: OutcomeView
    how: str
    last_used_at: datetime | None
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SentField:
    """One argument of a call: its name, and exactly what it holds."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalCard:
    """A call that waits, or what became of it.

    `digest` stands for exactly what is shown. `action` takes the decision, None where there is none to take.
    """

    title: str
    href: str
    agent: str
    account: str
    why: str
    fields: tuple[SentField, ...]
    asked_at: datetime
    expires_at: datetime
    state: OutcomeView
    detail: str | None
    action: str | None
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A call of an agent, and what came of it."""

    title: str
    account: str | None
    state: OutcomeView
    message: str | None
    at: datetime
    link: LinkView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentsPage:
    """All agents, with what waits on top."""

    template: ClassVar[str] = "agents/list.html"
    head: HeadView
    approvals: tuple[ApprovalCard, ...]
    rows: tuple[AgentRow, ...]
    address: str
    new: LinkView
    senders: tuple[tuple[str, str], ...] = ()
    sender: str = ""
    channel: str = ""
    errors: FormErrors = NO_ERRORS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgentPage:
    """The form for an agent with a token of its own."""

    template: ClassVar[str] = "agents/new.html"
    head: HeadView
    levels: tuple[LevelField, ...]
    lives: tuple[tuple[str, str], ...]
    name: str = ""
    errors: FormErrors = NO_ERRORS


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPage:
    """A token, which is shown only now."""

    template: ClassVar[str] = "agents/token.html"
    head: HeadView
    token: str
    address: str
    back: LinkView


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPage:
    """One agent: what it may do, what it did. `ends` is False where it has ended."""

    template: ClassVar[str] = "agents/agent.html"
    head: HeadView
    path: str
    state: OutcomeView
    facts: tuple[tuple[str, str], ...]
    levels: tuple[LevelField, ...]
    special: tuple[str, ...]
    asks_crossing: bool
    calls_per_minute: int
    writes_per_day: int
    approvals: tuple[ApprovalCard, ...]
    calls: tuple[CallRow, ...]
    more_href: str | None
    works: bool
    may_resume: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPage:
    """One call that waits, by itself."""

    template: ClassVar[str] = "agents/approval.html"
    head: HeadView
    card: ApprovalCard


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPage:
    """A program asks to be let in: who it is, where it goes back to, and what it may do."""

    template: ClassVar[str] = "agents/consent.html"
    name: str
    identity: str
    returns_to: str
    query: str
    levels: tuple[LevelField, ...]
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPage:
    """On to the program that asked. A page, since a form may not lead to other sites."""

    template: ClassVar[str] = "agents/return.html"
    title: str
    name: str
    href: str
