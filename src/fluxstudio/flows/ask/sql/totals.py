"""Measures of all rows together, and measures of measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import AnyMeasure, Combination, Condition, Has, Key, Measure, Share
from fluxstudio.flows.ask.schema.model import Entity
from fluxstudio.flows.ask.sql.columns import names_of
from fluxstudio.flows.ask.sql.conditions import restrict
from fluxstudio.flows.ask.sql.measures import combined, expression, filtered, title
from fluxstudio.flows.ask.sql.rows import Rows
from fluxstudio.flows.ask.sql.sameness import bases_of, replace_outer, shared_conditions
from fluxstudio.flows.ask.sql.scope import QueryScope
from fluxstudio.flows.ask.sql.select import Select, name


class Totals(Rows):
    """Statements with one row of numbers."""

    def _total(self, conditions: Sequence[Condition]) -> Select:
        """Measures of all rows together."""
        measures = self.form.measures
        bases = {base for measure in measures for base in bases_of(measure)}
        conditions = [
            one
            for one in conditions
            if not (isinstance(one, Has) and one.entity in bases and not one.negated)
        ]
        if len(bases) == 1:
            return self._one_total(bases.pop(), measures, conditions)
        select = Select()
        for measure in measures:
            select.columns.append((self._scalar(measure, conditions), title(measure)))
        return select

    def _one_total(
        self, base: Entity, measures: Sequence[AnyMeasure], conditions: Sequence[Condition]
    ) -> Select:
        scope = QueryScope(self.model, self.names, base, self.hints)
        own = shared_conditions(measures)
        restrict(scope, [*conditions, *own])
        scope.select.columns = [
            (self._expression(scope, measure, own), title(measure)) for measure in measures
        ]
        self.weight += scope.weight
        return scope.select

    def _scalar(self, measure: AnyMeasure, conditions: Sequence[Condition]) -> str:
        if isinstance(measure, Combination):
            return combined(
                self._scalar(measure.left, conditions),
                measure.operator,
                self._scalar(measure.right, conditions),
            )
        if isinstance(measure, Share):
            raise Unreadable("a share of several tables")
        select = self._one_total(measure.entity, [measure], conditions)
        return f"({' '.join(replace(select, columns=[(select.columns[0][0], '')]).render().split(chr(10)))})"

    def _expression(self, scope: QueryScope, measure: AnyMeasure, own: Sequence[Condition] = ()) -> str:
        if isinstance(measure, Combination):
            left, right = filtered(scope, measure.left), filtered(scope, measure.right)
            return combined(left, measure.operator, right)
        if isinstance(measure, Share):
            whole = expression(scope, measure.measure)
            factor = "100.0 * " if measure.percent else "1.0 * "
            return f"{factor}{whole} / NULLIF(SUM({whole}) OVER (), 0)"
        if own:
            return expression(scope, measure)
        return filtered(scope, measure)

    def _nested(self, measure: Measure, keys: Sequence[Key]) -> Select:
        """A measure of the measures of groups."""
        inner_form = replace(
            self.form,
            measures=[replace_outer(measure)],
            keys=[*measure.outer_keys, *keys],
            subject=None,
            orders=[],
            limit=None,
        )
        builder = type(self)(inner_form, self.model, self.hints)
        builder.names = self.names
        inner = builder.build()
        names = names_of(inner)
        inner.columns = list(zip([column for column, _ in inner.columns], names, strict=True))
        self.weight += builder.weight
        functions = {
            "avg": "AVG",
            "max": "MAX",
            "min": "MIN",
            "sum": "SUM",
            "median": "AVG",
            "count": "COUNT",
            "stddev": "STDDEV",
        }
        outer = Select(source=f"(\n  {inner.render(1)}\n)", alias=self.names.fresh("g"))
        outer.columns = [
            (f"{functions[measure.outer or 'avg']}({name(outer.alias, names[-1])})", title(measure))
        ]
        if keys:
            shown = names[len(names) - 1 - sum(1 for _ in keys) : -1]
            outer.columns = [*((name(outer.alias, one), one) for one in shown), *outer.columns]
            outer.groups = [name(outer.alias, one) for one in shown]
        return outer
