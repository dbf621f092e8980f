"""Having providers send the events that a rule waits for, and knowing whether they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fluxstudio.core.automations.bindings import BoundConnection
from fluxstudio.core.automations.listening import note_problem
from fluxstudio.core.automations.rules import Automation
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.registry import Registry
from fluxstudio.core.services import Services
from fluxstudio.core.webhooks import subscriptions
from fluxstudio.core.webhooks.subscriptions import SubscriptionHealth
from fluxstudio.errors import FluxStudioError, InvalidRequest, NotFound
from fluxstudio.flows import call
from fluxstudio.flows.automations.rules.definition import Definition, OnEvent, read
from fluxstudio.flows.webhooks.subscribe import subscribe
from fluxstudio.sdk import Subscribable

# Places that one rule may have us listen to; each takes one of the webhooks a provider allows.
MOST_PLACES = 5
FIXES: Mapping[str, str] = {
    "SCOPE_MISSING": "Choose Grant access for {provider} in Settings → Integrations, then switch it on.",
    "REAUTHORIZATION_REQUIRED": "Reconnect {provider} in Settings → Integrations, then switch it on.",
    "FORBIDDEN": "Ask an admin there to add the webhook, or choose a place that you administer.",
    "NOT_FOUND": "Edit the automation: what it is about is not there, or not yours to see.",
    "PROVIDER_UNAVAILABLE": "Switch it off and on again once {provider} works.",
    "PROVIDER_RATE_LIMITED": "Switch it off and on again in a few minutes.",
}
FIX = (
    "Add the webhook in Settings → Webhooks, or remove one that is no longer needed, and switch it on again."
)


def subscribable(registry: Registry, provider: str) -> Subscribable | None:
    """How a provider is asked to send events, None where they come without asking."""
    return registry.get(provider).provider.capability(Subscribable)


def places(definition: Definition, capability: Subscribable) -> tuple[str, ...]:
    """The places that a rule is about, as its conditions name them; none where it is about all of them."""
    when = definition.when
    for condition in when.conditions if isinstance(when, OnEvent) else ():
        if condition.field != capability.field:
            continue
        if condition.test == "equals" and isinstance(condition.value, str):
            return (condition.value,)
        if condition.test == "in" and isinstance(condition.value, list):
            return tuple(str(value) for value in condition.value)
    return ()


def covering(
    definition: Definition,
    capability: Subscribable,
    webhooks: Iterable[SubscriptionHealth],
    bound: BoundConnection,
) -> list[SubscriptionHealth]:
    """The webhooks of the account that may tell a rule of what it waits for, and are still there."""
    assert isinstance(definition.when, OnEvent)
    event_type, place_names = definition.when.event.partition(".")[2], places(definition, capability)
    return [
        webhook
        for webhook in webhooks
        if webhook.connection_id == bound.id
        and not is_gone(webhook)
        and event_type in capability.types(webhook.details)
        and (
            not place_names
            or any(capability.covers(webhook.details, place, None) is not False for place in place_names)
        )
    ]


def is_gone(webhook: SubscriptionHealth) -> bool:
    """Whether the provider said of a webhook that it has no such."""
    problem = (webhook.missed_deliveries or {}).get("problem") or {}
    return bool(problem.get("code") == NotFound.code)


async def listen(services: Services, actor: Actor, entry: Automation) -> None:
    """Have the provider send what a rule waits for, where nothing does yet and the rule says where.

    What is in the way is kept with the rule, for its health to show.
    """
    definition = read(entry.definition)
    if not entry.enabled or entry.trigger is None or not isinstance(definition.when, OnEvent):
        return
    capability = subscribable(services.registry, entry.trigger.provider)
    event_type = definition.when.event.partition(".")[2]
    if capability is None or event_type not in capability.events:
        return
    webhooks = await subscriptions.of_user(services.db, actor.user_id)
    candidates = covering(definition, capability, webhooks, entry.trigger)
    web = services.registry[entry.trigger.provider].hosts["web"]
    missing_places = [
        capability.place(place, web)
        for place in places(definition, capability)[:MOST_PLACES]
        if not await told_of(services, actor, capability, candidates, place)
    ]
    problem = await ask_for(services, actor, entry.trigger, capability, missing_places, event_type)
    await note_problem(services.db, actor.user_id, entry.id, problem)


async def ask_for(
    services: Services,
    actor: Actor,
    trigger: BoundConnection,
    capability: Subscribable,
    place_names: Iterable[str],
    event_type: str,
) -> dict[str, Any] | None:
    """Have the provider send events of a type from places as a person writes them; what was in the way."""
    problem = None
    types = [event_type, *capability.usual] if capability.several else [event_type]
    for place in place_names:
        try:
            await subscribe(services, actor, trigger.provider, trigger.id, place, types)
        except FluxStudioError as error:
            problem = problem_of(services, trigger.provider, error)
    return problem


async def told_of(
    services: Services,
    actor: Actor,
    capability: Subscribable,
    webhooks: Sequence[SubscriptionHealth],
    place: str,
) -> bool:
    """Whether one of these webhooks tells of a place, asking the provider what is where if need be."""
    if any(capability.covers(webhook.details, place, None) for webhook in webhooks):
        return True
    for webhook in webhooks:
        if capability.covers(webhook.details, place, None) is not None:
            continue
        try:
            outcome = await call.run(
                services,
                actor,
                capability.nearby.full_name,
                capability.inside(webhook.details),
                connection=str(webhook.connection_id),
            )
        except FluxStudioError:
            continue
        if capability.covers(webhook.details, place, outcome.value):
            return True
    return False


def problem_of(services: Services, provider_id: str, error: FluxStudioError) -> dict[str, Any]:
    """What is in the way of a webhook: `{code, message, fix, at}`."""
    name = services.registry[provider_id].provider.name
    fix = FIXES.get(error.code, FIX).format(provider=name)
    if isinstance(error, InvalidRequest) and not error.details.get("providerError"):
        fix = FIX
    return {
        "code": error.code,
        "message": f"{name} could not be asked to send these events. {error.message}",
        "fix": fix,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
