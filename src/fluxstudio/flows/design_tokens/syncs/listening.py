"""Having both providers send the events that start a sync, and knowing what is in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fluxstudio.core.design_tokens.syncs import TokenSync, TokenSyncs
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks import subscriptions
from fluxstudio.errors import FluxStudioError
from fluxstudio.flows.automations.health.listening import is_gone, problem_of, told_of
from fluxstudio.flows.design_tokens.syncs.looking import operations
from fluxstudio.flows.webhooks.subscribe import subscribe
from fluxstudio.sdk import Operation, Subscribable


async def listen(services: Services, actor: Actor, sync: TokenSync) -> TokenSync:
    """Add the webhooks that a sync lacks; the sync, with what was in the way."""
    source, host = operations(services)
    connections = sync.source_connection_id, sync.target_connection_id
    problems = [
        *await _missing(services, actor, source.tokens, connections[0], sync.file_key, source.changes),
        *await _missing(services, actor, host.propose, connections[1], sync.repository, host.pushes),
    ]
    syncs = TokenSyncs(services.db)
    await syncs.note_problems(sync, problems)
    return await syncs.one(actor.user_id, sync.id)


async def _missing(
    services: Services,
    actor: Actor,
    operation: Operation | None,
    connection_id: UUID,
    place: str,
    event_types: Sequence[str],
) -> list[Mapping[str, Any]]:
    """Ask for what is not sent yet; what was in the way, once for each provider."""
    if operation is None:
        return []
    provider = operation.provider.id
    capability = services.registry[provider].provider.capability(Subscribable)
    if capability is None:
        return []
    webhooks = [
        webhook
        for webhook in await subscriptions.of_user(services.db, actor.user_id)
        if webhook.connection_id == connection_id and not is_gone(webhook)
    ]
    web = services.registry[provider].hosts["web"]
    problem = None
    for event_type in event_types:
        telling = [webhook for webhook in webhooks if event_type in capability.types(webhook.details)]
        if await told_of(services, actor, capability, telling, place):
            continue
        types = [event_type, *capability.usual] if capability.several else [event_type]
        try:
            await subscribe(services, actor, provider, connection_id, capability.place(place, web), types)
        except FluxStudioError as error:
            problem = problem_of(services, provider, error)
    return [{"provider": services.registry[provider].provider.name, **problem}] if problem else []
