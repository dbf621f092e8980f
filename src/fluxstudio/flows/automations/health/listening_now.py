"""Listening at once, for a rule that hears of nothing: where it says, or wherever its account may listen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from fluxstudio.core.automations.bindings import BoundConnection
from fluxstudio.core.automations.listening import note_problem
from fluxstudio.core.automations.rules import Automation, Automations
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import Conflict, FluxStudioError
from fluxstudio.flows import call
from fluxstudio.flows.automations.health.listening import MOST_PLACES, ask_for, listen, places, subscribable
from fluxstudio.flows.automations.health.status import health_of
from fluxstudio.flows.automations.rules.definition import OnEvent, read
from fluxstudio.sdk import Subscribable

NARROW = "Edit the automation and narrow it to one place, or add the webhooks in Settings → Webhooks."


async def listen_now(services: Services, actor: Actor, automation: UUID) -> Automation:
    """Have the provider send what a rule waits for, wherever that can be asked; the rule as it is then.

    What is in the way is kept with the rule, for its health to show. Nothing is asked where its events come
    already. Raises `NotFound`, and `Conflict` for one that is switched off.
    """
    automations = Automations(services.db)
    entry = await automations.get(actor.user_id, automation)
    if not entry.enabled:
        raise Conflict("It is switched off. Switching it on has it listen.", "switched_off")
    if (await health_of(services, actor, [entry]))[entry.id].state != "listening":
        await _listen(services, actor, entry)
        await services.audit.record("automation_listens", None, entry.id, user_id=actor.user_id)
    return await automations.get(actor.user_id, automation)


async def _listen(services: Services, actor: Actor, entry: Automation) -> None:
    definition = read(entry.definition)
    if entry.trigger is None or not isinstance(definition.when, OnEvent):
        return
    capability = subscribable(services.registry, entry.trigger.provider)
    if capability is None or places(definition, capability):
        await listen(services, actor, entry)
        return
    event_type = definition.when.event.partition(".")[2]
    try:
        place_names = await _nearby(services, actor, entry.trigger, capability)
        if 0 < len(place_names) <= MOST_PLACES:
            problem = await ask_for(services, actor, entry.trigger, capability, place_names, event_type)
        else:
            problem = _no_choice(services, entry.trigger, capability, len(place_names))
    except FluxStudioError as error:
        problem = _problem("NOWHERE_CHOSEN", f"It cannot be seen where it could listen. {error.message}")
    await note_problem(services.db, actor.user_id, entry.id, problem)


async def _nearby(
    services: Services, actor: Actor, trigger: BoundConnection, capability: Subscribable
) -> Sequence[str]:
    """Where the account may listen, as a person writes it. Raises what `call.run` raises."""
    outcome = await call.run(
        services, actor, capability.nearby.full_name, {}, connection=str(trigger.id), brief=True
    )
    web = services.registry[trigger.provider].hosts["web"]
    return capability.everywhere(outcome.value, web)


def _no_choice(
    services: Services, trigger: BoundConnection, capability: Subscribable, count: int
) -> dict[str, str]:
    name = services.registry[trigger.provider].provider.name
    if not count:
        return _problem("NOWHERE_CHOSEN", f"{name} lists nothing that {trigger.account} may listen to.")
    return _problem(
        "NOWHERE_CHOSEN",
        f"{trigger.account} may listen in {count} places at {name}, and one automation in {MOST_PLACES}.",
    )


def _problem(code: str, message: str) -> dict[str, str]:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {"code": code, "message": message, "fix": NARROW, "at": at}
