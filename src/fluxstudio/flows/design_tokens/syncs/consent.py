"""Whether people agreed to what a sync writes: connections of before are asked again, once."""

from __future__ import annotations

from uuid import UUID

from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import ScopeMissing
from fluxstudio.flows.connections.places import grant_url
from fluxstudio.sdk import Operation

CONSENT = "consent"


async def require_consent(
    services: Services, actor: Actor, operation: Operation, connection_id: UUID
) -> None:
    """Raises `ScopeMissing` for a connection of when the provider's words did not cover an operation."""
    provider = operation.provider
    listed = await services.connections.of_user(actor.user_id)
    connection = next((entry for entry in listed if entry.id == connection_id), None)
    if connection is None or connection.consent >= provider.oauth.consent:
        return
    raise ScopeMissing(
        f"{connection.account.name} was connected before FluxStudio could open pull requests. Reconnect "
        f"{provider.name} to allow a branch with a pull request, then try again.",
        operation.scopes,
        reason=CONSENT,
        connection=str(connection_id),
        grantUrl=grant_url(services.settings, provider, connection_id, operation.scopes),
    )
