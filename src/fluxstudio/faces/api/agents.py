"""Agents: what each may do, what it did, ending it, and deciding on calls that wait."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from fluxstudio.core.agents.agents import Agents, Limits
from fluxstudio.core.agents.approvals import Approvals, Decision
from fluxstudio.core.agents.calls import AgentCalls
from fluxstudio.core.identity.users import Actor
from fluxstudio.errors import Forbidden
from fluxstudio.faces.api import paging
from fluxstudio.faces.api.connections import Caller, PersonCaller, errors
from fluxstudio.faces.api.schemas.agents import (
    AgentAnswer,
    AgentChange,
    AgentsAnswer,
    ApprovalAnswer,
    ApprovalsAnswer,
    CallsAnswer,
    Decided,
    EndedGrantsAnswer,
    NewAgentAnswer,
    NewAgentBody,
    agent_answer,
    approval_answer,
    call_answer,
)
from fluxstudio.faces.api.schemas.common import json_answer
from fluxstudio.faces.authentication import services_of
from fluxstudio.flows.agents import approvals as deciding
from fluxstudio.flows.agents import service

UUID_FORM = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
Id = Annotated[str, Path(alias="id", description="Id of the agent.", pattern=UUID_FORM)]
ApprovalId = Annotated[str, Path(alias="id", description="Id of the approval.", pattern=UUID_FORM)]
Cursor = Annotated[
    str | None, Query(description="`nextCursor` of the page before.", pattern="^[1-9][0-9]{0,17}$")
]
Before = Annotated[
    str | None, Query(description="The same as `cursor`.", pattern="^[1-9][0-9]{0,17}$", deprecated=True)
]
ApprovalCursor = Annotated[UUID | None, Query(description="`nextCursor` of the page before.")]
Limit = Annotated[int, Query(description="How many a page has at most.", ge=1, le=200)]
Status = Annotated[
    Literal["waiting", "allowed", "denied", "expired", "running", "done", "failed", "unknown"] | None,
    Query(description="Only approvals of this status."),
]

router = APIRouter(prefix="/api", responses=errors)
AGENTS: list[str | Enum] = ["Agents"]
APPROVALS: list[str | Enum] = ["Approvals"]


@router.get("/agents", response_model=AgentsAnswer, tags=AGENTS, operation_id="list_agents")
async def agents(
    request: Request, actor: Caller, cursor: paging.Cursor = None, limit: paging.Limit = 100
) -> Response:
    """Your agents, those at work first."""
    lines = await Agents(services_of(request).db).listing(
        actor.user_id, limit=paging.lines_to_read(cursor, limit)
    )
    page, following = paging.page_of(lines, cursor, limit)
    return json_answer(AgentsAnswer(agents=[agent_answer(line) for line in page], next_cursor=following))


@router.post(
    "/agents", response_model=NewAgentAnswer, status_code=201, tags=AGENTS, operation_id="create_agent"
)
async def make(request: Request, actor: PersonCaller, body: NewAgentBody) -> Response:
    """Make an agent with a token for `/mcp`. The token is shown once.

    It reads what your connections of now can read, and asks you before it writes, unless you say otherwise.
    """
    wish = service.Wish(
        name=body.name,
        connections=body.connections,
        reads=body.reads,
        writes=body.writes,
        crossing=body.crossing,
        limits=Limits(body.calls_per_minute, body.writes_per_day),
        grants=[grant.plain() for grant in body.grants],
        expires_in=timedelta(days=body.expires_in_days) if body.expires_in_days else None,
    )
    agent_id, token = await service.make(services_of(request), actor, wish)
    assert token is not None
    return json_answer(NewAgentAnswer(agent=await _agent(request, actor, agent_id), token=token), 201)


async def _agent(request: Request, actor: Actor, agent_id: UUID) -> AgentAnswer:
    store = Agents(services_of(request).db)
    line = await store.one(actor.user_id, agent_id)
    return agent_answer(line, await store.grants(actor.user_id, agent_id))


@router.get("/agents/{id}", response_model=AgentAnswer, tags=AGENTS, operation_id="get_agent")
async def agent(request: Request, actor: Caller, which: Id) -> Response:
    """One of your agents, with what it may do."""
    return json_answer(await _agent(request, actor, UUID(which)))


@router.patch("/agents/{id}", response_model=AgentAnswer, tags=AGENTS, operation_id="update_agent")
async def change(request: Request, actor: PersonCaller, which: Id, body: AgentChange) -> Response:
    """Change an agent's name, limits, or what it may do. It counts from its next call on."""
    changes = body.model_dump(exclude_none=True, exclude={"grants"})
    grants = None if body.grants is None else [grant.plain() for grant in body.grants]
    await service.change(services_of(request), actor, UUID(which), changes, grants)
    return json_answer(await _agent(request, actor, UUID(which)))


