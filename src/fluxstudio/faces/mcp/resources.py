"""Resources: connections, design files, recent events, and the schema of every tool."""

from __future__ import annotations

import re

import mcp_types as types
from mcp.shared.exceptions import MCPError

from fluxstudio.core.agents.agents import Caller
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.mcp.context import Context, caller_of
from fluxstudio.faces.mcp.pages import page
from fluxstudio.faces.mcp.results import LONGEST_ANSWER, META
from fluxstudio.flows.agents import calling, reading
from fluxstudio.flows.agents.calling import CallResult
from fluxstudio.flows.agents.catalog import Catalog
from fluxstudio.kit.json import encode

JSON = "application/json"
CONNECTIONS, EVENTS, SCHEMA = "fluxstudio://connections", "fluxstudio://events/recent", "fluxstudio://schema"
FILES = "fluxstudio://connections/{connection}/files"
FIXED = (
    types.Resource(
        uri=CONNECTIONS,
        name="connections",
        title="Connected accounts",
        description="The accounts that this agent may use.",
        mime_type=JSON,
    ),
    types.Resource(
        uri=EVENTS,
        name="recent-events",
        title="Recent events",
        description="The latest that the connected accounts sent, newest first.",
        mime_type=JSON,
    ),
    types.Resource(
        uri=SCHEMA,
        name="schema",
        title="Schema of every tool",
        description="What every tool takes and answers, as JSON Schema.",
        mime_type=JSON,
    ),
)
TEMPLATES = (
    types.ResourceTemplate(
        uri_template=FILES,
        name="files",
        title="Design files of an account",
        description="The design files of a connection, project by project.",
        mime_type=JSON,
    ),
)


class McpResources:
    """Lists and reads resources."""

    def __init__(self, services: Services, catalog: Catalog) -> None:
        self._services = services
        self._catalog = catalog

    async def listing(
        self, ctx: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """The resources of the caller, a page of them."""
        sources = await reading.design_sources(self._services, caller_of(ctx))
        files = [
            types.Resource(
                uri=FILES.replace("{connection}", str(entry.id)),
                name=f"files-{entry.id}",
                title=f"Design files of {entry.account.name}",
                description="The design files of this account, project by project.",
                mime_type=JSON,
            )
            for entry, _ in sources
        ]
        resources, cursor = page([*FIXED, *files], params)
        return types.ListResourcesResult(resources=resources, next_cursor=cursor)

    async def templates(
        self, ctx: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        """The forms that addresses of resources have."""
        templates, cursor = page(TEMPLATES, params)
        return types.ListResourceTemplatesResult(resource_templates=templates, next_cursor=cursor)

    async def read(self, ctx: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        """The JSON of a resource, marked where others wrote what is in it."""
        uri, caller = str(params.uri), caller_of(ctx)
        try:
            await calling.count(self._services, caller.agent)
            answer = await self._answer(uri, caller)
        except FluxStudioError as error:
            raise MCPError(types.INTERNAL_ERROR, error.message, {"code": error.code}) from None
        if answer is None:
            raise MCPError(
                types.INVALID_PARAMS, "There is no such resource. List the resources.", {"uri": uri[:500]}
            )
        text = encode(answer.body)
        if len(text) > LONGEST_ANSWER:
            raise MCPError(types.INTERNAL_ERROR, "This is larger than 4 MB. Use a tool to read parts of it.")
        meta = {f"{META}/untrusted": answer.untrusted} if answer.untrusted is not None else None
        contents = types.TextResourceContents(uri=uri, mime_type=JSON, text=text.decode(), _meta=meta)
        return types.ReadResourceResult(contents=[contents])

    async def _answer(self, uri: str, caller: Caller) -> CallResult | None:
        services = self._services
        if uri == CONNECTIONS:
            return await reading.connections(services, caller)
        if uri == EVENTS:
            return await reading.events(services, caller)
        if uri == SCHEMA:
            return reading.schema(self._catalog)
        connection = re.fullmatch(FILES.replace("{connection}", "([0-9a-f-]{36})"), uri)
        if connection is None:
            return None
        return await reading.files(services, caller, self._catalog, connection[1])
