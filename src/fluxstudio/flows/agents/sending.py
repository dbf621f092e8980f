"""A call of an agent that writes, carried out: counted, recorded before and after, audited as one story."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fluxstudio.core.agents.agents import Agent, Agents
from fluxstudio.core.agents.calls import AgentCall, AgentCalls
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, RateLimited
from fluxstudio.flows import call
from fluxstudio.flows.agents.arguments import decoded
from fluxstudio.kit.json import decode, encode
from fluxstudio.sdk import Operation

HOUR_SECONDS = 3600.0
# Where an answer says which page shows what was made.
LINKS = ("html_url", "permalink", "url")


async def count_write(services: Services, agent: Agent) -> None:
    """Count one write of an agent against what it may write in a day. Raises `RateLimited`."""
    if not await Agents(services.db).count_write(agent.id):
        raise RateLimited(
            f"This agent has used up its {agent.limits.writes_per_day} writes of today (UTC). Go on "
            "tomorrow, or ask the user to raise the limit in Agents.",
            HOUR_SECONDS,
        )


async def send(
    services: Services, actor: Actor, begun: AgentCall, operation: Operation, arguments: Mapping[str, Any]
) -> Any:
    """Make a call that writes; the body of its answer, as JSON. Raises the product's errors.

    The audit log has one line that names agent, call and approval.
    """
    calls = AgentCalls(services.db)
    call_id = await calls.begin(begun)
    story = _story(begun, call_id)
    try:
        outcome = await call.run(
            services,
            actor,
            operation.full_name,
            decoded(operation, arguments),
            connection=str(begun.connection_id),
            story=story,
        )
    except FluxStudioError as error:
        await calls.finish(call_id, "failed", code=error.code, message=error.message)
        raise
    except BaseException:
        await calls.finish(call_id, "failed", code="INTERNAL", message="It could not be carried out.")
        raise
    body = decode(encode(outcome.body(operation)))
    await calls.finish(call_id, "done", link=_link(body))
    return body


def _story(call: AgentCall, call_id: UUID) -> dict[str, str]:
    approval = {"approval": str(call.approval_id)} if call.approval_id else {}
    return {"agent": str(call.agent.id), "call": str(call_id), **approval}


def _link(body: Any) -> str | None:
    links = (body.get(name) for name in LINKS) if isinstance(body, dict) else ()
    return next((value for value in links if isinstance(value, str) and value.startswith("https://")), None)
