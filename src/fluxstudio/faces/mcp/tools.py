"""Tools: every operation, as far as it fits the caller's connections and grants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mcp_types as types
import structlog
from mcp.shared.exceptions import MCPError

from fluxstudio.core.agents.agents import Caller
from fluxstudio.core.agents.calls import AgentCalls
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.mcp.context import Context, caller_of
from fluxstudio.faces.mcp.pages import page
from fluxstudio.faces.mcp.results import error_of, failure, result_of
from fluxstudio.flows.agents import builtin, calling
from fluxstudio.flows.agents.builtin import BUILTIN, BuiltinTool
from fluxstudio.flows.agents.calling import CallResult, Reach, reach_of
from fluxstudio.flows.agents.catalog import CONNECTION, Catalog, Tool
from fluxstudio.kit.postgres.database import DatabaseUnavailable

log = structlog.get_logger(__name__)

# With more tools than these only the ones called most are listed; the others are found by search_tools.
MOST_LISTED, MOST_OFTEN = 80, 20
# How long a call that waits for approval is held back for a client that is told of the progress.
HELD_SECONDS = 20.0
RUN_TOOL = types.Tool(
    name="run_tool",
    title="Call a tool that is not listed",
    description="Call a tool that search_tools has found, by its name and with its arguments.",
    input_schema={
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "The tool’s name."},
            "arguments": {"type": "object", "description": "Its arguments.", "default": {}},
        },
        "required": ["name"],
        "additionalProperties": False,
    },
    output_schema={"type": "object"},
    annotations=types.ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False),
)


class Tools:
    """Lists and calls tools."""

    def __init__(self, services: Services, catalog: Catalog) -> None:
        self._services = services
        self._catalog = catalog

    def input_schema(self, name: str) -> Mapping[str, Any] | None:
        """The arguments a tool takes, whoever asks; None where there is none of that name."""
        own, tool = BUILTIN.get(name), self._catalog.get(name)
        if own is not None:
            return own.input_schema
        return tool.input_schema if tool else None

    async def listing(
        self, ctx: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        """The tools that fit the caller, a page of them."""
        caller = caller_of(ctx)
        reach = await reach_of(self._services, caller)
        fitting = [tool for tool in self._catalog.tools if reach.may(tool)]
        if not reach.connections:
            # Nothing is connected yet: each says what to connect first.
            fitting = list(self._catalog.tools)
        listed = [_builtin(tool) for tool in BUILTIN.values()]
        if len(fitting) > MOST_LISTED:
            fitting = await self._often(caller, fitting)
            listed.append(RUN_TOOL)
        tools, cursor = page([*listed, *(_described(tool, reach) for tool in fitting)], params)
        return types.ListToolsResult(tools=tools, next_cursor=cursor)

    async def _often(self, caller: Caller, fitting: Sequence[Tool]) -> list[Tool]:
        names = await AgentCalls(self._services.db).often(caller.agent.id, MOST_OFTEN)
        by_name = {tool.operation.full_name: tool for tool in fitting}
        return [by_name[name] for name in names if name in by_name]

    async def call(self, ctx: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        """Call a tool. What goes wrong in it is its answer; only an unknown name is the protocol's error."""
        name, arguments = params.name, params.arguments or {}
        if name == RUN_TOOL.name:
            name, arguments = str(arguments.get("name", "")), arguments.get("arguments") or {}
        own, tool = BUILTIN.get(name), self._catalog.get(name)
        if (own is None and tool is None) or not isinstance(arguments, dict):
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {name[:100]}. Find tools with search_tools.")
        try:
            return await self._answer(ctx, own, tool, arguments)
        except FluxStudioError as error:
            return error_of(error)
        except DatabaseUnavailable:
            return failure(
                "UNAVAILABLE", "The database is away. Nothing was changed.", "Try again in a minute."
            )
        except Exception as error:
            log.error("tool_failed", tool=name[:100], kind=type(error).__name__, exc_info=error)
            return failure("INTERNAL", "Something went wrong here.", "Try again later, or tell the user.")

    async def _answer(
        self, ctx: Context, own: BuiltinTool | None, tool: Tool | None, arguments: dict[str, Any]
    ) -> types.CallToolResult:
        caller, services = caller_of(ctx), self._services

        async def progress(done: float, message: str) -> None:
            await ctx.session.report_progress(done, None, message)

        if own is not None:
            await calling.count(services, caller.agent)
            return result_of(await builtin.run(services, caller, self._catalog, own, arguments, progress))
        assert tool is not None
        answer = await calling.run(services, caller, tool, arguments)
        if answer.waiting is None or not (ctx.meta or {}).get("progress_token"):
            return result_of(answer)
        approval = await builtin.decided(services, caller, answer.waiting, HELD_SECONDS, progress)
        if approval.status == "done":
            return result_of(CallResult(approval.result, untrusted=tool.operation.provider.name))
        if approval.status in builtin.UNDECIDED:
            return result_of(answer)
        problem = approval.problem or {"code": "DENIED", "message": "The user did not allow this call."}
        return failure(problem["code"], problem["message"], "Do not ask for the same again. Tell the user.")


def _described(tool: Tool, reach: Reach) -> types.Tool:
    schema = tool.input_schema
    usable = reach.usable(tool)
    if len(usable) > 1:
        choices = [{"const": str(entry.id), "title": entry.account.name} for entry in usable]
        named = {**schema["properties"][CONNECTION], "oneOf": choices}
        schema = {**schema, "properties": {**schema["properties"], CONNECTION: named}}
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=schema,
        output_schema=tool.output_schema,
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=not tool.operation.writes,
            destructive_hint=tool.destructive,
            idempotent_hint=tool.idempotent,
            open_world_hint=True,
        ),
    )


def _builtin(tool: BuiltinTool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=True,
            destructive_hint=False,
            idempotent_hint=True,
            open_world_hint=False,
        ),
    )
