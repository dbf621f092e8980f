"""What endpoints are sent: the types there are, and one message as it is written and signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from fluxstudio.core.endpoints.deliveries import DueDelivery, MessageType
from fluxstudio.kit.json import encode

# Each type with what it says, in a sentence for people.
MESSAGE_TYPES: Mapping[MessageType, str] = {
    "connection.connected": "An account was connected, or its access works again.",
    "connection.ended": "A connection was disconnected.",
    "connection.reauthorization_required": "Access has expired. The owner has to reconnect.",
    "event.received": "A provider sent an event.",
    "run.finished": "An automation ran.",
    "run.failed": "A run of an automation failed.",
    "approval.requested": "An agent asks its user before it calls a tool.",
    "approval.decided": "A call of an agent was allowed or denied, or the time to decide ran out.",
    "endpoint.disabled": "Another endpoint no longer receives anything.",
}


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """One request to an endpoint."""

    headers: Mapping[str, str]
    body: bytes


def message_id(delivery: DueDelivery) -> str:
    """The id of a message, the same in every attempt and at every endpoint."""
    return f"msg_{delivery.message.hex}"


def message_body(delivery: DueDelivery, base_url: str) -> dict[str, Any]:
    """What a message says. Its `data.url` leads to the whole."""
    data = {**delivery.data, "url": f"{base_url}{delivery.data['url']}"}
    return {"type": delivery.type, "timestamp": delivery.created_at, "data": data}


def signed(delivery: DueDelivery, secrets: Sequence[str], base_url: str, now: float) -> SignedMessage:
    """A message as Standard Webhooks has it signed, by each secret."""
    body = encode(message_body(delivery, base_url))
    sent_at = datetime.fromtimestamp(int(now), UTC)
    identity = message_id(delivery)
    signatures = [Webhook(secret).sign(identity, sent_at, body.decode()) for secret in secrets]
    return SignedMessage(
        {
            "content-type": "application/json",
            "user-agent": "FluxStudio-Integrations",
            "accept-encoding": "identity",
            "webhook-id": identity,
            "webhook-timestamp": str(int(now)),
            "webhook-signature": " ".join(signatures),
        },
        body,
    )
