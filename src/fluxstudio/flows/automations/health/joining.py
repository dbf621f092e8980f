"""Having the app join a public channel, where the account lets it."""

from __future__ import annotations

from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import Forbidden, InvalidRequest, NotFound, ScopeMissing
from fluxstudio.flows.call import api_of
from fluxstudio.sdk import Notifier


async def join(services: Services, actor: Actor, connection: str, notifier: Notifier, channel: str) -> bool:
    """Whether the app is in the public channel with this id now; False where it may not join it.

    Raises `ProviderUnavailable` and `ProviderRateLimited` when the provider cannot be asked now.
    """
    provider = notifier.channels.provider
    picked = await services.connections.pick(actor.user_id, provider, connection=connection)
    if notifier.join is None or provider.oauth.missing([notifier.join_scope], picked.scopes):
        return False
    try:
        await notifier.join(api_of(services, notifier.channels, picked), channel)
    except (Forbidden, InvalidRequest, NotFound, ScopeMissing):
        return False
    listed = [operation.full_name for operation in provider.operations.values() if operation.visible]
    await services.cache.outdate(picked.grant_id, listed)
    await services.audit.record(
        "channel_joined", provider.id, channel, user_id=actor.user_id, connection=str(picked.id)
    )
    return True
