"""What has happened in one's accounts, and having it handled anew."""

from __future__ import annotations

from uuid import UUID

from fluxstudio.core.events import Delivery, Event, Events
from fluxstudio.core.people import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import NotFound
from fluxstudio.flows import handle

MOST_AT_ONCE = 200


def reader(actor: Actor) -> UUID | None:
    """Whose events somebody sees: None for everybody's, which administrators do."""
    return None if actor.is_admin else actor.user_id


async def seen(services: Services, actor: Actor, event_id: UUID) -> tuple[Event, list[Delivery]]:
    """An event with the attempts to handle it. Raises `NotFound` for one that is not theirs to see."""
    found = await Events(services.db).one(reader(actor), event_id)
    if found is None:
        raise NotFound("There is no such event, or it is older than 90 days.")
    return found


async def replay_one(services: Services, actor: Actor, event_id: UUID) -> int:
    """Have an event handled anew; how many there were. Raises `NotFound` for one they may not see."""
    event, _ = await seen(services, actor, event_id)
    replayed = await handle.replay(services, [event.id])
    await services.audit.record("replay", event.provider, event.id, user_id=actor.user_id)
    return replayed


async def replay_dead(
    services: Services, actor: Actor, *, provider: str | None = None, limit: int = MOST_AT_ONCE
) -> int:
    """Have handled anew what was given up on, of what somebody may see, the oldest first; how many."""
    dead = await Events(services.db).dead(of=reader(actor), provider=provider, limit=limit)
    replayed = await handle.replay(services, dead)
    await services.audit.record("replay", provider, "dead", user_id=actor.user_id, events=replayed)
    return replayed
