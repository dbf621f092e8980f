"""A form as one SELECT."""

from __future__ import annotations

from dataclasses import dataclass

from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import Form, Key, Measure, MeasureTest
from fluxstudio.flows.ask.schema.graph import Hints, Model
from fluxstudio.flows.ask.schema.model import Entity, Field
from fluxstudio.flows.ask.sql.groups import Groups
from fluxstudio.flows.ask.sql.sameness import bases_of, distinct_measures, with_zero
from fluxstudio.flows.ask.sql.select import Select


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT as text, and how far apart the tables are that it joins."""

    sql: str
    weight: float


def statement(form: Form, model: Model, hints: Hints) -> Statement:
    """The SELECT that answers a form.

    Args:
        hints: what of the question, which choose between references with roles.

    Raises:
        Unreadable: its tables cannot be joined, or it asks for what no SELECT gives.
    """
    builder = _Builder(form, model, hints)
    select = builder.build()
    if not select.columns:
        raise Unreadable("nothing is asked for")
    if form.exists and not form.measures:
        return Statement(f"SELECT EXISTS (\n  {select.render(1)}\n) AS answer", builder.weight)
    return Statement(select.render(), builder.weight)


class _Builder(Groups):
    """Chooses the kind of statement that a form needs."""

    def build(self) -> Select:
        form = self.form
        if form.limit is not None and form.limit < 1:
            form.limit = None
        keys: list[Key] = [*form.within, *([form.subject] if form.subject is not None else []), *form.keys]
        tests = [one for one in form.conditions if isinstance(one, MeasureTest)]
        plain = [one for one in form.conditions if not isinstance(one, MeasureTest)]
        ordered = [one.by for one in form.orders if not isinstance(one.by, Field)]
        grouped = bool(form.measures or ordered or tests)
        nested = next((one for one in form.measures if isinstance(one, Measure) and one.outer), None)
        if nested is not None:
            return self._nested(nested, keys)
        if isinstance(form.subject, Entity) and not form.measures and not ordered and with_zero(tests):
            return self._rows(form.conditions)
        if not grouped:
            return self._rows(plain)
        if not keys:
            return self._total(form.conditions)
        measures = distinct_measures([*form.measures, *ordered, *(one.measure for one in tests)])
        bases = {base for measure in measures for base in bases_of(measure)}
        if len(bases) == 1:
            select = self._groups(next(iter(bases)), keys, measures, plain, tests)
        else:
            select = self._several(keys, measures, plain, tests)
        return self._within(select) if form.within else select
