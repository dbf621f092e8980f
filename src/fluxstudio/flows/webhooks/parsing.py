"""Reading what a verified request brings: in the event loop where it is small, else in another process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import msgspec
import structlog

from fluxstudio.core.registry import Registry
from fluxstudio.core.webhooks import events
from fluxstudio.core.webhooks.events import WebhookEvent
from fluxstudio.errors import InvalidRequest, Unavailable
from fluxstudio.flows.visibility.conversations import audience_of
from fluxstudio.flows.visibility.resources import resource_of
from fluxstudio.flows.webhooks import event_text
from fluxstudio.flows.webhooks.deduplication import MAX_DELIVERY_KEY_CHARACTERS, KeyMaker
from fluxstudio.flows.webhooks.large_events import READING_BUDGET, head_of, joined, parted
from fluxstudio.kit.json import (
    abridged,
    encode,
    may_nest_deeper,
    pruned,
    without_fields,
    without_nul,
)
from fluxstudio.kit.worker_pool import OverBudget, WorkerPool
from fluxstudio.sdk import UnreadableBody, Webhook

log = structlog.get_logger(__name__)

NUL = b"\\u0000"


class Contradiction(InvalidRequest):
    """A body cannot be what it is sent as."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a verified request before its body is read.

    `webhook_id` and `account_id` are those of the webhook of ours it came by, `owner_id` is the user whose
    own webhook's secret proves it, None for the app's. `moment` is now, in seconds since 1970.
    """

    provider: str
    path: str
    headers: dict[str, str]
    moment: float
    webhook_id: str | None = None
    account_id: str | None = None
    owner_id: UUID | None = None

    @property
    def secret_of(self) -> str | None:
        """The webhook whose own secret proves it, None for the app's."""
        return None if self.owner_id is None else self.webhook_id

    def ordered(self, order: str) -> str:
        """An order key that no other source can have."""
        source = self.provider if self.secret_of is None else f"{self.provider}/{self.secret_of}"
        return f"{source}:{order}"


def read(registry: Registry, claim: Claim, body: bytes) -> WebhookEvent | Mapping[str, Any]:
    """The event that a body brings, or what to answer in its place.

    Raises `InvalidRequest` for a body that cannot be read, `Contradiction` for one that is not what it is
    sent as.
    """
    provider = registry[claim.provider].provider
    webhook = provider.webhooks
    assert webhook is not None
    payload = _payload(webhook, claim.path, body, provider.name)
    answer = webhook.challenge(payload) if webhook.challenge is not None else None
    if answer is not None:
        return answer
    kind = webhook.event_type(claim.headers, payload)[:200]
    contradiction = webhook.contradicts(kind, payload) if webhook.contradicts is not None else None
    if contradiction is not None:
        raise Contradiction(f"This body is not what it is sent as: {contradiction}.")
    account = claim.account_id
    if account is None and webhook.account is not None:
        account = webhook.account(payload)
    others: Sequence[str] = ()
    if claim.account_id is None and webhook.accounts is not None:
        others = [other for other in webhook.accounts(payload) if other != account]
    order = webhook.order(kind, payload) if webhook.order is not None else None
    keys = KeyMaker(claim.provider, webhook, claim.secret_of).of_delivery(claim.headers, payload, body)
    # Only now, since what opens something may be what a delivery is known by.
    without_fields(payload, webhook.opens_something)
    # What a user may see at the provider says nothing of what that user's own webhooks tell.
    resource = resource_of(provider, kind, payload) if claim.owner_id is None else None
    summary = None
    if len(body) > events.MAX_LISTED_PAYLOAD_BYTES:
        summary = event_text.summary(registry, claim.provider, kind, payload)
    return WebhookEvent(
        id=events.new_id(claim.moment),
        provider=claim.provider,
        delivery_key=keys.delivery,
        key=keys.key,
        second_key=keys.second_key,
        former_key=keys.former_key,
        happening=keys.happening,
        event_type=kind,
        account_id=account and account[:MAX_DELIVERY_KEY_CHARACTERS],
        subscription=claim.webhook_id,
        owner_id=claim.owner_id,
        order_key=order and claim.ordered(order)[:MAX_DELIVERY_KEY_CHARACTERS],
        size=len(body),
        summary=summary,
        payload=payload,
        audience=audience_of(provider, kind, payload)[:MAX_DELIVERY_KEY_CHARACTERS],
        resource=None if resource is None else resource.id,
        also_for=tuple(other[:MAX_DELIVERY_KEY_CHARACTERS] for other in others),
    )


def _payload(webhook: Webhook, path: str, body: bytes, name: str) -> Mapping[str, Any]:
    try:
        payload = webhook.paths.get(path, webhook.read)(body)
    except UnreadableBody as error:
        raise InvalidRequest(f"This is not what {name} sends here: {error}.") from None
    # What is kept has to be readable wherever it is shown.
    return cast("Mapping[str, Any]", pruned(payload)) if may_nest_deeper(body) else payload


async def read_apart(workers: WorkerPool, claim: Claim, body: bytes) -> WebhookEvent | Mapping[str, Any]:
    """As `read`, in another process. Raises `Unavailable` as well, where none can be had."""
    request = encode(claim)
    try:
        outcome = await workers.run_apart("read_event", [head_of(request), body], READING_BUDGET)
    except OverBudget:
        raise InvalidRequest("This body takes too much time or memory to read. It was not kept.") from None
    except RuntimeError as error:
        log.error("event_not_read", provider=claim.provider, reason=str(error))
        raise Unavailable("The event could not be read. Send it again in a minute.") from None
    head, payload = parted(outcome)
    head_fields = msgspec.json.decode(head)
    if "refused" in head_fields:
        raise (Contradiction if head_fields["contradiction"] else InvalidRequest)(head_fields["refused"])
    if "answer" in head_fields:
        return cast("Mapping[str, Any]", head_fields["answer"])
    fields = head_fields["arrival"]
    owner = fields["owner_id"]
    return WebhookEvent(
        **{
            **fields,
            "id": UUID(fields["id"]),
            "owner_id": None if owner is None else UUID(owner),
            "payload": msgspec.Raw(payload),
        }
    )


def read_in_worker(registry: Registry, argument: bytes) -> bytes:
    """What a worker does for `read_apart`."""
    request, body = parted(argument)
    try:
        webhook_event = read(registry, msgspec.json.decode(request, type=Claim), body)
    except InvalidRequest as error:
        refusal = {"refused": error.message, "contradiction": isinstance(error, Contradiction)}
        return joined(encode(refusal), b"")
    if not isinstance(webhook_event, WebhookEvent):
        return joined(encode({"answer": webhook_event}), b"")
    payload, short = webhook_event.payload, abridged(webhook_event.payload)
    encoded = encode(payload)
    if NUL in encoded:
        payload, short = without_nul(payload), without_nul(short)
        encoded = encode(payload)
    fields = msgspec.to_builtins(msgspec.structs.replace(webhook_event, payload={}, abridged=short))
    return joined(encode({"arrival": without_nul(fields)}), encoded)
