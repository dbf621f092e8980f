"""Erasing a person: access ended at the providers, then every row and payload of theirs deleted."""

from __future__ import annotations

from uuid import UUID

from fluxstudio.core.identity.erasure import erase_rows
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError
from fluxstudio.flows.connections.disconnect import disconnect
from fluxstudio.flows.identity.users import Initiator, disable, person


async def erase(services: Services, by: Initiator, user_id: UUID) -> None:
    """Delete a user, their connections, events only they could see, cached answers, automations and runs.

    Providers revoke what nobody else shares. The audit log keeps that something happened, not whose it was.
    Raises `NotFound`, `LastAdmin`.
    """
    line = await person(services, user_id)
    # From here on nothing new begins: sessions end, tokens are refused, automations pause.
    await disable(services, by, user_id)
    actor = Actor(user_id, line.subject, "member", line.email, line.name)
    active = [entry for entry in await services.connections.of_user(user_id) if entry.is_active]
    for provider in dict.fromkeys(entry.provider for entry in active):
        try:
            await disconnect(services, actor, provider)
        except FluxStudioError:
            # A provider that is not registered any more cannot be told; our copy is deleted all the same.
            for entry in active:
                if entry.provider == provider:
                    await _let_go(services, entry.id)
    events = await erase_rows(services.db, user_id)
    own = by.user_id == user_id
    await services.audit.record(
        "user-erased",
        user_id=None if own else by.user_id,
        address=None if own else by.address,
        connections=len(active),
        events=events,
        by="themselves" if own else "administrator" if by.actor is not None else "command",
    )


async def _let_go(services: Services, connection_id: UUID) -> None:
    ended = await services.connections.detach(connection_id)
    if ended is None or not ended[1]:
        return
    grant = await services.grants.read(ended[0])
    if grant is not None:
        await services.grants.release(grant)
