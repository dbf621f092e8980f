"""What an event tells, in the words of its provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxstudio.core.registry import Registry
from fluxstudio.core.webhooks.events import Event
from fluxstudio.core.webhooks.unknown_shapes import missing_field


def sentence(registry: Registry, provider: str, event_type: str, payload: Mapping[str, Any]) -> str:
    """What happened, for a person to read; the type where its provider has no words for it."""
    declared = registry.get(provider).provider
    webhook = declared.webhooks
    described = webhook.describe(event_type, payload) if webhook and webhook.describe else ""
    return described or f"{declared.name}: {event_type}"


def link(registry: Registry, provider: str, event_type: str, payload: Mapping[str, Any]) -> str | None:
    """Where a person can look at what happened, None where there is no such place."""
    webhook = registry.get(provider).provider.webhooks
    return webhook.link(event_type, payload) if webhook and webhook.link else None


def withheld(registry: Registry, provider: str) -> str:
    """All that is said of an event that concerns a private conversation of others."""
    return f"Something happened in a private conversation in {registry.get(provider).provider.name}"


def of_event(registry: Registry, event: Event) -> tuple[str, str | None]:
    """The sentence and the link of an event as it is kept, whether its payload was read or not."""
    if event.withheld:
        return withheld(registry, event.provider), None
    if event.summary is not None:
        return str(event.summary["text"]), event.summary["link"]
    fields = (registry, event.provider, event.event_type, event.payload or {})
    return sentence(*fields), link(*fields)


def unknown_shape(registry: Registry, event: Event) -> str | None:
    """That an event lacks what its type always has, None where it does not, or is not all at hand."""
    if event.withheld or event.payload is None:
        return None
    missing = missing_field(registry, event.provider, event.event_type, event.payload)
    if missing is None:
        return None
    name = registry.get(event.provider).provider.name
    return f"{name} sent this {event.event_type} event in a shape we do not know: no {missing}."


def summary(registry: Registry, provider: str, event_type: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What lists show of an event, `{text, link}`, where its payload is too large to be read for them."""
    fields = (registry, provider, event_type, payload)
    return {"text": sentence(*fields), "link": link(*fields)}
