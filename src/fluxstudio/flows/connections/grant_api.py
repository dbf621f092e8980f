"""Calling a provider with the token of a grant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fluxstudio.core.rate_limits.provider import GrantBudget
from fluxstudio.core.services import Services
from fluxstudio.core.visibility.conversations import AskableGrant
from fluxstudio.sdk import Api, Provider


@dataclass(slots=True)
class GrantToken:
    """The access token of one call; implements `sdk.api.TokenSource`."""

    services: Services = field(repr=False)
    grant_id: UUID
    version: int = 0

    async def current(self) -> str:
        """The token to use now."""
        grant = await self.services.refresher.fresh(self.grant_id)
        self.version = grant.version
        return grant.token(self.services.vault)

    async def renewed(self, rejected: str) -> str:
        """Another token than the rejected one."""
        grant = await self.services.refresher.renewed(self.grant_id, self.version)
        self.version = grant.version
        return grant.token(self.services.vault)


@dataclass(frozen=True, slots=True)
class NoConnectionStore:
    """Without a connection there is nothing to remember; implements `sdk.ports.ConnectionStore`."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Nothing."""
        return {}

    @property
    def mark(self) -> str:
        """Nothing."""
        return ""

    async def remember(self, name: str, value: Any) -> None:
        """Raises `LookupError`."""
        raise LookupError("there is no connection")

    async def keep_webhook(
        self, webhook_id: str, secret: str, details: Mapping[str, Any], *, signs: bool = False
    ) -> None:
        """Raises `LookupError`."""
        raise LookupError("there is no connection")

    async def forget_webhook(self, webhook_id: str) -> None:
        """Raises `LookupError`."""
        raise LookupError("there is no connection")


def api_of_grant(services: Services, provider: Provider, grant: AskableGrant) -> Api:
    """The way to a provider by a grant, for nobody in particular."""
    return Api(
        provider=provider,
        http=services.http,
        hosts=services.registry.get(provider.id).hosts,
        token=GrantToken(services, grant.id),
        budget=GrantBudget(services.db, grant.id, provider.name),
        account=grant.account,
        memory=NoConnectionStore(),
        scopes=grant.scopes,
        public_url=services.settings.base_url,
    )
