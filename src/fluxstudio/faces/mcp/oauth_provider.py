"""What the SDK's token endpoint asks of an authorization server, answered from the database."""

from __future__ import annotations

from typing import Any

from mcp.server.auth.handlers.token import TokenHandler
from mcp.server.auth.middleware.client_auth import ClientAuthenticator
from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    OAuthAuthorizationServerProvider,
    RefreshToken,
    TokenError,
)
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl
from starlette.requests import Request
from starlette.responses import Response

from fluxstudio.core.agents.authorization import AgentAuthorization, AgentTokens, Client
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest
from fluxstudio.flows.agents.clients import client_of

__all__ = ["McpOAuthProvider", "OAuthClientMetadata", "information_of"]

GONE = "This was used before, has expired, or was ended by its user. Log in again."


def information_of(client: Client) -> OAuthClientInformationFull:
    """A client as the protocol describes it: public, with codes and refresh tokens."""
    return OAuthClientInformationFull(
        client_id=client.client_id,
        client_name=client.name,
        redirect_uris=[AnyUrl(address) for address in client.redirect_uris],
        token_endpoint_auth_method="none",  # noqa: S106 - the name of a method
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        scope="read write",
    )


class McpOAuthProvider(OAuthAuthorizationServerProvider[AuthorizationCode, RefreshToken, AccessToken]):
    """An authorization server over what is kept of clients and tokens."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = AgentAuthorization(services.db)

    async def tokens(self, request: Request) -> Response:
        """The answer to a request for tokens."""
        answer: Response = await TokenHandler(self, ClientAuthenticator(self)).handle(request)
        return answer

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        """The client of that id, or None."""
        try:
            return information_of(await client_of(self._services, client_id))
        except InvalidRequest:
            return None

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        """Clients register through an endpoint of ours."""
        raise NotImplementedError

    async def authorize(self, client: OAuthClientInformationFull, params: AuthorizationParams) -> str:
        """People decide on a page of ours."""
        raise NotImplementedError

    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        """What a code stands for; None for one that was used, whose tokens have then ended."""
        code = await self._store.code(authorization_code)
        if code is None or code.used:
            return None
        return AuthorizationCode(
            code=authorization_code,
            scopes=list(code.scopes),
            expires_at=code.expires_at,
            client_id=code.client_id,
            code_challenge=code.challenge,
            redirect_uri=AnyUrl(code.redirect_uri),
            redirect_uri_provided_explicitly=True,
            resource=code.resource,
        )

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        """Tokens for a code, once. Raises `TokenError`."""
        return _token(await self._store.exchange_code(authorization_code.code))

    async def load_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: str
    ) -> RefreshToken | None:
        """What a refresh token stands for; None for one that was used, whose tokens have then ended."""
        refreshable = await self._store.refreshable(refresh_token)
        if refreshable is None:
            return None
        return RefreshToken(
            token=refresh_token,
            client_id=refreshable.client_id,
            scopes=list(refreshable.scopes),
            expires_at=refreshable.expires_at,
            resource=refreshable.resource,
        )

    async def exchange_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: RefreshToken, scopes: list[str]
    ) -> OAuthToken:
        """New tokens in place of old ones, once. Raises `TokenError`."""
        refreshable = await self._store.refreshable(refresh_token.token)
        return _token(None if refreshable is None else await self._store.refresh(refreshable))

    async def load_access_token(self, token: str) -> AccessToken | None:
        """Access tokens are revoked as refresh tokens are."""
        return None

    async def revoke_token(self, token: Any) -> None:
        """Tokens are revoked through an endpoint of ours."""
        raise NotImplementedError


def _token(tokens: AgentTokens | None) -> OAuthToken:
    if tokens is None:
        raise TokenError("invalid_grant", GONE)
    return OAuthToken(
        access_token=tokens.access,
        refresh_token=tokens.refresh,
        expires_in=tokens.expires_in,
        scope=" ".join(tokens.scopes),
    )
