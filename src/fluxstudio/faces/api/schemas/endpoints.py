"""What the API says about endpoints of the host product, their deliveries, and what is sent there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from fluxstudio.core.endpoints.deliveries import Delivery, DeliveryStatus, MessageType
from fluxstudio.core.endpoints.endpoints import DisabledReason, Endpoint, EndpointStatus, NewSecret
from fluxstudio.faces.api.schemas.common import Answer, ListAnswer, RequestBody

Url = Annotated[
    str,
    Field(
        description="Where to send, such as https://app.example/webhooks. HTTPS in production.",
        min_length=1,
        max_length=2000,
        pattern=r"^https?://",
        examples=["https://app.example/webhooks"],
    ),
]
Types = Annotated[
    list[MessageType],
    Field(description="Which types to send; all when empty.", max_length=50, examples=[["connection.ended"]]),
]
Accounts = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=255)]],
    Field(
        description="Which accounts to send about, by id or as provider:id; all when empty.",
        max_length=1000,
        examples=[["slack:T0HARBOUR1"]],
    ),
]
Description = Annotated[
    str, Field(description="What it is for, in your words.", max_length=500, pattern=r"^[^\x00]*$")
]
Ordered = Annotated[
    bool,
    Field(
        strict=True,
        description="Whether messages about one account are sent in order, each after the one before it. "
        "Otherwise one that fails does not hold up others.",
    ),
]


class NewEndpoint(RequestBody):
    """An endpoint to be made."""

    url: Url
    description: Description = ""
    types: Types | None = None
    accounts: Accounts | None = None
    ordered: Ordered = True


class EndpointChange(RequestBody):
    """What to change of an endpoint; what is left out stays as it is.

    `status` switches it on, which also tries what waits from the beginning, or off.
    """

    url: Url | None = None
    description: Description | None = None
    types: Types | None = None
    accounts: Accounts | None = None
    ordered: Ordered | None = None
    status: EndpointStatus | None = None


def _as_text(value: object) -> object:
    """A moment as it is written; numbers, which could mean several things, are none."""
    if not isinstance(value, str):
        raise ValueError("write it as 2026-11-30T09:00:00Z")
    return value


class ResendRequest(RequestBody):
    """Which deliveries to send again: those made since a moment, those of a status, or both."""

    since: Annotated[datetime, BeforeValidator(_as_text)] | None = Field(
        None, description="Those made at this moment or later."
    )
    status: DeliveryStatus | None = Field(None, description="Those of this status.")


class EndpointAnswer(Answer):
    """An endpoint of the host product.

    Empty `types` and `accounts` stand for all. `waiting` is how much is still to be sent there, 10001 for
    more than 10,000. `failures` counts the attempts that failed since `failingSince`, and nothing is sent
    before `pausedUntil`. `disabledReason` is failing, gone (it answered 410), backlog or switched_off.
    Until `rotatingUntil` the secret of before signs as well.
    """

    id: str
    url: str
    description: str
    types: list[MessageType]
    accounts: list[str]
    ordered: bool
    status: EndpointStatus
    disabled_reason: DisabledReason | None
    disabled_at: datetime | None
    failures: int
    failing_since: datetime | None
    paused_until: datetime | None
    delivered_at: datetime | None
    rotating_until: datetime | None
    waiting: int
    created_at: datetime


class NewEndpointAnswer(EndpointAnswer):
    """An endpoint with the secret that signs what is sent there. The secret is shown this once."""

    secret: str


class EndpointsAnswer(ListAnswer):
    """Every endpoint, the oldest first."""

    endpoints: list[EndpointAnswer]


class EndpointSecretAnswer(Answer):
    """A new secret, shown this once. Until `formerUntil` both this one and the one before it sign."""

    secret: str
    former_until: datetime | None


class DeliveryAttemptAnswer(Answer):
    """One attempt. `status` is what the endpoint answered, null for none; `answer` how that begins."""

    attempt: int
    at: datetime
    status: int | None
    took_ms: int
    answer: str
    problem: str | None


class DeliveryAnswer(Answer):
    """A message to an endpoint, with every attempt to send it.

    `messageId` is its `webhook-id`, `data` what it says. `accountId` is `provider:id` of the account it is
    about. `nextAttemptAt` is null once it is delivered or failed.
    """

    id: str
    message_id: str
    type: MessageType
    account_id: str | None
    status: DeliveryStatus
    created_at: datetime
    finished_at: datetime | None
    next_attempt_at: datetime | None
    attempts: list[DeliveryAttemptAnswer]
    data: dict[str, Any]


class DeliveriesAnswer(ListAnswer):
    """A page of deliveries, newest first."""

    deliveries: list[DeliveryAnswer]


class ResentAnswer(Answer):
    """How many deliveries are sent again."""

    resent: int


def endpoint_answer(endpoint: Endpoint) -> EndpointAnswer:
    """An endpoint as the API shows it."""
    return EndpointAnswer(**_endpoint_fields(endpoint))


def new_endpoint_answer(endpoint: Endpoint, secret: NewSecret) -> NewEndpointAnswer:
    """An endpoint that was made just now."""
    return NewEndpointAnswer(**_endpoint_fields(endpoint), secret=secret.value)


def _endpoint_fields(endpoint: Endpoint) -> dict[str, Any]:
    fields = {name: getattr(endpoint, name) for name in EndpointAnswer.model_fields}
    return {
        **fields,
        "id": str(endpoint.id),
        "types": list(endpoint.types),
        "accounts": list(endpoint.accounts),
    }


def delivery_answer(delivery: Delivery) -> DeliveryAnswer:
    """A delivery as the API shows it."""
    return DeliveryAnswer(
        id=str(delivery.number),
        message_id=f"msg_{delivery.message.hex}",
        type=delivery.type,
        account_id=delivery.account,
        status=delivery.status,
        created_at=delivery.created_at,
        finished_at=delivery.finished_at,
        next_attempt_at=delivery.due_at if delivery.status == "waiting" else None,
        attempts=[
            DeliveryAttemptAnswer(
                attempt=attempt.attempt,
                at=attempt.at,
                status=attempt.status,
                took_ms=attempt.took_ms,
                answer=attempt.answer,
                problem=attempt.problem,
            )
            for attempt in delivery.attempts
        ],
        data=dict(delivery.data),
    )


class MessageData(Answer):
    """What every message says: the id of what it is about, and where the whole is."""

    id: str
    url: str


class ConnectionData(MessageData):
    """A connection. `reason` says why its owner has to reconnect."""

    provider: str
    account_id: str
    account_name: str
    user_id: str
    reason: str | None = None


class EventData(MessageData):
    """An event of a provider. `userIds` are people who have connected its account."""

    provider: str
    event_type: str
    event_id: str
    account_id: str | None = None
    received_at: datetime
    user_ids: list[str]


class RunData(MessageData):
    """A run of an automation. `reason` and `message` say why it failed."""

    automation_id: str
    automation_name: str
    event_id: str | None = None
    user_id: str
    finished_at: datetime
    reason: str | None = None
    message: str | None = None


class ApprovalData(MessageData):
    """A call of an agent that waits for its user, or was decided: allowed, denied or expired."""

    agent_id: str
    agent_name: str
    connection_id: str
    operation: str
    user_id: str
    expires_at: datetime
    decision: Literal["allowed", "denied", "expired"] | None = None


class DisabledEndpointData(MessageData):
    """An endpoint that no longer receives anything."""

    endpoint_url: str
    reason: DisabledReason
    failing_since: datetime | None = None


class EndpointMessage(Answer):
    """Base of what endpoints are sent."""

    timestamp: datetime


class ConnectionMessage(EndpointMessage):
    """Somebody connected or disconnected an account, or has to reconnect it."""

    type: Literal["connection.connected", "connection.ended", "connection.reauthorization_required"]
    data: ConnectionData


class EventMessage(EndpointMessage):
    """A provider sent an event."""

    type: Literal["event.received"]
    data: EventData


class RunMessage(EndpointMessage):
    """An automation ran, or failed to."""

    type: Literal["run.finished", "run.failed"]
    data: RunData


class ApprovalMessage(EndpointMessage):
    """An agent asks its user, or was answered."""

    type: Literal["approval.requested", "approval.decided"]
    data: ApprovalData


class DisabledEndpointMessage(EndpointMessage):
    """Another endpoint was disabled."""

    type: Literal["endpoint.disabled"]
    data: DisabledEndpointData


MESSAGES: tuple[type[EndpointMessage], ...] = (
    ConnectionMessage,
    EventMessage,
    RunMessage,
    ApprovalMessage,
    DisabledEndpointMessage,
)
