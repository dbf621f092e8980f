"""What all statements are made with: groups, sorting, and what identifies a row."""

from __future__ import annotations

from collections.abc import Sequence

from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import AnyMeasure, Form, Key, Order, Period
from fluxstudio.flows.ask.schema.graph import Hints, Model
from fluxstudio.flows.ask.schema.model import Entity, Field
from fluxstudio.flows.ask.sql.columns import alias_of, unique
from fluxstudio.flows.ask.sql.sameness import same_measure
from fluxstudio.flows.ask.sql.scope import QueryNames, QueryScope
from fluxstudio.flows.ask.sql.select import Select

_MOST_COLUMNS = 14


class Building:
    """Makes one statement of one form."""

    def __init__(self, form: Form, model: Model, hints: Hints) -> None:
        self.form = form
        self.model = model
        self.hints = hints
        self.names = QueryNames()
        self.weight = 0.0

    def build(self) -> Select:
        """The statement.

        Raises:
            Unreadable: no SELECT gives what the form asks for.
        """
        raise NotImplementedError

    def _identity(self, entity: Entity) -> list[Field]:
        return unique([*(entity.field(key) for key in entity.key), *entity.labels])

    def _key(self, scope: QueryScope, key: Key) -> list[tuple[str, str]]:
        """The columns of a group."""
        if isinstance(key, Period):
            if key.field is None:
                raise Unreadable("no date to cut")
            return [(f"DATE_TRUNC('{key.unit}', {scope.column(key.field)})", key.unit)]
        if isinstance(key, Field):
            return [(scope.column(key), key.name)]
        fields = self._identity(key)
        if not fields:
            fields = [one for one in key.fields if one.kind != "other"][:_MOST_COLUMNS]
        return [(scope.column(field), alias_of(field, fields)) for field in fields]

    def _sort(
        self,
        scope: QueryScope,
        orders: Sequence[Order],
        expressions: dict[int, str],
        measures: Sequence[AnyMeasure] = (),
    ) -> None:
        for order in orders:
            if isinstance(order.by, Field):
                column = self._sorted_field(scope, order.by)
            else:
                column = expressions[id(next(one for one in measures if same_measure(one, order.by)))]
            direction = " DESC NULLS LAST" if order.sign < 0 else ""
            if f"{column}{direction}" not in scope.select.orders:
                scope.select.orders.append(f"{column}{direction}")

    def _sorted_field(self, scope: QueryScope, field: Field) -> str:
        if field.entity not in scope.aliases:
            scope.join(field.entity)
        column = scope.column(field)
        if scope.select.groups and column not in scope.select.groups:
            if field.kind == "number":
                return f"MAX({column})"
            scope.select.groups.append(column)
        return column
