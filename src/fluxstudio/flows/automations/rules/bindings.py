"""Which connections a rule uses: chosen once, when it is written, and never looked for when it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fluxstudio.core.connections.connections import ListedConnection
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.errors import InvalidRequest
from fluxstudio.flows.automations.rules.definition import Definition, OnEvent
from fluxstudio.sdk import Provider

TRIGGER, ACTION = "when.connection", "do.connection"


@dataclass(frozen=True, slots=True)
class Binding:
    """A definition with the connections it uses filled in, as far as there is no doubt about them.

    `wrong` are connections that were named and cannot be used, `open` those that somebody has to choose or
    connect, both by field; `candidates` are what can be chosen there.
    """

    definition: Definition
    wrong: Mapping[str, str] = field(default_factory=dict)
    open: Mapping[str, str] = field(default_factory=dict)
    candidates: Mapping[str, Sequence[ListedConnection]] = field(default_factory=dict)

    def require(self, *, complete: bool, where: str = "definition") -> Definition:
        """The definition. Raises `InvalidRequest` for what is wrong, and with `complete` for what is open."""
        fields = {**self.wrong, **(self.open if complete else {})}
        if fields:
            raise InvalidRequest(
                "An automation belongs to the accounts it uses. Correct the fields named and send it again.",
                {f"{where}.{place}": what for place, what in fields.items()},
                candidates={
                    f"{where}.{place}": [
                        {"id": str(entry.id), "name": entry.account.name, "accountId": entry.account.id}
                        for entry in choices
                    ]
                    for place, choices in self.candidates.items()
                    if place in fields
                },
            )
        return self.definition


def sides(definition: Definition) -> dict[str, tuple[str, str | None]]:
    """The provider and the connection that each side of a rule names, by field."""
    when, do = definition.when, definition.do
    named = {ACTION: (do.operation.partition(".")[0], do.connection)}
    if isinstance(when, OnEvent):
        named = {TRIGGER: (when.event.partition(".")[0], when.connection), **named}
    return named


async def bind(
    services: Services, actor: Actor, definition: Definition, before: Definition | None = None
) -> Binding:
    """Fill in the connections that a rule uses: those it names, those it had `before`, or the only ones."""
    listed = await services.connections.of_user(actor.user_id)
    had = {} if before is None else sides(before)
    wrong: dict[str, str] = {}
    unchosen: dict[str, str] = {}
    candidates: dict[str, Sequence[ListedConnection]] = {}
    chosen: dict[str, str] = {}
    for place, (provider_id, named) in sides(definition).items():
        provider = services.registry[provider_id].provider
        own = [entry for entry in listed if entry.provider == provider_id]
        live = [entry for entry in own if entry.is_active]
        candidates[place] = live
        earlier = had[place][1] if place in had and had[place][0] == provider_id else None
        if named is not None:
            # A rule that pauses may be edited; it goes on once its account is back.
            problem = None if named == earlier else _unusable(provider, own, live, named)
            if problem is not None:
                wrong[place] = problem
            continue
        if earlier is not None and earlier in {str(entry.id) for entry in live}:
            chosen[place] = earlier
        elif len(live) == 1 and earlier is None:
            chosen[place] = str(live[0].id)
        else:
            unchosen[place] = _undecided(provider, live)
    return Binding(_with(definition, chosen), wrong, unchosen, candidates)


def _unusable(
    provider: Provider, own: Sequence[ListedConnection], live: Sequence[ListedConnection], named: str
) -> str | None:
    entry = next((entry for entry in own if str(entry.id) == named), None)
    if entry is None:
        return f"you have no such {provider.id} connection; `GET /api/integrations` lists yours"
    if entry.is_active:
        return None
    other = f", or choose {_names_of(live)}" if live else ""
    return f"{entry.account.name} is disconnected; reconnect it in Settings → Integrations{other}"


def _undecided(provider: Provider, live: Sequence[ListedConnection]) -> str:
    if not live:
        return f"{provider.name} is not connected; connect it in Settings → Integrations first"
    return f"choose which {provider.name} {provider.identity.noun} it uses: {_names_of(live)}"


def _names_of(live: Sequence[ListedConnection]) -> str:
    return " or ".join(f"{entry.account.name} ({entry.id})" for entry in live)


def _with(definition: Definition, chosen: Mapping[str, str]) -> Definition:
    changes: dict[str, Any] = {}
    for place, connection in chosen.items():
        part = place.partition(".")[0]
        changes[part] = getattr(definition, part).model_copy(update={"connection": connection})
    return definition.model_copy(update=changes) if changes else definition
