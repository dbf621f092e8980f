"""Measures for each group."""

from __future__ import annotations

from collections.abc import Sequence

from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import (
    AnyMeasure,
    Combination,
    Condition,
    Has,
    Key,
    MeasureTest,
    Period,
    Share,
)
from fluxstudio.flows.ask.schema.model import Entity, Field
from fluxstudio.flows.ask.sql.columns import root_of, unique_columns
from fluxstudio.flows.ask.sql.conditions import compared, restrict
from fluxstudio.flows.ask.sql.measures import combined, expression, title
from fluxstudio.flows.ask.sql.sameness import same_measure, shared_conditions
from fluxstudio.flows.ask.sql.scope import QueryScope
from fluxstudio.flows.ask.sql.select import Join, Select
from fluxstudio.flows.ask.sql.totals import Totals


class Groups(Totals):
    """Statements with a row for each group."""

    def _groups(
        self,
        base: Entity,
        keys: Sequence[Key],
        measures: Sequence[AnyMeasure],
        conditions: Sequence[Condition],
        tests: Sequence[MeasureTest],
    ) -> Select:
        form = self.form
        scope = QueryScope(self.model, self.names, base, self.hints)
        keys = [self._near(base, key) for key in keys]
        for key in keys:
            scope.join(root_of(key))
        for field in form.columns:
            scope.join(field.entity)
        own = shared_conditions(measures)
        group_columns = [
            one
            for one in [*conditions, *own]
            if not (
                isinstance(one, Has)
                and not one.negated
                and not one.conditions
                and one.entity in scope.aliases
            )
        ]
        restrict(scope, group_columns)
        columns = unique_columns([column for key in keys for column in self._key(scope, key)])
        wanted = [(scope.column(field), field.name) for field in form.columns]
        columns = unique_columns([*wanted, *columns])
        expressions = {id(measure): self._expression(scope, measure, own) for measure in measures}
        select = scope.select
        select.columns = [*columns, *((expressions[id(one)], title(one)) for one in measures)]
        select.groups = [column for column, _ in columns]
        select.having = [self._tested(scope, one, measures, expressions) for one in tests]
        self._sort(scope, form.orders, expressions, measures)
        if not form.orders:
            self._sort_groups(select, scope, keys)
        select.limit = form.limit
        self.weight += scope.weight
        return select

    def _near(self, base: Entity, key: Key) -> Key:
        """A table that its key alone tells apart, as the column of what is counted that refers to it."""
        if not isinstance(key, Entity) or key is base or self.form.columns:
            return key
        shown = [field.name for field in self._identity(key)]
        for step in self.model.steps_from(base):
            alone = list(step.reference.target_columns) == shown and not self.model.is_open(step, self.hints)
            if step.there is key and not step.multiplies and alone:
                return base.field(step.reference.columns[0])
        return key

    def _tested(
        self,
        scope: QueryScope,
        test: MeasureTest,
        measures: Sequence[AnyMeasure],
        expressions: dict[int, str],
    ) -> str:
        measure = next(one for one in measures if same_measure(one, test.measure))
        return compared(scope, expressions[id(measure)], test.operator, test)

    def _sort_groups(self, select: Select, scope: QueryScope, keys: Sequence[Key]) -> None:
        """Groups that nothing sorts: by time, or the largest first."""
        periods = [column for key in keys if _is_time(key) for column, _ in self._key(scope, key)]
        select.orders += periods or [f"{select.columns[-1][0]} DESC NULLS LAST"]

    def _several(
        self,
        keys: Sequence[Key],
        measures: Sequence[AnyMeasure],
        conditions: Sequence[Condition],
        tests: Sequence[MeasureTest],
    ) -> Select:
        """Measures of several tables: each counted on its own, then joined by their groups."""
        if len(keys) != 1 or isinstance(keys[0], Period):
            raise Unreadable("several tables cannot be grouped like this")
        key, root = keys[0], root_of(keys[0])
        scope = QueryScope(self.model, self.names, root, self.hints)
        restrict(
            scope, [one for one in conditions if not isinstance(one, Has) or one.negated or one.conditions]
        )
        columns = self._key(scope, key)
        for field in self.form.columns:
            scope.join(field.entity)
            columns = unique_columns([*columns, (scope.column(field), field.name)])
        expressions: dict[int, str] = {}
        for measure in measures:
            expressions[id(measure)] = self._joined(scope, key, measure)
        select = scope.select
        if isinstance(key, Field):
            select.distinct = True
        select.columns = [*columns, *((expressions[id(one)], title(one)) for one in measures)]
        for test in tests:
            measured = next(one for one in measures if same_measure(one, test.measure))
            select.where.append(compared(scope, expressions[id(measured)], test.operator, test))
        self._sort(scope, self.form.orders, expressions, measures)
        select.limit = self.form.limit
        self.weight += scope.weight
        return select

    def _joined(self, scope: QueryScope, key: Key, measure: AnyMeasure) -> str:
        if isinstance(measure, Combination):
            left, right = self._joined(scope, key, measure.left), self._joined(scope, key, measure.right)
            return combined(left, measure.operator, right)
        if isinstance(measure, Share):
            raise Unreadable("a share of several tables")
        inner = QueryScope(self.model, self.names, measure.entity, self.hints)
        inner.join(root_of(key))
        restrict(inner, measure.conditions)
        keys = root_of(key).key
        field = key if isinstance(key, Field) else root_of(key).field(keys[0]) if keys else None
        if field is None:
            raise Unreadable(f"nothing identifies {key}")
        inner.select.columns = [(inner.column(field), "key"), (expression(inner, measure), "n")]
        inner.select.groups = [inner.column(field)]
        alias = self.names.fresh("m")
        inside = " ".join(inner.select.render().split("\n"))
        scope.select.joins.append(
            Join("LEFT JOIN", f"({inside})", alias, f"{alias}.key = {scope.column(field)}")
        )
        scope.weight += inner.weight
        return f"COALESCE({alias}.n, 0)" if measure.aggregate == "count" else f"{alias}.n"


def _is_time(key: Key) -> bool:
    """Whether groups come one after the other in time."""
    if isinstance(key, Field):
        return key.kind in ("date", "time") or (key.kind == "number" and key.words[-1] in ("year", "month"))
    return isinstance(key, Period)
