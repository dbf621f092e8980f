"""Whether an agent may make a call: allowed, to be asked about, or denied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from fluxstudio.core.agents.agents import READS, WRITES, Agent, AgentGrant, Mode
from fluxstudio.sdk import Operation

# For so long what an agent read elsewhere may still lead its hand.
READ_LATELY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a call, and why it is asked about: a grant says so, or it crosses accounts."""

    mode: Mode
    reason: Literal["grant", "crossing"] = "grant"


def mode_of(agent: Agent, grants: Sequence[AgentGrant], operation: Operation, connection_id: UUID) -> Mode:
    """What the grants say: of this operation, else of all that reads or writes, else the agent's policy."""
    modes = {grant.tool: grant.mode for grant in grants if grant.connection_id == connection_id}
    everything = WRITES if operation.writes else READS
    default = agent.policy.writes if operation.writes else agent.policy.reads
    return modes.get(operation.full_name) or modes.get(everything) or default


def judged(agent: Agent, mode: Mode, operation: Operation, *, read_elsewhere: bool) -> Verdict:
    """The verdict on a call of this mode; `read_elsewhere`: the agent has read another account of late."""
    crosses = operation.writes and read_elsewhere and agent.policy.crossing == "ask"
    if mode == "allow" and crosses:
        return Verdict("ask", "crossing")
    return Verdict(mode)


def usable(
    agent: Agent, grants: Sequence[AgentGrant], operation: Operation, connections: Sequence[UUID]
) -> bool:
    """Whether the agent may call an operation with any of these connections, be it after asking."""
    return any(mode_of(agent, grants, operation, connection) != "deny" for connection in connections)
