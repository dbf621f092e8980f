"""What the templates of a rule know of the event, or of the time, that starts it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fluxstudio.core.registry import Registry
from fluxstudio.flows.automations.rules.definition import Definition, OnEvent
from fluxstudio.flows.automations.rules.templates import NAMES
from fluxstudio.flows.webhooks import event_text

ON_SCHEDULE = ("time",)


def known_names(definition: Definition) -> tuple[str, ...]:
    """The names that templates of this rule may use."""
    return NAMES if isinstance(definition.when, OnEvent) else ON_SCHEDULE


def of_event(registry: Registry, event: Mapping[str, Any]) -> dict[str, Any]:
    """Names and values for an event: a row of those that are kept."""
    provider = registry.get(event["provider"]).provider
    kind, payload, webhook = event["event_type"], event["payload"], provider.webhooks
    fields = (registry, provider.id, kind, payload)
    return {
        "event": payload if webhook is None or webhook.texts is None else webhook.texts(kind, payload),
        "summary": event_text.sentence(*fields),
        "link": event_text.link(*fields) or "",
        "type": kind,
        "provider": provider.name,
        "time": _timestamp(event["received_at"]),
    }


def of_time(due_at: datetime) -> dict[str, Any]:
    """Names and values for a time of a schedule."""
    return {"time": _timestamp(due_at)}


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
