"""Who calls `/mcp`: an agent with a token of its own, or a user with an API token."""

from __future__ import annotations

from starlette.requests import Request

from fluxstudio.core.agents.agents import TOKEN_PREFIX, Agents, Caller
from fluxstudio.core.agents.authorization import ACCESS_PREFIX, AgentAuthorization
from fluxstudio.core.identity.users import ANY_TOOL
from fluxstudio.errors import Forbidden, InvalidToken, MissingToken
from fluxstudio.faces.authentication import READ, WRITE, authenticator_of, services_of
from fluxstudio.faces.csrf import origin_of
from fluxstudio.flows.agents.consent import resource_of

PATH = "/mcp"
METADATA_PATH = "/.well-known/oauth-protected-resource/mcp"


def challenge(base_url: str, error: str | None = None) -> str:
    """The `WWW-Authenticate` header that tells a client where to log in (RFC 9728, section 5.1)."""
    reason = f'error="{error}", ' if error else ""
    return f'Bearer {reason}resource_metadata="{base_url}{METADATA_PATH}"'


async def authenticate(request: Request) -> Caller:
    """Who calls, counted against their limit, and kept for whatever handles the request.

    A session does not count here: it is sent along by any page that a browser shows. Raises `MissingToken`,
    `InvalidToken`, `RateLimited`.
    """
    authenticator = authenticator_of(request)
    try:
        caller = await _caller(request)
    except (MissingToken, InvalidToken):
        await authenticator.count(request, None)
        raise
    # Bodies are read for whom it is known who they are.
    request.scope.setdefault("state", {})["actor"] = caller.actor
    request.scope["state"]["caller"] = caller
    await authenticator.count(request, caller.actor)
    return caller


async def _caller(request: Request) -> Caller:
    header = request.headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if not header:
        raise MissingToken(
            "Send `Authorization: Bearer <token>`: a token from Agents, or one you log in for."
        )
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("Send the token as `Authorization: Bearer <token>`.")
    services = services_of(request)
    agents = Agents(services.db)
    if token.startswith(TOKEN_PREFIX):
        return await agents.by_token(token)
    if token.startswith(ACCESS_PREFIX):
        # Issued for this address and no other: what was issued elsewhere does not count here.
        agent_id = await AgentAuthorization(services.db).agent_of(token, resource_of(services))
        if agent_id is None:
            raise InvalidToken("This token has expired or was ended. Log in again.")
        return await agents.by_id(agent_id)
    actor = await authenticator_of(request).actor_or_none(request)
    if actor is None:
        raise MissingToken
    actor.require(READ, WRITE, ANY_TOOL)
    return await agents.of_api_tokens(actor)


def check_origin(request: Request) -> None:
    """Raises `Forbidden` for a page of somebody else's site (DNS rebinding)."""
    origin = request.headers.get("origin")
    settings = services_of(request).settings
    ours = {origin_of(settings.base_url), origin_of(str(request.base_url)), *settings.origins}
    if origin is not None and origin not in ours:
        raise Forbidden(
            "Pages of this origin may not call tools here. An administrator can add it to CORS_ORIGINS."
        )
