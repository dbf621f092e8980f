"""Endpoints and their deliveries in words."""

from __future__ import annotations

from collections.abc import Mapping

from fluxstudio.core.endpoints.deliveries import Delivery, DeliveryAttempt
from fluxstudio.core.endpoints.endpoints import Endpoint
from fluxstudio.faces.web.components.views import StateView
from fluxstudio.faces.web.endpoints.views import (
    DeliveryRow,
    EndpointAttemptView,
    EndpointRow,
    MessageTypeView,
)
from fluxstudio.faces.web.shell.paths import ENDPOINTS
from fluxstudio.flows.endpoints.messages import MESSAGE_TYPES

MOST_COUNTED = 10_000
ACTIVE = StateView(key="active", words="Active", tone="good", icon="check-circle")
FAILING = StateView(key="failing", words="Failing", tone="attention", icon="alert")
DISABLED = StateView(key="disabled", words="Disabled", tone="bad", icon="cross-circle")
SWITCHED_OFF = StateView(key="off", words="Off", tone="neutral", icon="circle")
WHY_DISABLED: Mapping[str, str] = {
    "failing": "It took nothing for three days. Fix it, then enable it: what waits is sent.",
    "gone": "It answered 410 Gone. Enable it if that was a mistake.",
    "backlog": "Too much was waiting for it. Fix it, then enable it.",
    "switched_off": "It was switched off. What happens meanwhile is not sent.",
}
DELIVERY_STATES: Mapping[str, StateView] = {
    "waiting": StateView(key="waiting", words="Waiting", tone="neutral", icon="clock"),
    "delivered": StateView(key="delivered", words="Delivered", tone="good", icon="check-circle"),
    "failed": StateView(key="failed", words="Failed", tone="bad", icon="cross-circle"),
}


def endpoint_row(endpoint: Endpoint) -> EndpointRow:
    """An endpoint for the list."""
    return EndpointRow(
        href=f"{ENDPOINTS}/{endpoint.id}",
        url=endpoint.url,
        description=endpoint.description,
        state=endpoint_state(endpoint),
        hears=", ".join(endpoint.types) if endpoint.types else "Everything",
        waiting=waiting(endpoint),
        delivered_at=endpoint.delivered_at,
    )


def endpoint_state(endpoint: Endpoint) -> StateView:
    """How an endpoint is doing."""
    if endpoint.status == "disabled":
        return SWITCHED_OFF if endpoint.disabled_reason == "switched_off" else DISABLED
    return FAILING if endpoint.failures else ACTIVE


def endpoint_note(endpoint: Endpoint) -> str:
    """What to know of its state, in a sentence; empty where all is well."""
    if endpoint.disabled_reason is not None:
        return WHY_DISABLED[endpoint.disabled_reason]
    if endpoint.failures:
        times = "Its last attempt" if endpoint.failures == 1 else f"Its last {endpoint.failures:,} attempts"
        return f"{times} failed. What waits is tried again for three days."
    return ""


def waiting(endpoint: Endpoint) -> str:
    """How much waits, in words; empty for nothing."""
    if not endpoint.waiting:
        return ""
    if endpoint.waiting > MOST_COUNTED:
        return f"more than {MOST_COUNTED:,} waiting"
    return f"{endpoint.waiting:,} waiting"


def type_views(chosen: frozenset[str]) -> tuple[MessageTypeView, ...]:
    """Every message type, with those that are chosen."""
    return tuple(
        MessageTypeView(name=name, words=f"{name} — {words.rstrip('.')}", chosen=name in chosen)
        for name, words in MESSAGE_TYPES.items()
    )


def delivery_row(endpoint: Endpoint, delivery: Delivery) -> DeliveryRow:
    """One delivery with its attempts."""
    return DeliveryRow(
        id=str(delivery.number),
        type=delivery.type,
        account=delivery.account or "",
        state=DELIVERY_STATES[delivery.status],
        created_at=delivery.created_at,
        next_at=delivery.due_at if delivery.status == "waiting" and delivery.attempts else None,
        attempts=tuple(_attempt_view(attempt) for attempt in reversed(delivery.attempts)),
        resend_action=f"{ENDPOINTS}/{endpoint.id}/deliveries/{delivery.number}/resend"
        if endpoint.status == "active"
        else None,
    )


def _attempt_view(attempt: DeliveryAttempt) -> EndpointAttemptView:
    words = attempt.problem or f"Answered {attempt.status}"
    return EndpointAttemptView(
        at=attempt.at,
        words=f"{words.rstrip('.')} · {attempt.took_ms:,} ms",
        detail=attempt.answer,
        worked=attempt.problem is None,
    )
