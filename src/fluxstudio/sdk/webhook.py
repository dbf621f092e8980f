"""How a provider's webhooks are declared: who may speak, which event it is, what it makes stale."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


class BadSignature(Exception):
    """The request was not signed by the provider, or too long ago."""


class Verifier(Protocol):
    """Checks a raw body against its headers and our secret; raises `BadSignature`.

    `headers` has lower-case names, `now` is Unix time in seconds.
    """

    def __call__(self, body: bytes, headers: Mapping[str, str], secret: str, now: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Passcodes:
    """For providers that send each webhook's own passcode along instead of signing.

    `webhook_id` reads from a raw body which webhook it claims to come from; `verify` checks the body against
    the SHA-256 digest kept of that webhook's passcode. Both raise `BadSignature`.
    """

    webhook_id: Callable[[bytes], str]
    verify: Callable[[bytes, bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A provider's webhooks.

    `secret` names the setting that holds the shared secret. `event_id` and `event_type` read the delivery
    key and the type from headers and the parsed body. `makes_stale` maps an event type to the operations
    whose cached answers it outdates. `events` lists the types the provider documents. `happening` reads a
    second delivery key, for providers that send the same happening under several event ids (None: none).
    `passcodes` checks webhooks we registered ourselves, each with a passcode of its own. `refusal` is the
    status a request that fails verification is answered with.
    """

    secret: str
    verify: Verifier
    event_id: Callable[[Mapping[str, str], Mapping[str, Any], bytes], str]
    event_type: Callable[[Mapping[str, str], Mapping[str, Any]], str]
    events: Sequence[str] = ()
    makes_stale: Mapping[str, Sequence[str]] = field(default_factory=dict)
    happening: Callable[[Mapping[str, Any]], str | None] | None = None
    passcodes: Passcodes | None = None
    refusal: int = 401
