"""What the parts of a simulator know of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from starlette.requests import Request
from starlette.responses import Response

from fluxstudio.sdk.simulation.budgets import Budgets
from fluxstudio.sdk.simulation.deliveries import OutgoingWebhook, WebhookSender
from fluxstudio.sdk.simulation.faults import Faults
from fluxstudio.sdk.simulation.grants import SimulatedGrants
from fluxstudio.sdk.simulation.redirects import Redirects
from fluxstudio.sdk.simulation.world import SimulatedClock, World


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """An account or workspace a person can choose on the consent page."""

    id: str
    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """A checked authorization request."""

    client_id: str
    redirect_uri: str
    state: str
    scopes: tuple[str, ...]
    challenge: str | None
    query: Mapping[str, str]


class SimulatorState(Protocol):
    """What the controls below `/_control` look at and change."""

    clock: SimulatedClock
    own_seed: dict[str, Any]
    world: World
    grants: SimulatedGrants
    budgets: Budgets
    deliveries: WebhookSender
    redirects: Redirects
    faults: Faults
    events_to: str | None

    def reset(self) -> None:
        """Begin again with the world that was begun with."""

    def seed_with(self, own: Mapping[str, Any]) -> None:
        """Begin again from data of one's own. Raises `ValueError` for data that nothing could begin with."""

    def happen(self, event_request: Mapping[str, Any]) -> Sequence[OutgoingWebhook]:
        """Let something happen; what is sent of it. Raises `LookupError`."""


class SimulatorAnswers(Protocol):
    """How a simulator answers what it does not have, and what breaks it."""

    name: ClassVar[str]
    world: World

    def unknown(self, host: str, request: Request) -> Response:
        """The answer to an address that is not there."""

    def broken(self, host: str, request: Request) -> Response:
        """The answer to a call that failed."""


class SimulatorConsent(Protocol):
    """What the consent page shows."""

    name: ClassVar[str]
    choice_noun: ClassVar[str]

    def choices(self) -> Sequence[AccountChoice]:
        """Who a person can be."""

    def people(self) -> Sequence[AccountChoice]:
        """Who of an account a person can be, where accounts have several."""

    def shown_scopes(self, ask: ConsentRequest) -> Sequence[str]:
        """What is asked for, as the page says it."""
