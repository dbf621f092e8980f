"""How a provider's webhooks are declared: who may speak, which event it is, what it makes stale."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from typing_extensions import TypedDict

from fluxstudio.kit import json


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


class UnreadableBody(ValueError):
    """The body of a request is not what the provider sends there."""


# Reads the payload out of a raw body; raises `UnreadableBody`.
Reader = Callable[[bytes], Mapping[str, Any]]


def json_body(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is. Raises `UnreadableBody`."""
    try:
        payload = json.decode(body)
    except json.NotJson:
        raise UnreadableBody("the body is not JSON") from None
    if not isinstance(payload, dict):
        raise UnreadableBody("the body is not a JSON object")
    return payload


@dataclass(frozen=True, slots=True)
class AccessEnded:
    """An access that the provider says is over: of one account, or of everything our app had there.

    `account_id` is the provider's id of the account; `why` says in words what happened there.
    """

    account_id: str
    why: str


class MissedDelivery(TypedDict):
    """An attempt to deliver an event that failed.

    `key` is the delivery key the event would have here, `moment` what the webhook's declaration reads of it.
    """

    id: str
    key: str
    moment: float | None
    eventType: str
    status: str
    deliveredAt: str


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How to find what a provider could not deliver, and to have it sent again.

    `missed` is an operation that answers the attempts that failed as `MissedDelivery`s; `redeliver` one that
    has an event sent again, None where the provider sends again by itself. Both take the webhook's `id` and
    whatever else they have parameters for among the details kept of it; `redeliver` the `delivery`'s id, too.
    """

    missed: str
    redeliver: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfEvents:
    """How an event that we caused ourselves is known again.

    `ours` tells whether our app is the author of what an event tells. `event_subjects` names what an event
    tells of, as the `changes` of the operations name it: any of several. `answer_subjects` names what an
    operation that declares no `changes` has changed, given its name and its answer. `actor` is the provider's
    id of the account whose doing an event tells of, None where it does not say. None of these raises,
    whatever the answer or the payload holds.
    """

    ours: Callable[[str, Mapping[str, Any]], bool] | None = None
    answer_subjects: Callable[[str, Mapping[str, Any]], Sequence[str]] = lambda operation, answer: ()
    event_subjects: Callable[[str, Mapping[str, Any]], Sequence[str]] = lambda event_type, payload: ()
    actor: Callable[[str, Mapping[str, Any]], str | None] = lambda event_type, payload: None


@dataclass(frozen=True, slots=True)
class EventIdentity:
    """What a delivery is known by where its id is not signed.

    `proof` is a name for what the signature covers, out of the payload and the raw body: a delivery sent
    again under another id has the same. `moment` reads out of that when it happened, in seconds since 1970,
    or None.
    """

    proof: Callable[[Mapping[str, Any], bytes], str]
    moment: Callable[[Mapping[str, Any]], float | None]


@dataclass(frozen=True, slots=True)
class PressedButton:
    """A button of a message of ours that a person pressed: the provider's ids of both, and what it holds."""

    account_id: str
    person: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A provider's webhooks.

    `secret` names the setting that holds the shared secret. `event_id` and `event_type` read the delivery
    key and the type from headers and the parsed body. `makes_stale` maps an event type to the operations
    whose cached answers it outdates. `events` lists the types the provider documents; `event_labels` says for
    those that people ask for what has happened, in words that follow "when". `second_event_id` reads a second
    delivery key, for providers that send the same happening under several event ids (None: none).
    `passcodes` checks webhooks we registered ourselves, each with a passcode of its own. `refusal` is the
    status a request that fails verification is answered with.

    `moment` reads when that happened which an event tells, in seconds since 1970: the same for every attempt
    to deliver it and for all its event ids; None where nothing says it.

    `subscription` reads which webhook a request claims to come from, where each has a secret of its own.
    `read` turns a raw body into the payload that all others get; `paths` are further addresses beside
    `webhook`, each with the reader of its bodies. `challenge` gives an answer to send instead of keeping the
    event. `account` tells the provider's id of the account an event concerns (None: the one that registered
    the webhook), `accounts` those of all where one delivery is for several. Events with the same `order` key
    are handled in the order they came. `describe` says in a sentence what happened, `link` where a person can
    look at it. `ends` tells which access an event ends.
    `pressed` reads which button of ours a person pressed, None where an event tells of none.
    `self_events` recognizes events that we caused ourselves, so that no automation starts itself.
    `answer_link` is where a person can look at what an operation made, out of its name, its answer and the
    account's address. `texts` gives the payload as templates see it: its texts are `Text`s that say what they
    are marked up in, and what takes several fields to read, such as who is mentioned, is written out. Without
    it all texts are plain.

    `identity` is for providers that do not sign the id of a delivery. `occurrence` names what happened, the
    same through whichever of a provider's webhooks it is told (None: by `second_event_id`); a rule runs once
    for it. `former_id` is the delivery key that earlier releases made where it was another one. `contradicts`
    says why a payload cannot be of the type it is sent as, None where nothing speaks against it.
    `opens_something` are names of fields, at any depth, whose values let whoever has them act; they are
    never stored. None of these raises, whatever the payload holds. `expects` are paths of fields, such as
    `issue.title`, that events of a type always have, though their values may be null: administrators are
    told of a type that comes without. `largest` is the size of the largest
    body, in bytes.
    """

    secret: str
    verify: Verifier
    event_id: Callable[[Mapping[str, str], Mapping[str, Any], bytes], str]
    event_type: Callable[[Mapping[str, str], Mapping[str, Any]], str]
    events: Sequence[str] = ()
    event_labels: Mapping[str, str] = field(default_factory=dict)
    makes_stale: Mapping[str, Sequence[str]] = field(default_factory=dict)
    second_event_id: Callable[[Mapping[str, Any]], str | None] | None = None
    moment: Callable[[Mapping[str, str], Mapping[str, Any]], float | None] | None = None
    passcodes: Passcodes | None = None
    refusal: int = 401
    subscription: Callable[[Mapping[str, str]], str | None] | None = None
    read: Reader = json_body
    paths: Mapping[str, Reader] = field(default_factory=dict)
    challenge: Callable[[Mapping[str, Any]], Mapping[str, Any] | None] | None = None
    account: Callable[[Mapping[str, Any]], str | None] | None = None
    accounts: Callable[[Mapping[str, Any]], Sequence[str]] | None = None
    order: Callable[[str, Mapping[str, Any]], str | None] | None = None
    describe: Callable[[str, Mapping[str, Any]], str] | None = None
    link: Callable[[str, Mapping[str, Any]], str | None] | None = None
    answer_link: Callable[[str, Mapping[str, Any], str | None], str | None] | None = None
    ends: Callable[[str, Mapping[str, Any]], AccessEnded | None] | None = None
    pressed: Callable[[str, Mapping[str, Any]], PressedButton | None] | None = None
    self_events: SelfEvents = field(default_factory=SelfEvents)
    texts: Callable[[str, Mapping[str, Any]], Mapping[str, Any]] | None = None
    identity: EventIdentity | None = None
    occurrence: Callable[[Mapping[str, str], Mapping[str, Any]], str | None] | None = None
    former_id: Callable[[Mapping[str, Any]], str | None] | None = None
    contradicts: Callable[[str, Mapping[str, Any]], str | None] | None = None
    opens_something: frozenset[str] = frozenset()
    reconciliation: Reconciliation | None = None
    expects: Mapping[str, Sequence[str]] = field(default_factory=dict)
    largest: int = 1024 * 1024
