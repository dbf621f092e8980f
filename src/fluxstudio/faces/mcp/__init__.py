"""The product as a server of the Model Context Protocol: its operations as tools, over the same flows."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.routing import Route

from fluxstudio.core.services import Services
from fluxstudio.faces.mcp import oauth
from fluxstudio.faces.mcp.caller import PATH
from fluxstudio.faces.mcp.endpoint import McpEndpoint


def install(app: FastAPI, services: Services) -> None:
    """Answer the protocol at `/mcp`."""
    app.include_router(oauth.router)
    app.router.routes.append(Route(PATH, McpEndpoint(services)))
