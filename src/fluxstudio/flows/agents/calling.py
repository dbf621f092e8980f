"""An agent calls a tool: checked against its grants, carried out or kept waiting, and written down."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from limits import RateLimitItemPerMinute

from fluxstudio.core.agents.agents import Agent, AgentGrant, Agents, Caller
from fluxstudio.core.agents.calls import AgentCall, AgentCalls
from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, Forbidden, RateLimited
from fluxstudio.flows import call
from fluxstudio.flows.agents import approvals, policy
from fluxstudio.flows.agents.arguments import Prepared, decoded, prepare
from fluxstudio.flows.agents.catalog import Tool
from fluxstudio.flows.agents.sending import count_write, send
from fluxstudio.flows.identity.access_tokens import operation_scopes
from fluxstudio.kit.trace import step

DAY_SECONDS = 86400.0


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a tool answers: `body` is JSON. `untrusted` says who wrote what is in it, None where we did.

    `waiting` is the approval that the call waits for.
    """

    body: Any
    untrusted: str | None = None
    waiting: UUID | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """What an agent can get at: its user's live connections, and its grants."""

    actor: Actor
    agent: Agent
    connections: Sequence[ListedConnection]
    grants: Sequence[AgentGrant]

    def may(self, tool: Tool) -> bool:
        """Whether the agent may call a tool with any connection."""
        return bool(self.usable(tool))

    def usable(self, tool: Tool) -> list[ListedConnection]:
        """The connections that it may call a tool with, be it after asking."""
        operation = tool.operation
        if self.actor.rights is not None and not self.actor.may(*operation_scopes(operation)):
            return []
        return [
            entry
            for entry in self.connections
            if entry.provider == operation.provider.id
            and policy.mode_of(self.agent, self.grants, operation, entry.id) != "deny"
        ]


async def reach_of(services: Services, caller: Caller) -> Reach:
    """What a caller can get at now."""
    listed = await services.connections.of_user(caller.actor.user_id)
    grants = await Agents(services.db).grants(caller.actor.user_id, caller.agent.id)
    return Reach(caller.actor, caller.agent, [entry for entry in listed if entry.is_active], grants)


async def count(services: Services, agent: Agent) -> None:
    """Count one call of an agent against its limit. Raises `RateLimited`."""
    rate = RateLimitItemPerMinute(agent.limits.calls_per_minute)
    wait = await services.limiter.hit(f"agent-{rate.amount}", rate, agent.id.hex)
    if wait:
        raise RateLimited(
            f"This agent has used up its {rate.amount} calls a minute. Wait {max(1, round(wait))} s.",
            wait,
        )


async def run(services: Services, caller: Caller, tool: Tool, sent: Mapping[str, Any]) -> CallResult:
    """Call a tool for an agent.

    A call that has to be asked about becomes an approval, which the answer names. Whatever comes of it is
    recorded. Raises the product's errors.
    """
    with step(f"execute_tool {tool.name}", {"gen_ai.tool.name": tool.name}):
        return await _run(services, caller, tool, sent)


async def _run(services: Services, caller: Caller, tool: Tool, sent: Mapping[str, Any]) -> CallResult:
    began = time.monotonic()
    agents = Agents(services.db)
    await agents.used(caller.agent.id)
    reach = await reach_of(services, caller)
    prepared: Prepared | None = None
    try:
        await count(services, caller.agent)
        if caller.actor.rights is not None:
            caller.actor.require(*operation_scopes(tool.operation))
        if reach.connections and not reach.usable(tool) and _connected(reach, tool):
            raise Forbidden(
                f"This agent may not call {tool.name}. Its user decides what it may do, in Agents."
            )
        prepared = prepare(tool, sent, reach.usable(tool))
        verdict = await _verdict(services, reach, prepared)
        if verdict.mode == "deny":
            raise Forbidden(
                f"This agent may not call {tool.name} as {prepared.connection.account.name}. Its user "
                "decides what it may do, in Agents."
            )
        if prepared.dry_run:
            await _record(services, caller, tool, prepared, "dry_run", began)
            return CallResult(_preview(prepared, verdict))
        if verdict.mode == "ask":
            return await _ask(services, caller, tool, prepared, verdict, began)
    except FluxStudioError as error:
        await _record(services, caller, tool, prepared, "refused", began, error)
        raise
    if prepared.operation.writes:
        return await _write(services, caller, tool, prepared)
    return await _read(services, caller, tool, prepared, began)


