"""Automations about one place at a provider: those there are, and the suggestions of the gallery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxstudio.core.automations.rules import Automation, Automations
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.registry import Registry
from fluxstudio.core.services import Services
from fluxstudio.flows.automations.authoring.gallery import Suggestion, suggestions
from fluxstudio.flows.automations.rules.placeholders import asked_for
from fluxstudio.sdk import Provider, Subscribable


async def watching(services: Services, actor: Actor, provider: Provider, place: str) -> list[Automation]:
    """A user's automations that one place starts, by the value events name it with."""
    capability = provider.capability(Subscribable)
    if capability is None:
        return []
    return [
        entry
        for entry in await Automations(services.db).of_user(actor.user_id)
        if _is_about(entry.definition, provider.id, capability.field, place)
    ]


def _is_about(definition: Mapping[str, Any], provider: str, field: str, place: str) -> bool:
    when = definition.get("when", {})
    return str(when.get("event", "")).startswith(f"{provider}.") and any(
        condition.get("field") == field and str(condition.get("value")).lower() == place.lower()
        for condition in when.get("conditions", ())
    )


def suggestions_for(registry: Registry, provider: str, ask: str) -> list[Suggestion]:
    """The suggestions that an event of a provider starts and that ask for a place there, such as a file."""
    return [
        entry
        for entry in suggestions(registry)
        if str(entry.definition["when"].get("event", "")).startswith(f"{provider}.")
        and ask in asked_for(entry.definition["when"]).values()
    ]
