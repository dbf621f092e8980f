"""What agents read without calling a tool: connections, files, recent events, and what there is to call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fluxstudio.core.agents.agents import READS, Caller
from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks import event_text
from fluxstudio.core.webhooks.events import Events
from fluxstudio.errors import NotFound
from fluxstudio.flows.agents import calling
from fluxstudio.flows.agents.calling import CallResult, Reach, reach_of
from fluxstudio.flows.agents.catalog import CONNECTION, Catalog
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
    return modes.get(READS, reach.agent.policy.reads) == "allow"


async def events(services: Services, caller: Caller) -> CallResult:
    """The latest events of accounts that the agent may read, newest first, each told in a sentence."""
    reach = await reach_of(services, caller)
    accounts = {(entry.provider, entry.account.id) for entry in reach.connections if readable(reach, entry)}
    latest = await Events(services.db).page(caller.actor.user_id, limit=RECENT)
    lines = []
    for event in latest:
        if (event.provider, event.account_id) not in accounts:
            continue
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
    return CallResult({"events": lines}, untrusted="the connected accounts")


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
