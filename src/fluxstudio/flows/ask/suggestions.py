"""Questions to begin with, made out of a schema."""

from __future__ import annotations

from collections.abc import Iterator

from fluxstudio.flows.ask.language.words import plural
from fluxstudio.flows.ask.reading.choices import amounts, time_field
from fluxstudio.flows.ask.schema.graph import Model
from fluxstudio.flows.ask.schema.model import Entity, Field

MOST_SUGGESTIONS = 24
_MOST_VALUES = 12


def examples(model: Model) -> list[str]:
    """Questions about the tables of a model, one of each kind for one table after the other."""
    joining = model.links | model.pairs
    kinds = [list(_of(entity)) for entity in model.entities if entity not in joining]
    made: list[str] = []
    for turn in range(max(map(len, kinds), default=0)):
        # Each table begins with another kind, so that the first questions differ.
        made += [
            questions[(turn + place) % len(questions)]
            for place, questions in enumerate(kinds)
            if turn < len(questions)
        ]
    return list(dict.fromkeys(made))[:MOST_SUGGESTIONS]


def _of(entity: Entity) -> Iterator[str]:
    things = plural(entity.words)
    group = _grouping(entity)
    time = time_field(entity)
    yield f"How many {things} are there?"
    if group is not None:
        yield f"Number of {things} per {_phrase(group)}"
        if group.column.values:
            yield f"How many {things} have {_phrase(group)} {group.column.values[0]}?"
    if time is not None:
        yield f"How many {things} were there last week?"
        yield f"Number of {things} per day in the last 14 days"
    measured = amounts(entity)
    if measured and group is not None:
        yield f"Average {_phrase(measured[0])} of {things} per {_phrase(group)}"
    if entity.labels and measured:
        yield f"Top 5 {things} by {_phrase(measured[0])}"


def _grouping(entity: Entity) -> Field | None:
    """A column with few values."""
    listed = [
        one
        for one in entity.fields
        if one.kind == "text" and one.column.complete and not one.column.unique and one not in entity.labels
    ]
    return next((one for one in listed if 1 < len(one.column.values) <= _MOST_VALUES), None)


def _phrase(field: Field) -> str:
    return " ".join(field.words)
