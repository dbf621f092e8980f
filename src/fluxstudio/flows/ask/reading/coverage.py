"""Which words of a question its form leaves out: an answer that ignores one answers another question."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from fluxstudio.flows.ask.language.keywords import Keyword
from fluxstudio.flows.ask.language.words import is_verbal
from fluxstudio.flows.ask.reading.form import Form, Has, Measure
from fluxstudio.flows.ask.reading.lexemes import Flag, Lexeme, Value
from fluxstudio.flows.ask.schema.lapses import Lapse
from fluxstudio.flows.ask.schema.model import Entity, Field

_AGGREGATES = ("avg", "median", "stddev")


def left_out(form: Form, lexemes: Sequence[Lexeme]) -> list[str]:
    """The words that name a column, a value or an average which the form has nothing of."""
    parts = list(
        _parts(
            [form.subject, form.columns, form.measures, form.keys, form.conditions, form.orders, form.within]
        )
    )
    columns = {(one.entity.id, one.name) for one in parts if isinstance(one, Field)}
    happened = {one.entity.id for one in parts if isinstance(one, Has | Measure)}
    aggregates = {kind for one in parts if isinstance(one, Measure) for kind in (one.aggregate, one.outer)}
    missing = []
    for one, following in zip(lexemes, [*lexemes[1:], None], strict=True):
        meaning = one.meaning
        field = meaning.field if isinstance(meaning, Value | Flag) else meaning
        if isinstance(meaning, Flag) and meaning.says_whom:
            continue
        if isinstance(field, Field) and (field.entity.id, field.name) not in columns and not field.is_key:
            # "Who closed the most sales" says by its verb what happened to them.
            verb = is_verbal(one.text.lower()) and field.kind in ("date", "time")
            after = following.meaning if following is not None else None
            compound = isinstance(after, Field) and after.entity is field.entity and field is meaning
            if not compound and not (verb and field.entity.id in happened):
                missing.append(one.text)
        if isinstance(meaning, Keyword) and meaning.role in _AGGREGATES and meaning.role not in aggregates:
            missing.append(one.text)
    return missing


def _parts(whole: object) -> Iterator[object]:
    """Everything that a form consists of."""
    if isinstance(whole, Lapse):
        yield from (whole, whole.start, whole.end)
    elif isinstance(whole, Field | Entity):
        yield whole
    elif isinstance(whole, list | tuple):
        for one in whole:
            yield from _parts(one)
    elif dataclasses.is_dataclass(whole) and not isinstance(whole, type):
        yield whole
        for field in dataclasses.fields(whole):
            yield from _parts(getattr(whole, field.name))
