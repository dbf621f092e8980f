"""What the API's calls about agents take and answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from fluxstudio.core.agents.agents import AgentGrant, AgentLine, Mode
from fluxstudio.core.agents.approvals import Approval
from fluxstudio.core.agents.calls import CallLine
from fluxstudio.faces.api.schemas.common import Answer, ListAnswer, RequestBody

TEXT = r"^[^\x00]*$"
Name = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
ConnectionId = Annotated[str, Field(max_length=100, pattern=TEXT)]


def _number(value: object) -> object:
    """What JSON calls a number. Raises `ValueError` for a text or a truth value that could be read as one."""
    if isinstance(value, str | bool):
        raise ValueError("write a number")
    return value


NUMBER = BeforeValidator(_number)


class SentGrant(RequestBody):
    """What an agent may do with a connection: `tool` is an operation, `reads` or `writes`."""

    connection: ConnectionId
    tool: Annotated[str, Field(max_length=120, pattern=TEXT)]
    mode: Mode

    def plain(self) -> tuple[str, str, Mode]:
        """Connection, tool and mode."""
        return self.connection, self.tool, self.mode


class NewAgentBody(RequestBody):
    """An agent to be made. Without `connections` it may use all you have now; those you add later it may not.

    `reads` and `writes` are allowed, asked about, or denied; `grants` say otherwise for one connection or
    tool. `crossing`: ask before it writes to one account after it read another.
    """

    name: Name
    connections: Annotated[list[ConnectionId], Field(max_length=100)] | None = None
    reads: Mode = "allow"
    writes: Mode = "ask"
    crossing: Literal["allow", "ask"] = "ask"
    calls_per_minute: Annotated[int, Field(ge=1, le=6000), NUMBER] = 120
    writes_per_day: Annotated[int, Field(ge=0, le=1_000_000), NUMBER] = 500
    expires_in_days: Annotated[int, Field(ge=1, le=3650), NUMBER] | None = None
    grants: list[SentGrant] = Field(default_factory=list, max_length=500)


class AgentChange(RequestBody):
    """What changes about an agent; `grants` replace all it has."""

    name: Name | None = None
    reads: Mode | None = None
    writes: Mode | None = None
    crossing: Literal["allow", "ask"] | None = None
    calls_per_minute: Annotated[int, Field(ge=1, le=6000), NUMBER] | None = None
    writes_per_day: Annotated[int, Field(ge=0, le=1_000_000), NUMBER] | None = None
    grants: Annotated[list[SentGrant], Field(max_length=500)] | None = None


class Decided(RequestBody):
    """A decision on exactly what was shown: the `digest` of the approval."""

    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class GrantAnswer(Answer):
    """What an agent may do with a connection."""

    connection: str
    tool: str
    mode: str


class AgentAnswer(Answer):
    """An agent. `kind` is token, client (it logged in) or api (your API tokens).

    `reads` and `writes` hold for connections without a grant. `waiting` counts calls that wait for approval.
    """

    id: str
    name: str
    kind: str
    client_id: str | None
    reads: str
    writes: str
    crossing: str
    calls_per_minute: int
    writes_per_day: int
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    waiting: int
    grants: list[GrantAnswer] | None


class AgentsAnswer(ListAnswer):
    """Your agents, those at work first."""

    agents: list[AgentAnswer]


class NewAgentAnswer(Answer):
    """An agent that was made, and its token, which is shown only now."""

    agent: AgentAnswer
    token: str


class EndedGrantsAnswer(Answer):
    """Whether the agent was ended now; false where it had ended before."""

    ended: bool


class AgentCallAnswer(Answer):
    """A call of an agent. `outcome` is running, done, failed, refused, waiting or dry_run."""

    id: str
    agent_id: str
    agent: str
    tool: str
    operation: str | None
    connection: str | None
    writes: bool
    outcome: str
    code: str | None
    message: str | None
    approval: str | None
    link: str | None
    began_at: datetime
    finished_at: datetime | None


class CallsAnswer(ListAnswer):
    """Calls of agents, newest first; `nextCursor` leads to older ones."""

    calls: list[AgentCallAnswer]


class ApprovalAnswer(Answer):
    """A call that waits, or what became of it.

    `status` is waiting, allowed, denied, expired, running, done, failed or unknown. `arguments` are exactly
    what would be sent; send `digest` back with the decision. `reason`: a grant says to ask, or the agent read
    another account before.
    """

    id: str
    agent_id: str
    agent: str
    operation: str
    connection: str
    arguments: dict[str, Any]
    digest: str
    reason: str
    status: str
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_through: str | None
    finished_at: datetime | None
    result: Any
    problem: dict[str, Any] | None


class ApprovalsAnswer(ListAnswer):
    """Approvals, newest first, without what providers answered."""

    approvals: list[ApprovalAnswer]


def agent_answer(line: AgentLine, grants: Sequence[AgentGrant] | None = None) -> AgentAnswer:
    """An agent as the API shows it, with its grants where they were read."""
    grant_answers = None if grants is None else [grant_answer(grant) for grant in grants]
    fields = {name: getattr(line, name) for name in AgentLine.__dataclass_fields__ if name != "id"}
    return AgentAnswer(id=str(line.id), grants=grant_answers, **fields)


def grant_answer(grant: AgentGrant) -> GrantAnswer:
    """A grant as the API shows it."""
    return GrantAnswer(connection=str(grant.connection_id), tool=grant.tool, mode=grant.mode)


def call_answer(line: CallLine) -> AgentCallAnswer:
    """A call as the API shows it."""
    return AgentCallAnswer(
        id=str(line.id),
        agent_id=str(line.agent_id),
        agent=line.agent,
        tool=line.tool,
        operation=line.operation,
        connection=str(line.connection_id) if line.connection_id else None,
        writes=line.writes,
        outcome=line.outcome,
        code=line.code,
        message=line.message,
        approval=str(line.approval_id) if line.approval_id else None,
        link=line.link,
        began_at=line.began_at,
        finished_at=line.finished_at,
    )


def approval_answer(approval: Approval) -> ApprovalAnswer:
    """An approval as the API shows it."""
    return ApprovalAnswer(
        id=str(approval.id),
        agent_id=str(approval.agent_id),
        agent=approval.agent,
        operation=approval.operation,
        connection=str(approval.connection_id),
        arguments=dict(approval.arguments),
        digest=approval.digest,
        reason=approval.reason,
        status=approval.status,
        created_at=approval.created_at,
        expires_at=approval.expires_at,
        decided_at=approval.decided_at,
        decided_through=approval.decided_through,
        finished_at=approval.finished_at,
        result=approval.result,
        problem=dict(approval.problem) if approval.problem else None,
    )
