"""OAuth 2.1 for agents: what clients find out by themselves, register with, and fetch tokens from.

People let a client in on a page, `/oauth/authorize`, which is one of the family `agents`.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from fluxstudio.core.agents.authorization import AgentAuthorization
from fluxstudio.errors import FluxStudioError
from fluxstudio.faces.authentication import authenticator_of, services_of
from fluxstudio.faces.mcp.caller import METADATA_PATH
from fluxstudio.faces.middleware.bodies import STRANGERS_FORM, reads
from fluxstudio.flows.agents.clients import client_of, register
from fluxstudio.flows.agents.consent import SCOPES, resource_of

# Loaded once a client registers or fetches a token, as the protocol itself is once one calls.
PROVIDER = "fluxstudio.faces.mcp.oauth_provider"
NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
SERVER_PATH = "/.well-known/oauth-authorization-server"

router = APIRouter(include_in_schema=False)


@router.get(METADATA_PATH)
@router.get(METADATA_PATH.removesuffix("/mcp"))
async def protected_resource(request: Request) -> Response:
    """Who issues tokens for `/mcp` (RFC 9728)."""
    services = services_of(request)
    return _document(
        {
            "resource": resource_of(services),
            "authorization_servers": [services.settings.base_url],
            "scopes_supported": list(SCOPES),
            "bearer_methods_supported": ["header"],
            "resource_name": "FluxStudio Integrations",
        }
    )


@router.get(SERVER_PATH)
@router.get(f"{SERVER_PATH}/mcp")
async def authorization_server(request: Request) -> Response:
    """Where and how clients log in (RFC 8414)."""
    base = services_of(request).settings.base_url
    return _document(
        {
            "issuer": base,
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "registration_endpoint": f"{base}/oauth/register",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "client_id_metadata_document_supported": True,
            "authorization_response_iss_parameter_supported": True,
        }
    )


def _document(value: dict[str, Any]) -> Response:
    return JSONResponse(value, headers={"cache-control": "public, max-age=300"})


@router.post("/oauth/register")
@reads(STRANGERS_FORM)
async def register_client(request: Request) -> Response:
    """Keep a client that registers itself (RFC 7591); it is public, whatever it asked for."""
    await authenticator_of(request).count(request, None)
    await asyncio.to_thread(import_module, PROVIDER)
    from fluxstudio.faces.mcp.oauth_provider import OAuthClientMetadata, information_of

    try:
        sent = OAuthClientMetadata.model_validate_json(await request.body())
    except ValidationError:
        return _refusal("invalid_client_metadata", "Send client_name and redirect_uris as JSON.")
    try:
        client = await register(
            services_of(request), sent.client_name, [str(address) for address in sent.redirect_uris or []]
        )
    except FluxStudioError as error:
        return _refusal(
            "invalid_redirect_uri" if error.status == 400 else "temporarily_unavailable", error.message
        )
    body = information_of(client).model_dump(mode="json", exclude_none=True)
    return JSONResponse(body, 201, NO_STORE)


@router.post("/oauth/token")
@reads(STRANGERS_FORM)
async def token(request: Request) -> Response:
    """Trade a code, or a refresh token, for new tokens. Tokens are for `/mcp` and nothing else."""
    await authenticator_of(request).count(request, None)
    services = services_of(request)
    async with request.form(max_files=0, max_fields=20) as form:
        resource = form.get("resource")
    if resource and str(resource).rstrip("/") not in {resource_of(services), services.settings.base_url}:
        return _refusal("invalid_target", f"Tokens are issued for {resource_of(services)} only.")
    await asyncio.to_thread(import_module, PROVIDER)
    from fluxstudio.faces.mcp.oauth_provider import McpOAuthProvider

    return await McpOAuthProvider(services).tokens(request)


@router.post("/oauth/revoke")
@reads(STRANGERS_FORM)
async def revoke(request: Request) -> Response:
    """End a token with all that came of the same login (RFC 7009). Unknown ones are as good as ended."""
    await authenticator_of(request).count(request, None)
    services = services_of(request)
    async with request.form(max_files=0, max_fields=20) as form:
        sent, client_id = str(form.get("token", "")), str(form.get("client_id", ""))
    try:
        client = await client_of(services, client_id)
    except FluxStudioError:
        return _refusal("invalid_client", "This client is not known here.", 401)
    await AgentAuthorization(services.db).revoke(sent, client.client_id)
    return Response(status_code=200, headers=NO_STORE)


def _refusal(error: str, why: str, status: int = 400) -> Response:
    return JSONResponse({"error": error, "error_description": why}, status, NO_STORE)