@router.delete("/agents/{id}", response_model=EndedGrantsAnswer, tags=AGENTS, operation_id="end_agent")
async def finish(request: Request, actor: Caller, which: Id) -> Response:
    """End an agent at once: its tokens no longer count, and what it waits for is not sent."""
    ended = await service.finish(services_of(request), actor, UUID(which))
    return json_answer(EndedGrantsAnswer(ended=ended))


@router.get("/agents/{id}/calls", response_model=CallsAnswer, tags=AGENTS, operation_id="list_agent_calls")
async def calls(
    request: Request,
    actor: Caller,
    which: Id,
    cursor: Cursor = None,
    before: Before = None,
    limit: Limit = 50,
) -> Response:
    """What an agent called, newest first."""
    services, after = services_of(request), cursor or before
    await Agents(services.db).one(actor.user_id, UUID(which))
    lines = await AgentCalls(services.db).page(
        actor.user_id, UUID(which), before=int(after) if after else None, limit=limit + 1
    )
    following = str(lines[limit - 1].number) if len(lines) > limit else None
    calls = [call_answer(line) for line in lines[:limit]]
    return json_answer(CallsAnswer(calls=calls, next_cursor=following))


@router.get("/approvals", response_model=ApprovalsAnswer, tags=APPROVALS, operation_id="list_approvals")
async def approvals(
    request: Request,
    actor: Caller,
    status: Status = None,
    cursor: ApprovalCursor = None,
    limit: Limit = 50,
) -> Response:
    """Calls of agents that wait for you, and what became of earlier ones; newest first."""
    entries = await Approvals(services_of(request).db).listing(
        actor.user_id, status=status, before=cursor, limit=limit + 1
    )
    following = str(entries[limit - 1].id) if len(entries) > limit else None
    shown = [approval_answer(entry) for entry in entries[:limit]]
    return json_answer(ApprovalsAnswer(approvals=shown, next_cursor=following))


@router.get("/approvals/{id}", response_model=ApprovalAnswer, tags=APPROVALS, operation_id="get_approval")
async def approval(request: Request, actor: Caller, which: ApprovalId) -> Response:
    """One call that waits, or what became of it."""
    return json_answer(
        approval_answer(await Approvals(services_of(request).db).one(actor.user_id, UUID(which)))
    )


@router.post(
    "/approvals/{id}/allow", response_model=ApprovalAnswer, tags=APPROVALS, operation_id="allow_approval"
)
async def allow(request: Request, actor: PersonCaller, which: ApprovalId, body: Decided) -> Response:
    """Allow a call exactly as it was shown. It is sent now, once."""
    return await _decide(request, actor, which, body, "allowed")


@router.post(
    "/approvals/{id}/deny", response_model=ApprovalAnswer, tags=APPROVALS, operation_id="deny_approval"
)
async def deny(request: Request, actor: PersonCaller, which: ApprovalId, body: Decided) -> Response:
    """Deny a call. Nothing is sent."""
    return await _decide(request, actor, which, body, "denied")


async def _decide(request: Request, actor: Actor, which: str, body: Decided, decision: Decision) -> Response:
    services = services_of(request)
    approval = await Approvals(services.db).one(actor.user_id, UUID(which))
    line = await Agents(services.db).one(actor.user_id, approval.agent_id)
    if line.kind == "api" and request.headers.get("authorization"):
        raise Forbidden(
            "The agent that asks may hold this very token. Sign in and decide in the browser, in Agents."
        )
    decided = await deciding.decide(services, actor, approval.id, body.digest, decision, "api")
    return json_answer(approval_answer(decided))
