"""Calls that wait for a person: asked, decided, carried out once, and expired."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from fluxstudio.core.agents.agents import Agents, Caller
from fluxstudio.core.agents.approvals import Approval, Approvals, Decision, Reason, Request, digest_of
from fluxstudio.core.agents.authorization import AgentAuthorization
from fluxstudio.core.agents.calls import AgentCall, AgentCalls
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.jobs.scheduler import PeriodicTask
from fluxstudio.core.services import Services
from fluxstudio.errors import Conflict, FluxStudioError, Forbidden, RateLimited
from fluxstudio.flows.agents import notice, policy
from fluxstudio.flows.agents.arguments import Prepared
from fluxstudio.flows.agents.catalog import tool_name
from fluxstudio.flows.agents.sending import count_write, send

log = structlog.get_logger(__name__)

APPROVAL_LIFETIME = timedelta(hours=24)
MAX_PENDING_APPROVALS = 20


@dataclass(frozen=True, slots=True)
class PendingApproval:
    """A call that waits now."""

    id: UUID
    expires_at: datetime
    status: str = "waiting"


async def ask(services: Services, caller: Caller, prepared: Prepared, reason: Reason) -> PendingApproval:
    """Have a call wait for its user, who is told. Raises `RateLimited` where too many wait already."""
    request = Request(
        agent=caller.agent,
        operation=prepared.operation.full_name,
        connection_id=prepared.connection.id,
        arguments=prepared.arguments,
        reason=reason,
    )
    asked = await Approvals(services.db).ask(request, APPROVAL_LIFETIME, MAX_PENDING_APPROVALS)
    if asked is None:
        raise RateLimited(
            f"{MAX_PENDING_APPROVALS} calls of this agent wait for approval already. "
            f"Ask the user to decide on them at {services.settings.base_url}/agents, then go on.",
            60,
        )
    approval_id, expires_at, added = asked
    if added:
        await services.audit.record(
            "approval_asked",
            prepared.operation.provider.id,
            approval_id,
            user_id=caller.actor.user_id,
            agent=str(caller.agent.id),
            operation=prepared.operation.full_name,
            connection=str(prepared.connection.id),
            reason=reason,
            digest=request.digest,
        )
        await notice.tell(services, caller, prepared, approval_id, request.digest)
    return PendingApproval(approval_id, expires_at)


def approval_data(services: Services, approval: Approval | PendingApproval) -> dict[str, Any]:
    """An approval as agents are told of it."""
    url = f"{services.settings.base_url}/agents/approvals/{approval.id}"
    return {
        "id": str(approval.id),
        "status": approval.status,
        "expiresAt": approval.expires_at.isoformat(),
        "url": url,
    }


async def decide(
    services: Services, actor: Actor, approval_id: UUID, digest: str, decision: Decision, through: str
) -> Approval:
    """Allow or deny a call, as its user was shown it, and carry out what was allowed.

    Raises `NotFound`, and `Conflict` where it no longer waits or is not what was shown.
    """
    approvals = Approvals(services.db)
    approval = await approvals.one(actor.user_id, approval_id)
    if not await approvals.decide(actor.user_id, approval_id, digest, decision, through):
        raise _undecidable(await approvals.one(actor.user_id, approval_id), digest)
    await services.audit.record(
        "approval_decided",
        approval.operation.partition(".")[0],
        approval_id,
        user_id=actor.user_id,
        outcome="done" if decision == "allowed" else "refused",
        agent=str(approval.agent_id),
        operation=approval.operation,
        through=through,
    )
    # Whoever decided may close the page meanwhile.
    await asyncio.shield(asyncio.create_task(_follow(services, approval_id, decision)))
    return await approvals.one(actor.user_id, approval_id)


async def _follow(services: Services, approval_id: UUID, decision: Decision) -> None:
    if decision == "allowed":
        await carry_out(services, approval_id)
    await notice.settle(services, approval_id)


def _undecidable(approval: Approval, digest: str) -> Conflict:
    if approval.status == "waiting" and approval.digest != digest:
        return Conflict("This is not the call you were shown. Load the page again and read it.", "CHANGED")
    if approval.status == "expired":
        return Conflict("No one decided in time. The agent can ask again.", "EXPIRED")
    return Conflict(f"This was decided before: it is {approval.status}. Nothing was sent again.", "DECIDED")


async def carry_out(services: Services, approval_id: UUID) -> None:
    """Make an allowed call, once: whoever claims it first does. What comes of it is kept, whatever it is."""
    approvals = Approvals(services.db)
    row = await approvals.claim(approval_id)
    if row is None:
        return
    try:
        body = await _made(services, row)
    except FluxStudioError as error:
        problem = {"code": error.code, "message": error.message}
        await approvals.finish(approval_id, "failed", problem=problem)
    except Exception as error:
        log.error("approval_failed", approval=str(approval_id), kind=type(error).__name__, exc_info=error)
        problem = {"code": "INTERNAL", "message": "It could not be carried out. Check before asking again."}
        await approvals.finish(approval_id, "failed", problem=problem)
    else:
        await approvals.finish(approval_id, "done", result=body)


async def _made(services: Services, row: asyncpg.Record) -> Any:
    if row["disabled"] or row["ended"]:
        raise Forbidden("The agent was ended before this was sent. Nothing was sent.")
    if digest_of(row["operation"], row["connection_id"], row["arguments"]) != row["digest"]:
        log.error("approval_tampered", approval=str(row["id"]))
        raise Forbidden("What is stored is not what was approved. Nothing was sent.")
    operation = services.registry.operation(row["operation"])
    caller = await Agents(services.db).by_id(row["agent_id"])
    grants = await Agents(services.db).grants(row["user_id"], row["agent_id"])
    if policy.mode_of(caller.agent, grants, operation, row["connection_id"]) == "deny":
        raise Forbidden("The agent may no longer do this. Nothing was sent.")
    if operation.writes:
        await count_write(services, caller.agent)
    call = AgentCall(
        agent=caller.agent,
        tool=tool_name(operation),
        operation=operation.full_name,
        connection_id=row["connection_id"],
        writes=operation.writes,
        approval_id=row["id"],
    )
    return await send(services, caller.actor, call, operation, row["arguments"])


def periodic_tasks(services: Services) -> list[PeriodicTask]:
    """What recurs: carrying out what was allowed and left, expiring, and deleting what is too old."""
    keep_for = services.settings.retention.runs
    return [
        PeriodicTask("look after approvals", timedelta(seconds=4), lambda: resume_unsent(services)),
        PeriodicTask(
            "sweep calls of agents", timedelta(hours=1), lambda: AgentCalls(services.db).sweep(keep_for)
        ),
        PeriodicTask("sweep logins of agents", timedelta(hours=1), AgentAuthorization(services.db).sweep),
    ]


async def resume_unsent(services: Services) -> None:
    """Carry out what was allowed and left, expire what nobody decided, and settle the messages about them."""
    approvals = Approvals(services.db)
    for approval_id in await approvals.left_over():
        await carry_out(services, approval_id)
    for row in await approvals.expire():
        await services.audit.record(
            "approval_expired",
            row["operation"].partition(".")[0],
            row["id"],
            user_id=row["user_id"],
            outcome="refused",
            agent=str(row["agent_id"]),
        )
    await notice.settle(services)
