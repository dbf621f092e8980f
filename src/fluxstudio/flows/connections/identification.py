"""Whose account a new access belongs to, before there is a grant or a connection to keep it by."""

from __future__ import annotations

from dataclasses import dataclass

from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.core.services import Services
from fluxstudio.errors import ProviderUnavailable
from fluxstudio.flows.connections.grant_api import NoConnectionStore
from fluxstudio.sdk import Account, Api, Limit, TokenAnswer, Usage


async def identify(services: Services, registered: RegisteredProvider, tokens: TokenAnswer) -> Account:
    """Ask the provider whose account these tokens open.

    Raises the product's errors, an `HttpError`, or whatever reading an unexpected answer raises.
    """
    provider = registered.provider
    api = Api(
        provider=provider,
        http=services.http,
        hosts=registered.hosts,
        token=_JustIssued(tokens.access_token),
        budget=_Unmetered(),
        account=Account("", ""),
        memory=NoConnectionStore(),
        limit="identify",
    )
    return await provider.identity.identify(api, tokens)


class _Unmetered:
    """A grant that is not kept yet has no budget to count."""

    async def spend(self, bucket: str, limit: Limit | None) -> float:
        return 0

    async def note(self, bucket: str, usage: Usage) -> None:
        return None

    async def block(self, bucket: str, seconds: float) -> None:
        return None


@dataclass(frozen=True, slots=True)
class _JustIssued:
    token: str

    async def current(self) -> str:
        return self.token

    async def renewed(self, rejected: str) -> str:
        raise ProviderUnavailable("The provider does not accept the token it has just issued.")
