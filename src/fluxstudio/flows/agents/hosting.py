"""Tools of other servers, and those we bring: listed by server, and called for a user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fluxstudio.core.agents.servers import CONNECTION_LOST, HostedServer
from fluxstudio.core.ask.databases import OWN
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import AdminRequired, InvalidRequest, NotFound, Unavailable
from fluxstudio.flows import call
from fluxstudio.flows.agents.catalog import CONNECTION, Catalog, Tool
from fluxstudio.flows.ask.service import planner_of
from fluxstudio.kit.json import decode, encode
from fluxstudio.sdk import DesignSource

POSTGRES = "postgres"
OFF = (
    "Tools of other servers are switched off here. An administrator can set MCP_POSTGRES_ENABLED=true, "
    "MCP_FIGMA_ENABLED=true, or MCP_SERVERS."
)
QUERY: Mapping[str, Any] = {
    "name": "query",
    "description": "Run one SELECT on the views of your data; administrators on those of all. It only reads.",
    "inputSchema": {
        "type": "object",
        "properties": {"sql": {"type": "string", "description": "One SELECT statement."}},
        "required": ["sql"],
        "additionalProperties": False,
    },
}
SCHEMA: Mapping[str, Any] = {
    "name": "schema",
    "description": "List the views that query can read, with their columns.",
    "inputSchema": {"type": "object", "properties": {}, "additionalProperties": False},
}


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """A server: how it is reached, whether it answers, and why not."""

    name: str
    transport: str
    state: str
    tools: int
    restarts: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What a tool answered: blocks of content, and JSON where it has a structure."""

    content: Sequence[Mapping[str, Any]]
    structured: Any
    is_error: bool


def is_on(services: Services) -> bool:
    """Whether there is any server."""
    settings = services.settings
    return (
        settings.mcp_postgres_enabled or settings.mcp_figma_enabled or bool(services.hosted_servers.servers)
    )


def require_on(services: Services) -> None:
    """Raises `Unavailable` where there is none."""
    if not is_on(services):
        raise Unavailable(OFF)


async def tools(services: Services) -> dict[str, list[dict[str, Any]]]:
    """The tools of each server that answers."""
    tools_by_server: dict[str, list[dict[str, Any]]] = {}
    if services.settings.mcp_postgres_enabled:
        tools_by_server[POSTGRES] = [dict(QUERY), dict(SCHEMA)]
    if services.settings.mcp_figma_enabled:
        for tool in _design_tools(services):
            described = {
                "name": tool.name,
                "description": tool.description,
                "inputSchema": tool.input_schema,
            }
            tools_by_server.setdefault(tool.operation.provider.id, []).append(described)
    for server in await services.hosted_servers.started():
        if server.state == "connected":
            tools_by_server[server.name] = [
                {
                    "name": entry.name,
                    "description": entry.description or "",
                    "inputSchema": entry.input_schema,
                }
                for entry in server.tools
            ]
    return tools_by_server


def _design_tools(services: Services) -> list[Tool]:
    """The reading tools of providers that hold designs."""
    return [
        tool
        for tool in Catalog(services.registry).tools
        if not tool.operation.writes and tool.operation.provider.capability(DesignSource) is not None
    ]


async def status(services: Services) -> list[ServerStatus]:
    """Every server, and how it is."""
    own = [
        ServerStatus(name, "built in", "connected", len(entries), 0, None)
        for name, entries in (await tools(services)).items()
        if name not in {server.name for server in services.hosted_servers.servers}
    ]
    others = [
        ServerStatus(
            server.name,
            "stdio" if server.settings.command else "http",
            server.state,
            len(server.tools),
            max(server.restarts, 0),
            _problem(server),
        )
        for server in services.hosted_servers.servers
    ]
    return [*own, *others]


def _problem(server: HostedServer) -> str | None:
    if server.problem is None:
        return None
    if server.problem == CONNECTION_LOST:
        return "The connection was lost."
    return f"It does not answer ({server.problem})."


async def run(
    services: Services, actor: Actor, server: str, tool: str, arguments: Mapping[str, Any]
) -> ToolAnswer:
    """Call a tool for a user: ours as they, others' for administrators, since those act as the operator.

    Raises the product's errors.
    """
    require_on(services)
    if any(entry.name == server for entry in services.hosted_servers.servers):
        if not actor.is_admin:
            raise AdminRequired
        return await _others(services, actor, server, tool, arguments)
    if server == POSTGRES and services.settings.mcp_postgres_enabled:
        return await _query(services, actor, tool, arguments)
    if services.settings.mcp_figma_enabled:
        for entry in _design_tools(services):
            if entry.operation.provider.id == server and entry.name == tool:
                return await _design(services, actor, entry, arguments)
    raise NotFound(f"There is no tool “{tool[:60]}” of “{server[:60]}”. `GET /api/mcp/tools` lists them.")


async def _others(
    services: Services, actor: Actor, server: str, tool: str, arguments: Mapping[str, Any]
) -> ToolAnswer:
    outcome = "failed"
    try:
        answer = await services.hosted_servers.call(server, tool, arguments)
        outcome = "failed" if answer.is_error else "done"
    finally:
        await services.audit.record(
            "mcp_call", None, f"{server[:60]}.{tool[:100]}", user_id=actor.user_id, outcome=outcome
        )
    blocks = [block.model_dump(mode="json", by_alias=True, exclude_none=True) for block in answer.content]
    return ToolAnswer(blocks, answer.structured_content, answer.is_error)


async def _query(services: Services, actor: Actor, tool: str, arguments: Mapping[str, Any]) -> ToolAnswer:
    actor.require("read")
    database = services.ask.databases[OWN]
    planner = await planner_of(services, database, everything=actor.is_admin)
    # A parser of SQL, which came with the planner.
    from fluxstudio.flows.ask.guard import ForbiddenStatement, checked

    if tool == "schema":
        return _json({"views": sorted(planner.relations)})
    if tool != "query":
        raise NotFound(f"There is no tool “{tool[:60]}” of {POSTGRES}.")
    sql = arguments.get("sql")
    if not isinstance(sql, str):
        raise InvalidRequest("Send one SELECT as sql.", {"sql": "is not a text"})
    try:
        rows = await database.select(
            checked(sql, planner.relations), actor.user_id, everything=actor.is_admin
        )
    except ForbiddenStatement as error:
        raise InvalidRequest(f"{error} Nothing was run.", {"sql": str(error)}) from None
    return _json(
        {"columns": list(rows.columns), "rows": [list(values) for values in rows.values], "cut": rows.cut}
    )


async def _design(services: Services, actor: Actor, tool: Tool, arguments: Mapping[str, Any]) -> ToolAnswer:
    sent = dict(arguments)
    connection = sent.pop(CONNECTION, None)
    if connection is not None and not isinstance(connection, str):
        raise InvalidRequest("connection is the id of a connection.", {CONNECTION: "is not a text"})
    outcome = await call.run(services, actor, tool.operation.full_name, sent, connection=connection)
    return _json(outcome.body(tool.operation))


def _json(body: Any) -> ToolAnswer:
    text = encode(body)
    return ToolAnswer([{"type": "text", "text": text.decode()}], decode(text), is_error=False)
