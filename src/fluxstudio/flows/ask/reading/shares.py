"""Ratios, shares and differences, and spans that are compared."""

from __future__ import annotations

from copy import copy

from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import Combination, Condition, Measure, Share, Test, When
from fluxstudio.flows.ask.reading.grammar import Reader
from fluxstudio.flows.ask.schema.model import Entity


def complete_shares(reader: Reader) -> None:
    if not reader.share:
        return
    form, sides = reader.form, reader.sides
    if len(sides) == 2 and reader.share in ("/", "-", "%"):
        _two_sides(reader)
    elif len(sides) == 1 and reader.share == "-" and len(reader.spans) == 2:
        form.measures.append(sides[0])
    elif len(sides) == 1 and reader.share in ("%", "/"):
        _one_side(reader)
    else:
        raise Unreadable("a share needs something that it is of")
    reader.share = ""


def _two_sides(reader: Reader) -> None:
    form, (left, right) = reader.form, reader.sides
    tested = {condition.field for condition in left.conditions if isinstance(condition, Test)}
    for condition in list(right.conditions):
        common = isinstance(condition, When) or (
            isinstance(condition, Test) and condition.field not in tested
        )
        if common and left.conditions and left.entity is right.entity and len(right.conditions) > 1:
            right.conditions.remove(condition)
            form.conditions.append(condition)
    form.measures.append(Combination("-" if reader.share == "-" else "/", left, right))


def _one_side(reader: Reader) -> None:
    """A share of all: the rows that meet the conditions, of all that the question is about."""
    form, part = reader.form, reader.sides[0]
    percent = reader.share == "%"
    if form.columns:
        raise Unreadable("a column says nothing of a share")
    conditions = [*part.conditions, *form.conditions]
    spans: list[Condition] = [one for one in conditions if isinstance(one, When)]
    others: list[Condition] = [one for one in conditions if not isinstance(one, When)]
    if not others and not spans:
        if not form.keys:
            raise Unreadable("a share of what is not clear")
        part.conditions = []
        form.measures.append(Share(part, percent))
        return
    whole = copy(part)
    common = [] if reader.whole is None else reader.whole
    form.conditions = [*(spans if others else []), *common]
    whole.conditions = []
    part.conditions = others or spans
    form.measures.append(Combination("%" if percent else "/", part, whole))


def complete_spans(reader: Reader) -> None:
    """Two spans compared: one measure for each, and what lies between them."""
    form = reader.form
    if len(reader.spans) < 2:
        form.conditions += reader.spans
        return
    measure = next((one for one in form.measures if isinstance(one, Measure)), None)
    if measure is None:
        if not isinstance(form.subject, Entity):
            raise Unreadable("nothing to compare in these spans")
        measure = Measure("count", form.subject)
        form.subject = None
    form.measures = []
    parts = []
    for when in reader.spans[:2]:
        part = copy(measure)
        part.conditions = [*measure.conditions, when]
        parts.append(part)
    form.measures += parts
    form.measures.append(Combination("-", parts[0], parts[1]))