def _connected(reach: Reach, tool: Tool) -> bool:
    return any(entry.provider == tool.operation.provider.id for entry in reach.connections)


async def _verdict(services: Services, reach: Reach, prepared: Prepared) -> policy.Verdict:
    operation, agent, connection = prepared.operation, reach.agent, prepared.connection.id
    mode = policy.mode_of(agent, reach.grants, operation, connection)
    crossing = operation.writes and mode == "allow" and agent.policy.crossing == "ask"
    elsewhere = crossing and await AgentCalls(services.db).read_elsewhere(
        agent.id, connection, policy.READ_LATELY
    )
    return policy.judged(agent, mode, operation, read_elsewhere=elsewhere)


def _preview(prepared: Prepared, verdict: policy.Verdict) -> dict[str, Any]:
    connection = prepared.connection
    return {
        "dryRun": True,
        "operation": prepared.operation.full_name,
        "connection": {"id": str(connection.id), "name": connection.account.name},
        "arguments": dict(prepared.arguments),
        "needsApproval": verdict.mode == "ask",
    }


async def _ask(
    services: Services,
    caller: Caller,
    tool: Tool,
    prepared: Prepared,
    verdict: policy.Verdict,
    began: float,
) -> CallResult:
    asked = await approvals.ask(services, caller, prepared, verdict.reason)
    await _record(services, caller, tool, prepared, "waiting", began, approval=asked.id)
    return CallResult({"approval": approvals.approval_data(services, asked)}, waiting=asked.id)


async def _read(
    services: Services, caller: Caller, tool: Tool, prepared: Prepared, began: float
) -> CallResult:
    operation, connection = prepared.operation, prepared.connection
    try:
        outcome = await call.run(
            services,
            caller.actor,
            operation.full_name,
            decoded(operation, prepared.arguments),
            connection=str(connection.id),
        )
    except FluxStudioError as error:
        await _record(services, caller, tool, prepared, "failed", began, error)
        raise
    await _record(services, caller, tool, prepared, "done", began)
    return CallResult(outcome.body(operation), untrusted=_source(prepared))


async def _write(services: Services, caller: Caller, tool: Tool, prepared: Prepared) -> CallResult:
    try:
        await count_write(services, caller.agent)
    except FluxStudioError as error:
        await _record(services, caller, tool, prepared, "refused", time.monotonic(), error)
        raise
    call = AgentCall(
        agent=caller.agent,
        tool=tool.name,
        operation=prepared.operation.full_name,
        connection_id=prepared.connection.id,
        writes=True,
    )
    body = await send(services, caller.actor, call, prepared.operation, prepared.arguments)
    return CallResult(body, untrusted=_source(prepared))


def _source(prepared: Prepared) -> str:
    return f"{prepared.operation.provider.name} ({prepared.connection.account.name})"


async def _record(
    services: Services,
    caller: Caller,
    tool: Tool,
    prepared: Prepared | None,
    outcome: str,
    began: float,
    error: FluxStudioError | None = None,
    approval: UUID | None = None,
) -> None:
    recorded = AgentCall(
        agent=caller.agent,
        tool=tool.name,
        operation=tool.operation.full_name,
        connection_id=prepared.connection.id if prepared else None,
        writes=tool.operation.writes,
        approval_id=approval,
    )
    call_id = await AgentCalls(services.db).record(
        recorded,
        outcome,
        code=error.code if error else None,
        message=error.message if error else None,
        took=timedelta(seconds=time.monotonic() - began),
    )
    if tool.operation.writes or outcome != "done":
        await services.audit.record(
            "agent_call",
            tool.operation.provider.id,
            tool.name,
            user_id=caller.actor.user_id,
            outcome={"failed": "failed", "refused": "refused"}.get(outcome, "done"),
            agent=str(caller.agent.id),
            call=str(call_id),
            became=outcome,
            **({"approval": str(approval)} if approval else {}),
            **({"code": error.code} if error else {}),
        )
