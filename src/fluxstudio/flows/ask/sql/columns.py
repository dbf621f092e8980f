"""Columns: each once, with a name of its own; and the best rows of each group."""

from __future__ import annotations

from collections.abc import Sequence

from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import Key, Period
from fluxstudio.flows.ask.schema.model import Entity, Field
from fluxstudio.flows.ask.sql.scope import QueryNames
from fluxstudio.flows.ask.sql.select import Select, name


def root_of(key: Key) -> Entity:
    if isinstance(key, Period):
        if key.field is None:
            raise Unreadable("no date to cut")
        return key.field.entity
    return key.entity if isinstance(key, Field) else key


def unique(fields: Sequence[Field]) -> list[Field]:
    return list(dict.fromkeys(fields))


def unique_columns(columns: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    made: dict[str, str] = {}
    for column, alias in columns:
        made.setdefault(column, alias)
    return list(made.items())


def alias_of(field: Field, among: Sequence[Field]) -> str:
    """The name of a column, with its table's where another has it too."""
    if any(other is not field and other.name == field.name for other in among):
        owner = field.entity.table.name if field.entity.base is None else "_".join(field.entity.words)
        return f"{owner}_{field.name}"
    return field.name


def names_of(select: Select) -> list[str]:
    """A name for each column, no two the same."""
    names = QueryNames()
    return [names.fresh(alias or column.rpartition(".")[2].strip('"')) for column, alias in select.columns]


def ranked_rows(inner: Select, names: Sequence[str], condition: str, groups: Sequence[str]) -> Select:
    return Select(
        columns=[(name("ranked", one), one) for one in names],
        source=f"(\n  {inner.render(1)}\n)",
        alias="ranked",
        where=[condition],
        orders=[*(name("ranked", one) for one in groups), "ranked.place"],
    )
