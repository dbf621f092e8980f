"""What events of a kind say, for whoever writes conditions and texts about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from fluxstudio.core.automations.rules import Automations
from fluxstudio.core.identity.users import Actor
from fluxstudio.core.services import Services
from fluxstudio.flows.automations.authoring.gallery import suggestions
from fluxstudio.flows.automations.rules.conditions import values_at
from fluxstudio.flows.directory import names_in
from fluxstudio.flows.visibility import conversations

MAX_FIELD_DEPTH = 5
MAX_SUGGESTED_FIELDS = 80
# Parts of an object that are looked at, and characters shown of a text.
MOST_PARTS, MAX_FIELD_CHARACTERS = 200, 1000
# Events whose values are offered, and how long such a value may be.
MOST_EVENTS, MAX_VALUE_CHARACTERS = 50, 200
BLANK = frozenset(". \t\n")


@dataclass(frozen=True, slots=True)
class EventField:
    """One field of an event, by its dotted place, and what stands there."""

    place: str
    value: str | bool | int | float


@dataclass(frozen=True, slots=True)
class FieldSuggestions:
    """The fields of one event: the user's latest of that kind, or an example where there is none."""

    fields: tuple[EventField, ...] = ()
    from_example: bool = False


async def field_suggestions(services: Services, actor: Actor, event: str) -> FieldSuggestions:
    """What an event of this kind, `provider.TYPE`, says."""
    await conversations.refresh(services, actor.user_id)
    latest = await Automations(services.db).lately_received(actor.user_id, event, None, 1)
    if latest and not latest[0]["too_large"]:
        return FieldSuggestions(fields_of(latest[0]["payload"]))
    for entry in suggestions(services.registry):
        if entry.example is not None and entry.definition["when"].get("event") == event:
            return FieldSuggestions(fields_of(entry.example["payload"]), from_example=True)
    return FieldSuggestions()


async def field_values(
    services: Services, actor: Actor, event: str, connection: UUID | None, field: str
) -> dict[str, str]:
    """What a field was in the user's latest events of a kind, newest first: values, with words for them."""
    await conversations.refresh(services, actor.user_id)
    rows = await Automations(services.db).lately_received(actor.user_id, event, connection, MOST_EVENTS)
    values = dict.fromkeys(
        str(value)
        for row in rows
        if not row["too_large"]
        for value in values_at(row["payload"], field)
        if isinstance(value, str | int) and 0 < len(str(value)) <= MAX_VALUE_CHARACTERS
    )
    names = await names_in(services, actor, [list(values)])
    return {value: names.get(value, value) for value in list(values)[:MAX_SUGGESTED_FIELDS]}


def fields_of(payload: Mapping[str, Any]) -> tuple[EventField, ...]:
    """The fields of an event that conditions can look at, at most 80; of a list, those of its first entry."""
    fields = []
    for field in _fields(payload, "", 0):
        fields.append(field)
        if len(fields) == MAX_SUGGESTED_FIELDS:
            break
    return tuple(fields)


def _fields(value: Any, place: str, depth: int) -> Iterator[EventField]:
    if isinstance(value, str):
        yield EventField(place, value[:MAX_FIELD_CHARACTERS])
    elif isinstance(value, bool | int | float):
        yield EventField(place, value)
    elif depth < MAX_FIELD_DEPTH:
        for name, part in _parts(value):
            yield from _fields(part, f"{place}.{name}" if place else name, depth + 1)


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        yield from (("*", part) for part in value[:1])
    elif isinstance(value, Mapping):
        # A dot or a blank in a name is what conditions cannot say.
        parts = islice(value.items(), MOST_PARTS)
        yield from ((name, part) for name, part in parts if 0 < len(name) <= 100 and not BLANK & set(name))
