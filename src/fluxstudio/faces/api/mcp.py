"""Tools of other servers of the Model Context Protocol, and those we bring: listed and called."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import Field
from starlette.responses import Response

from fluxstudio.core.identity.users import ANY_TOOL, Actor
from fluxstudio.faces.api.connections import errors
from fluxstudio.faces.api.schemas.common import Answer, RequestBody, json_answer
from fluxstudio.faces.authentication import READ, WRITE, current_admin, require_scope, services_of
from fluxstudio.flows.agents import hosting

Admin = Annotated[Actor, Depends(current_admin)]
ToolCaller = Annotated[Actor, Depends(require_scope(READ, WRITE, ANY_TOOL))]
NAME = r"^[^\x00/]{1,200}$"
ServerName = Annotated[str, Path(description="Name of the server.", pattern=NAME)]
ToolName = Annotated[str, Path(description="Name of the tool.", pattern=NAME)]

router = APIRouter(prefix="/api/mcp", tags=["Tools"], responses=errors)


class ListedTool(Answer):
    """A tool of a server."""

    name: str
    description: str
    input_schema: dict[str, Any]


class ToolsAnswer(Answer):
    """The tools of each server that answers."""

    tools: dict[str, list[ListedTool]]
    available: bool


class ServerAnswer(Answer):
    """A server. `state` is starting, connected or down."""

    name: str
    transport: str
    state: str
    tools: int
    restarts: int
    problem: str | None


class StatusAnswer(Answer):
    """Every server."""

    servers: list[ServerAnswer]


class CallBody(RequestBody):
    """What a tool is called with."""

    arguments: Annotated[dict[str, Any], Field(default_factory=dict)]


class CalledAnswer(Answer):
    """What a tool answered."""

    content: list[dict[str, Any]]
    structured_content: Any
    is_error: bool


@router.get("/tools", response_model=ToolsAnswer, operation_id="list_tools")
async def tools(request: Request, actor: ToolCaller) -> Response:
    """The tools of each server; none and not available while all are switched off."""
    services = services_of(request)
    tools_by_server = await hosting.tools(services) if hosting.is_on(services) else {}
    return json_answer({"tools": tools_by_server, "available": bool(tools_by_server)})


@router.get("/status", response_model=StatusAnswer, operation_id="get_tool_status")
async def status(request: Request, admin: Admin) -> Response:
    """Every server, whether it answers, and why not. For administrators."""
    services = services_of(request)
    hosting.require_on(services)
    return json_answer(
        StatusAnswer(
            servers=[
                ServerAnswer(
                    name=entry.name,
                    transport=entry.transport,
                    state=entry.state,
                    tools=entry.tools,
                    restarts=entry.restarts,
                    problem=entry.problem,
                )
                for entry in await hosting.status(services)
            ]
        )
    )


@router.post("/tools/{server}/{tool}", response_model=CalledAnswer, operation_id="call_tool")
async def call(
    request: Request, actor: ToolCaller, server: ServerName, tool: ToolName, body: CallBody
) -> Response:
    """Call a tool: ours as yourself, those of other servers as an administrator."""
    answer = await hosting.run(services_of(request), actor, server, tool, body.arguments)
    return json_answer(
        CalledAnswer(
            content=[dict(block) for block in answer.content],
            structured_content=answer.structured,
            is_error=answer.is_error,
        )
    )
