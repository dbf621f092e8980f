"""What agents read without calling a tool: connections, files, recent events, and what there is to call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fluxstudio.core.agents.agents import READS, Caller
from fluxstudio.core.agents.calls import AgentCall, AgentCalls
from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks.events import Events
from fluxstudio.errors import Forbidden, NotFound
from fluxstudio.flows.agents import calling
from fluxstudio.flows.agents.calling import CallResult, Reach, reach_of
from fluxstudio.flows.agents.catalog import CONNECTION, Catalog
from fluxstudio.flows.ask import service as asking
from fluxstudio.flows.webhooks import event_text
from fluxstudio.sdk import DesignSource

RECENT = 50


async def connections(services: Services, caller: Caller) -> CallResult:
    """The connections that an agent may use."""
    reach = await reach_of(services, caller)
    return CallResult(
        {
            "connections": [
                {
                    "id": str(entry.id),
                    "provider": entry.provider,
                    "account": entry.account.name,
                    "status": entry.status,
                    "connectedAt": entry.connected_at.isoformat(),
                }
                for entry in reach.connections
                if readable(reach, entry)
            ]
        }
    )


def readable(reach: Reach, entry: ListedConnection) -> bool:
    """Whether an agent may read a connection as a whole, without asking."""
    modes = {grant.tool: grant.mode for grant in reach.grants if grant.connection_id == entry.id}
    return reach.actor.may("read") and modes.get(READS, reach.agent.policy.reads) == "allow"


async def events(services: Services, caller: Caller) -> CallResult:
    """The latest events of accounts that the agent may read, newest first, each told in a sentence."""
    reach = await reach_of(services, caller)
    read = {
        (entry.provider, entry.account.id): entry for entry in reach.connections if readable(reach, entry)
    }
    latest = await Events(services.db).page(caller.actor.user_id, limit=RECENT)
    lines, sources = [], {}
    for event in latest:
        entry = read.get((event.provider, event.account_id or ""))
        if entry is None:
            continue
        sources[entry.id] = entry
        text, link = event_text.of_event(services.registry, event)
        lines.append(
            {
                "id": str(event.id),
                "provider": event.provider,
                "type": event.event_type,
                "receivedAt": event.received_at.isoformat(),
                "text": text,
                "link": link,
            }
        )
    await note_read(services, caller, "recent_events", sources.values())
    return CallResult({"events": lines}, untrusted="the connected accounts")


async def note_read(
    services: Services, caller: Caller, tool: str, entries: Iterable[ListedConnection]
) -> None:
    """Record that an agent has read accounts: what it writes to others then may have to wait."""
    calls = AgentCalls(services.db)
    for entry in entries:
        await calls.record(AgentCall(agent=caller.agent, tool=tool, connection_id=entry.id), "done")


async def question(services: Services, caller: Caller, text: str, reading: str = "") -> CallResult:
    """Answer a question about the user's own data, for an agent that may read all of it.

    Raises `Forbidden`, and what `flows.ask` raises.
    """
    caller.actor.require("read")
    reach = await reach_of(services, caller)
    if not all(readable(reach, entry) for entry in reach.connections):
        raise Forbidden(
            "An answer may hold anything of the user’s accounts, and this agent may not read all of them."
        )
    answer = await asking.ask(services, caller.actor, text, reading=reading)
    await note_read(services, caller, "ask_question", reach.connections)
    rows = [dict(zip(answer.rows.columns, row, strict=True)) for row in answer.rows.values]
    return CallResult(
        {
            "sql": answer.sql,
            "explanation": answer.explanation,
            "planner": answer.planner,
            "rows": rows,
            "truncated": answer.rows.cut,
        },
        untrusted="the connected accounts",
    )


def schema(catalog: Catalog) -> CallResult:
    """What every tool takes and answers."""
    return CallResult(
        {
            "tools": [
                {
                    "name": tool.name,
                    "operation": tool.operation.full_name,
                    "title": tool.title,
                    "input": tool.input_schema,
                    "output": tool.output_schema,
                }
                for tool in catalog.tools
            ]
        }
    )


async def design_sources(services: Services, caller: Caller) -> Sequence[tuple[ListedConnection, Any]]:
    """The connections that hold design files, with the operation that lists them."""
    reach = await reach_of(services, caller)
    sources = []
    for entry in reach.connections:
        source = services.registry.get(entry.provider).provider.capability(DesignSource)
        if source is not None and readable(reach, entry):
            sources.append((entry, source.files))
    return sources


async def files(services: Services, caller: Caller, catalog: Catalog, connection: str) -> CallResult:
    """The design files of a connection. Raises the product's errors."""
    for entry, operation in await design_sources(services, caller):
        if str(entry.id) == connection:
            return await calling.run(services, caller, catalog.of(operation), {CONNECTION: connection})
    raise NotFound("No connection of this id holds design files that this agent may read.")
