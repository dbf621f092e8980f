"""What follows from events inside the product: answers outdated, access ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fluxstudio.core.agents.approvals import decide_pressed
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks import effects
from fluxstudio.kit.postgres.database import Connection

Event = Mapping[str, Any]


async def outdate(services: Services, connected: Connection, batch: Iterable[Event]) -> dict[Any, str]:
    """Outdate the answers that events make stale; a note for each event that is the first to outdate some."""
    stale: dict[tuple[str, str, str], tuple[Event, set[str]]] = {}
    for event in batch:
        names = _stale_names(services, event)
        if names and event["account_id"] is not None:
            account = (event["provider"], event["account_id"], str(event["owner_id"] or ""))
            stale.setdefault(account, (event, set()))[1].update(names)
    notes = {}
    # In one order, so that two who outdate the same never wait for each other.
    for (provider, account_id, _), (event, operations) in sorted(stale.items(), key=lambda entry: entry[0]):
        count = await effects.outdate_answers(connected, provider, account_id, operations, event["owner_id"])
        if count:
            notes[event["id"]] = f"{count} kept answers outdated"
    return notes


def _stale_names(services: Services, event: Event) -> list[str]:
    provider = services.registry.get(event["provider"]).provider
    if provider.webhooks is None:
        return []
    names = provider.webhooks.makes_stale.get(event["event_type"], ())
    return [provider[name].full_name for name in names if name in provider.operations]


async def decide_approval(services: Services, connected: Connection, event: Event) -> str:
    """Decide on a call of an agent, where an event tells that its user pressed a button; a note of it."""
    webhooks = services.registry.get(event["provider"]).provider.webhooks
    read = webhooks.pressed if webhooks is not None else None
    button = read(event["event_type"], event["payload"]) if read is not None else None
    # Only the app's own secret proves who pressed.
    if button is None or event["owner_id"] is not None:
        return ""
    decided = await decide_pressed(
        connected, button.value, event["provider"], button.account_id, button.person
    )
    if decided is None:
        return ""
    await services.audit.record(
        "approval_decided",
        decided["operation"].partition(".")[0],
        decided["id"],
        user_id=decided["user_id"],
        agent=str(decided["agent_id"]),
        operation=decided["operation"],
        through="message",
    )
    return "a call of an agent decided"


async def end_access(services: Services, connected: Connection, event: Event) -> str:
    """End the access that an event says is over; a note of it, empty where it is not over."""
    provider = services.registry.get(event["provider"]).provider
    ends = provider.webhooks.ends if provider.webhooks is not None else None
    ending = ends(event["event_type"], event["payload"]) if ends is not None else None
    # Only the app's own secret proves that; the owner of a webhook's secret can write what they like.
    if ending is None or event["owner_id"] is not None:
        return ""
    problem = {"code": "ended", "message": ending.why}
    if not await effects.end_access(connected, provider.id, ending.account_id, problem, event["received_at"]):
        return ""
    await services.audit.record("access_ended", provider.id, event["id"], account=ending.account_id)
    return "access ended"
