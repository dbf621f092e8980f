"""Having a provider tell us what happens somewhere, and ending that."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks import subscriptions
from fluxstudio.core.webhooks.subscriptions import SubscriptionHealth
from fluxstudio.errors import InvalidRequest, NotFound
from fluxstudio.flows import call
from fluxstudio.sdk import Subscribable


def subscribable(services: Services, provider: str) -> Subscribable:
    """How a provider is asked to tell what happens. Raises `NotFound` for one that cannot be."""
    registered = services.registry[provider]
    capability = registered.provider.capability(Subscribable)
    if capability is None:
        raise NotFound(f"{registered.provider.name} cannot be asked for webhooks.")
    return capability


async def subscribe(
    services: Services, actor: Actor, provider: str, connection: UUID, where: str, types: Sequence[str]
) -> None:
    """Have a provider tell us of these types of events, where a person or a rule said.

    Raises `InvalidRequest` with `where` or `types` among its fields, and what `call.run` raises.
    """
    capability = subscribable(services, provider)
    event_types = [name for name in capability.events if name in types]
    problems = {} if event_types else {"types": "Choose at least one."}
    try:
        arguments = capability.arguments_for(where, event_types, services.registry[provider].hosts["web"])
    except InvalidRequest as error:
        raise InvalidRequest(error.message, {"where": error.message, **problems}) from None
    if problems:
        raise InvalidRequest("Choose at least one event.", problems)
    await call.run(services, actor, capability.create.full_name, arguments, connection=str(connection))


async def unsubscribe(services: Services, actor: Actor, webhook: SubscriptionHealth) -> bool:
    """End a webhook; False where the provider had none of that id any more. Raises what `call.run` raises."""
    remove = subscribable(services, webhook.provider).remove
    arguments = subscriptions.arguments(remove, webhook.webhook_id, webhook.details)
    try:
        await call.run(services, actor, remove.full_name, arguments, connection=str(webhook.connection_id))
    except NotFound:
        if await own(services, actor, webhook.connection_id, webhook.webhook_id) is not None:
            raise
        return False
    return True


async def own(
    services: Services, actor: Actor, connection: UUID, webhook_id: str
) -> SubscriptionHealth | None:
    """A webhook of the user's, None where there is no such."""
    entries = await subscriptions.of_user(services.db, actor.user_id)
    named = (
        entry for entry in entries if (entry.connection_id, entry.webhook_id) == (connection, webhook_id)
    )
    return next(named, None)
