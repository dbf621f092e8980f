"""Rows of a table, or values of a column."""

from __future__ import annotations

from collections.abc import Sequence

from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import Condition, Test, When
from fluxstudio.flows.ask.schema.graph import NO_HINTS
from fluxstudio.flows.ask.schema.model import Entity, Field
from fluxstudio.flows.ask.sql.building import Building
from fluxstudio.flows.ask.sql.columns import alias_of, names_of, ranked_rows, root_of, unique
from fluxstudio.flows.ask.sql.conditions import restrict
from fluxstudio.flows.ask.sql.scope import QueryNames, QueryScope
from fluxstudio.flows.ask.sql.select import Select

_MAX_ROW_COLUMNS = 14


class Rows(Building):
    """Statements that list rows."""

    def _rows(self, conditions: Sequence[Condition]) -> Select:
        form = self.form
        subject = form.subject or (form.columns[0] if form.columns else None)
        if subject is None:
            raise Unreadable("nothing is asked for")
        root = subject.entity if isinstance(subject, Field) else subject
        scope = QueryScope(self.model, self.names, root, self.hints)
        columns = self._columns(subject, conditions)
        for field in columns:
            scope.join(field.entity)
        for order in form.orders:
            if isinstance(order.by, Field):
                scope.join(order.by.entity)
        for key in form.within:
            scope.join(root_of(key))
        restrict(scope, conditions)
        select = scope.select
        select.columns = [(scope.column(field), alias_of(field, columns)) for field in columns]
        select.distinct = self._is_distinct(subject)
        self._sort(scope, form.orders, {})
        if form.within:
            return self._best_within(scope, select)
        if not select.orders:
            select.orders = [scope.column(field) for field in columns if field.kind == "text"][:1]
        select.limit = form.limit
        self.weight += scope.weight
        return select

    def _is_distinct(self, subject: Entity | Field) -> bool:
        form = self.form
        if form.distinct:
            return True
        if isinstance(subject, Field):
            return (
                not subject.column.unique
                and not form.limit
                and all(o.by in form.columns for o in form.orders)
            )
        return False

    def _columns(self, subject: Entity | Field, conditions: Sequence[Condition]) -> list[Field]:
        form = self.form
        if isinstance(subject, Field):
            ordered = [one.by for one in form.orders if isinstance(one.by, Field)] if form.limit else []
            return unique([subject, *form.columns, *ordered])
        wanted = list(form.columns)
        ordered = [one.by for one in form.orders if isinstance(one.by, Field)]
        if wanted:
            first = [] if form.distinct else self._identity(subject)
            return unique([*wanted, *([] if form.distinct else ordered), *first])
        tested = [
            one.field for one in conditions if isinstance(one, Test | When) and one.field.entity is subject
        ]
        shown = [*self._identity(subject), *ordered, *tested]
        if not subject.labels:
            shown += [one for one in subject.fields if one.kind != "other"][:_MAX_ROW_COLUMNS]
        return unique(shown)

    def _best_within(self, scope: QueryScope, select: Select) -> Select:
        """The first rows of each group, by what they are sorted by."""
        parts = []
        for key in self.form.within:
            parts += [column for column, _ in self._key(scope, key)]
        rank = f"ROW_NUMBER() OVER (PARTITION BY {', '.join(parts)} ORDER BY {', '.join(select.orders)})"
        shown = [part for part in parts if part not in [column for column, _ in select.columns]]
        select.columns = [(part, "") for part in shown] + select.columns
        names = names_of(select)
        named = dict(zip([column for column, _ in select.columns], names, strict=True))
        select.columns = [*named.items(), (rank, "place")]
        select.orders = []
        self.weight += scope.weight
        groups = [named[part] for part in parts]
        return ranked_rows(select, names, f"place <= {self.form.limit or 1}", groups)

    def _within(self, select: Select) -> Select:
        """The best groups of each larger group."""
        orders = select.orders
        count = len(
            self._key(
                QueryScope(self.model, QueryNames(), root_of(self.form.within[0]), NO_HINTS),
                self.form.within[0],
            )
        )
        parts = [column for column, _ in select.columns[:count]]
        rank = f"ROW_NUMBER() OVER (PARTITION BY {', '.join(parts)} ORDER BY {', '.join(orders)})"
        names = names_of(select)
        select.columns = [*zip([column for column, _ in select.columns], names, strict=True), (rank, "place")]
        limit, select.limit, select.orders = select.limit, None, []
        return ranked_rows(select, names, f"place <= {limit or 1}", names[:count])
