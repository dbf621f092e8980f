"""Renewing access because somebody asks for it, rather than when it is due."""

from __future__ import annotations

import asyncio
from uuid import UUID

from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, NotConnected


async def renew(
    services: Services, actor: Actor, provider_id: str, *, connection: str | None, account: str | None
) -> list[UUID]:
    """Renew one of a user's connections to a provider, or all of them where none is named; those renewed.

    Of several, those that cannot be renewed are left as they are. Raises `UnknownProvider`, `NotConnected`,
    `NotFound` for a connection that is not the user's, and what the renewal raises where none worked.
    """
    provider = services.registry[provider_id].provider
    if connection is not None or account is not None:
        picked = await services.connections.pick(
            actor.user_id, provider, connection=connection, account=account
        )
        await services.refresher.forced(picked.grant_id)
        return [picked.id]
    live = [
        entry.id
        for entry in await services.connections.of_user(actor.user_id)
        if entry.provider == provider_id and entry.is_active
    ]
    if not live:
        raise NotConnected(f"{provider.name} is not connected yet. Connect it first, then try again.")

    async def one(connection_id: UUID) -> None:
        picked = await services.connections.pick(actor.user_id, provider, connection=str(connection_id))
        await services.refresher.forced(picked.grant_id)

    outcomes = await asyncio.gather(*(one(entry) for entry in live), return_exceptions=True)
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    for failure in failures:
        if not isinstance(failure, FluxStudioError) or len(failures) == len(live):
            raise failure
    return [entry for entry, outcome in zip(live, outcomes, strict=True) if outcome is None]
