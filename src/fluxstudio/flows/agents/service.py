"""What a user decides about agents: making one, what it may do, and ending it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from fluxstudio.core.agents.agents import (
    READS,
    WRITES,
    AgentGrant,
    Agents,
    Limits,
    Mode,
    NewAgent,
    Policy,
)
from fluxstudio.core.agents.approvals import Approvals
from fluxstudio.core.agents.authorization import AgentAuthorization
from fluxstudio.core.connections.connections import as_id
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest, NotFound

MOST_AGENTS = 100
MOST_GRANTS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An agent that a user wants: `reads` and `writes` for `connections`, None for all they have now.

    Accounts connected later are denied until the user allows them.
    """

    name: str
    connections: Sequence[str] | None = None
    reads: Mode = "allow"
    writes: Mode = "ask"
    crossing: Any = "ask"
    limits: Limits = field(default_factory=Limits)
    grants: Sequence[tuple[str, str, Mode]] = ()
    expires_in: timedelta | None = None


async def make(
    services: Services, actor: Actor, wish: Wish, *, client_id: str | None = None
) -> tuple[UUID, str | None]:
    """Make an agent with a token of its own, or for an OAuth client: its id, and the token, shown once.

    Raises `InvalidRequest`, and `NotFound` for a tool that is not there and a connection that is not theirs.
    """
    if sum(line.ended_at is None for line in await Agents(services.db).listing(actor.user_id)) >= MOST_AGENTS:
        raise InvalidRequest(f"You have {MOST_AGENTS} agents. End one that you no longer need first.")
    grants = await _grants(services, actor, wish)
    expires = None if wish.expires_in is None else await services.db.now() + wish.expires_in
    new = NewAgent(
        name=wish.name.strip(),
        kind="token" if client_id is None else "client",
        policy=Policy("deny", "deny", wish.crossing),
        limits=wish.limits,
        grants=grants,
        client_id=client_id,
        expires_at=expires,
    )
    agent_id, token = await Agents(services.db).create(actor.user_id, new)
    await services.audit.record(
        "agent_made", None, agent_id, user_id=actor.user_id, name=new.name, kind=new.kind
    )
    return agent_id, token


async def _grants(services: Services, actor: Actor, wish: Wish) -> list[AgentGrant]:
    connections = wish.connections
    if connections is None:
        listed = await services.connections.of_user(actor.user_id)
        connections = [str(entry.id) for entry in listed if entry.is_active]
    modes: tuple[tuple[str, Mode], ...] = ((READS, wish.reads), (WRITES, wish.writes))
    general = [(connection, tool, mode) for connection in connections for tool, mode in modes]
    return await checked_grants(services, [*general, *wish.grants])


async def checked_grants(services: Services, requested: Sequence[tuple[str, str, Mode]]) -> list[AgentGrant]:
    """Grants as they are kept, the last of those for the same. Raises `InvalidRequest` and `NotFound`."""
    if len(requested) > MOST_GRANTS:
        raise InvalidRequest(f"An agent has at most {MOST_GRANTS} grants. Leave some to reads and writes.")
    grants: dict[tuple[UUID, str], AgentGrant] = {}
    for connection, tool, mode in requested:
        if tool not in (READS, WRITES):
            _check_tool(services, tool)
        connection_id = as_id(connection)
        assert connection_id is not None
        grants[connection_id, tool] = AgentGrant(connection_id, tool, mode)
    return list(grants.values())


def _check_tool(services: Services, tool: str) -> None:
    try:
        services.registry.operation(tool)
    except NotFound:
        raise NotFound(
            f"There is no tool “{tool[:60]}”. Name an operation such as slack.message, or reads or writes."
        ) from None


async def change(
    services: Services,
    actor: Actor,
    agent_id: UUID,
    changes: Mapping[str, Any],
    grants: Sequence[tuple[str, str, Mode]] | None,
) -> None:
    """Change an agent; `grants` replace all it has. Raises `NotFound` and `InvalidRequest`."""
    checked = None if grants is None else await checked_grants(services, grants)
    await Agents(services.db).change(actor.user_id, agent_id, changes, checked)
    await services.audit.record(
        "agent_changed",
        None,
        agent_id,
        user_id=actor.user_id,
        changed=[*changes, *([] if grants is None else ["grants"])],
    )


async def finish(services: Services, actor: Actor, agent_id: UUID) -> bool:
    """End an agent at once, with whatever it waits for; whether it had not ended before."""
    await Agents(services.db).one(actor.user_id, agent_id)
    ended = await Agents(services.db).finish(actor.user_id, agent_id)
    if ended:
        await Approvals(services.db).withdraw(agent_id)
        await AgentAuthorization(services.db).end_agent(agent_id)
        await services.audit.record("agent_ended", None, agent_id, user_id=actor.user_id)
    return ended


async def resume(services: Services, actor: Actor, agent_id: UUID) -> bool:
    """Let the user's API tokens call tools again; whether that is a change."""
    resumed = await Agents(services.db).resume(actor.user_id, agent_id)
    if resumed:
        await services.audit.record("agent_resumed", None, agent_id, user_id=actor.user_id)
    return resumed
