"""Off to a provider: its address, and how a browser sets out that could not be given a cookie before."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from fluxstudio.core.connections import authorization_requests
from fluxstudio.core.connections.authorization_requests import AuthorizationRequest, Departing
from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.core.services import Services
from fluxstudio.kit.pkce import challenge_of
from fluxstudio.sdk import OAuthClient


@dataclass(frozen=True, slots=True)
class Departure:
    """A connect that is about to set out: where to, for whom, and from a page of which origin."""

    registered: RegisteredProvider
    person: str
    origin: str | None


def authorization_url(
    registered: RegisteredProvider, client: OAuthClient, request: AuthorizationRequest, state: str
) -> str:
    """The provider's consent page for a request."""
    oauth = registered.provider.oauth
    fields: dict[str, str] = {
        "client_id": client.client_id,
        "redirect_uri": request.redirect_uri,
        "response_type": "code",
        oauth.scope_param: oauth.scope_separator.join(request.scopes),
        "state": state,
        **oauth.authorize_params,
    }
    if request.verifier is not None:
        fields |= {"code_challenge": challenge_of(request.verifier), "code_challenge_method": "S256"}
    address = client.url(oauth.authorize)
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(fields)}"


async def departure(services: Services, state: str) -> Departure | None:
    """The connect of a state that has not set out yet, or None."""
    waiting = await _waiting(services, state)
    if waiting is None:
        return None
    request = waiting.request
    return Departure(services.registry[request.provider], waiting.person, request.origin)


async def depart(services: Services, state: str, binding: str) -> str | None:
    """Bind a connect to the browser that is to hold `binding`; the provider's address, or None.

    It sets out once.
    """
    waiting = await _waiting(services, state)
    if waiting is None or not await authorization_requests.bind(services.db, state, binding):
        return None
    registered = services.registry[waiting.request.provider]
    return authorization_url(registered, registered.client(services.http), waiting.request, state)


async def _waiting(services: Services, state: str) -> Departing | None:
    return await authorization_requests.departing(services.db, services.vault, state)
