"""By when something was to happen, and when it did: what makes a loan overdue and a return late."""

from __future__ import annotations

from fluxstudio.flows.ask.language.words import DERIVED, lemma, similarity
from fluxstudio.flows.ask.schema.model import Entity, Field

_DUE = {"due", "deadline"}
_EXPECTED = _DUE | {"schedule", "plan", "expect", "promise", "estimate", "target", "require", "eta"}
_DONE = {
    "pay",
    "return",
    "submit",
    "complete",
    "deliver",
    "close",
    "settle",
    "resolve",
    "finish",
    "receive",
    "arrive",
    "fulfil",
    "fulfill",
    "ship",
    "answer",
    "fix",
    "check in",
}


def deadline_of(entity: Entity) -> tuple[Field, Field] | None:
    """When rows are due, and the date or flag that says what is done; None where neither is clear."""
    due = [one for one in _dates(entity) if _says(one, _DUE)]
    if len(due) != 1:
        return None
    done = [
        one
        for one in entity.fields
        if one is not due[0] and _says(one, _DONE) and not is_planned(one)
        if one.kind == "boolean" or (one.kind in ("date", "time") and one.column.nullable)
    ]
    dated = [one for one in done if one.kind != "boolean"] or done
    chosen = _alike(due[0], dated) or dated
    return (due[0], chosen[0]) if len(chosen) == 1 else None


def expected(happened: Field) -> Field | None:
    """When what happened at a date was to happen; None where no column or several say."""
    planned = [one for one in _dates(happened.entity) if one is not happened and _says(one, _EXPECTED)]
    chosen = _alike(happened, planned) or planned
    return chosen[0] if len(chosen) == 1 and not is_planned(happened) else None


def is_planned(field: Field) -> bool:
    """Whether a date says when something is to happen, not when it did."""
    return _says(field, _EXPECTED)


def _dates(entity: Entity) -> list[Field]:
    return [one for one in entity.fields if one.kind in ("date", "time")]


def _says(field: Field, words: set[str]) -> bool:
    return any(lemma(word) in words for word in field.words)


def _alike(field: Field, others: list[Field]) -> list[Field]:
    """Those of the others whose names share a word with the field, beside what all dates are called."""
    own = [word for word in field.words if len(word) > 3 and word not in ("date", "time")]
    return [
        one
        for one in others
        if any(similarity(word, other) >= DERIVED for word in own for other in one.words)
    ]
