"""Disconnecting: the provider is told when nobody shares the grant any more, then the tokens are deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from fluxstudio.core.automations.bindings import DependentRule, dependents
from fluxstudio.core.connections.connections import ListedConnection, as_id
from fluxstudio.core.connections.grants import Grant
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import FluxStudioError, NotConnected, NotFound
from fluxstudio.kit.http import HttpError
from fluxstudio.sdk import OAuthRefused
from fluxstudio.sdk.oauth import TokenEndpointDown

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DisconnectResult:
    """What a disconnect did. `revoked` says whether the provider ended the grant, `message` what to know.

    `automations` are the rules that use what has ended; those switched on pause until it is connected again.
    """

    provider: str
    message: str
    revoked: bool
    connections: tuple[UUID, ...]
    automations: tuple[DependentRule, ...] = ()


async def disconnect(
    services: Services, actor: Actor, provider_id: str, connection: str | None = None
) -> DisconnectResult:
    """End one of a user's connections to a provider, or all of them where none is named.

    Raises `UnknownProvider`, `NotConnected`, `NotFound` for a connection that is not the user's, or
    `Unavailable` in a copy, which would end the access of the installation that it was copied from.
    """
    services.installation.require()
    connection_id = as_id(connection)
    mine = [
        entry for entry in await services.connections.of_user(actor.user_id) if entry.provider == provider_id
    ]
    # Whoever has an account of a provider that is gone may still let go of it.
    registered = services.registry.get(provider_id) if mine else services.registry[provider_id]
    provider = registered.provider
    if connection_id is not None and connection_id not in {entry.id for entry in mine}:
        raise NotFound(f"You have no such {provider.name} connection. `GET /api/integrations` lists yours.")
    ending = [entry for entry in mine if entry.is_active and connection_id in {None, entry.id}]
    if not ending:
        raise NotConnected(f"{provider.name} is not connected, so there is nothing to disconnect.")
    ids = tuple(entry.id for entry in ending)
    rules = await dependents(services.db, actor.user_id, ids)
    notes: list[str] = []
    revoked = True
    for entry in ending:
        note, done = await _end(services, actor, entry)
        revoked = revoked and done
        if note:
            notes.append(note)
    names = ", ".join(entry.account.name for entry in ending)
    paused = [rule for rule in rules if rule.enabled]
    if paused:
        notes.append(pausing(paused))
    return DisconnectResult(
        provider_id,
        " ".join([f"{provider.name} is disconnected from {names}.", *notes]),
        revoked,
        ids,
        tuple(rules),
    )


def pausing(rules: Sequence[DependentRule]) -> str:
    """Which rules pause while what they use is disconnected."""
    names = ", ".join(f"“{rule.name}”" for rule in rules)
    return f"{names} {'pauses' if len(rules) == 1 else 'pause'} until it is connected again."


async def _end(services: Services, actor: Actor, entry: ListedConnection) -> tuple[str, bool]:
    ended = await services.connections.detach(entry.id)
    if ended is None:
        return "", False
    grant_id, last = ended
    note, revoked = "Others here still use this account, so the provider keeps the access.", False
    if last:
        note, revoked = await let_go(services, grant_id)
    await services.audit.record(
        "disconnect",
        entry.provider,
        entry.id,
        user_id=actor.user_id,
        revoked=revoked,
        account=entry.account.id,
    )
    return note, revoked


async def let_go(services: Services, grant_id: UUID) -> tuple[str, bool]:
    """Revoke a grant nobody uses and delete its tokens; a note for the person and whether it was revoked."""
    grant = await services.grants.read(grant_id)
    if grant is None or grant.status == "released":
        return "", False
    name = services.registry.get(grant.owner.provider).provider.name
    try:
        revoked = await _revoke(services, grant)
        note = (
            "" if revoked else f"{name} offers no way to end the access from here; we have deleted our copy."
        )
    except (FluxStudioError, HttpError, OAuthRefused, TokenEndpointDown) as error:
        log.warning("revoke_failed", provider=grant.owner.provider, reason=type(error).__name__)
        revoked = False
        note = f"{name} did not confirm the end of the access. Our copy is deleted; remove the app there too."
    present = await services.grants.read(grant_id)
    if present is not None:
        await services.grants.release(present)
    return note, revoked


async def _revoke(services: Services, grant: Grant) -> bool:
    if grant.status == "reauthorize":
        return True
    client = services.registry.get(grant.owner.provider).client(services.http)
    if not client.oauth.revocable:
        return False
    fresh = await services.refresher.fresh(grant.id)
    return await client.revoke(fresh.token(services.vault), fresh.refresh_token_in_plain(services.vault))


async def finish_interrupted(services: Services) -> int:
    """Finish disconnects that a crash cut off between their steps; how many."""
    unused = await services.grants.unused()
    for grant_id in unused:
        await let_go(services, grant_id)
    return len(unused)
