"""What events are known by: a delivery is kept once for each source, a happening counts once for each rule.

A source is a secret: the app's own, or that of one webhook which somebody registered. What the secret does
not cover, such as an id in a header, never makes a delivery another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fluxstudio.core.webhooks.events import key_of
from fluxstudio.sdk import Webhook

MAX_DELIVERY_KEY_CHARACTERS = 300
SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class DeliveryKeys:
    """The keys of one delivery, each of `core.webhooks.events.key_of`.

    An event is new when neither `key` nor `second_key` is taken. `former_key` is what releases before these
    keys knew it by, None where that is `key`. `happening` is the same through whichever webhook it is told.
    """

    delivery: str
    key: str
    second_key: str | None
    former_key: str | None
    happening: str | None


@dataclass(frozen=True, slots=True)
class KeyMaker:
    """Makes the keys of deliveries; `source` is the webhook whose own secret proves them, or None."""

    provider: str
    webhook: Webhook
    source: str | None

    def of_delivery(
        self, headers: Mapping[str, str], payload: Mapping[str, Any], body: bytes
    ) -> DeliveryKeys:
        """The keys of a delivery as it arrived."""
        webhook = self.webhook
        delivery = webhook.event_id(headers, payload, body)[:MAX_DELIVERY_KEY_CHARACTERS]
        moment = webhook.moment(headers, payload) if webhook.moment is not None else None
        second = webhook.second_event_id(payload) if webhook.second_event_id is not None else None
        former = webhook.former_id(payload) if webhook.former_id is not None else None
        renamed = former is not None or webhook.identity is not None or self.source is not None
        former_key = (
            key_of(self.provider, (former or delivery)[:MAX_DELIVERY_KEY_CHARACTERS], moment)
            if renamed
            else None
        )
        second_key = None if second is None else key_of(self.provider, self._scoped(second), moment)
        if webhook.identity is None:
            key = key_of(self.provider, self._scoped(delivery), moment)
        else:
            signed = f"body{SEPARATOR}{webhook.identity.proof(payload, body)}"
            key = key_of(self.provider, self._scoped(signed), webhook.identity.moment(payload))
            second_key = self.of_id(delivery, moment)
        happening = second_key
        if webhook.occurrence is not None or self.source is not None:
            happening = self._happening(headers, payload, second, moment)
        return DeliveryKeys(
            delivery=delivery,
            key=key,
            second_key=second_key,
            former_key=former_key,
            happening=happening,
        )

    def of_id(self, delivery: str, moment: float | None) -> str:
        """The key that a delivery is looked up by whose body is not at hand."""
        named = delivery if self.webhook.identity is None else f"delivery{SEPARATOR}{delivery}"
        return key_of(self.provider, self._scoped(named), moment)

    def _scoped(self, key: str) -> str:
        return key if self.source is None else f"webhook{SEPARATOR}{self.source}{SEPARATOR}{key}"

    def _happening(
        self,
        headers: Mapping[str, str],
        payload: Mapping[str, Any],
        second: str | None,
        moment: float | None,
    ) -> str | None:
        occurrence = self.webhook.occurrence
        if occurrence is None:
            return None if second is None else key_of(self.provider, second, moment)
        name = occurrence(headers, payload)
        return None if name is None else key_of(self.provider, f"happening{SEPARATOR}{name}", None)
