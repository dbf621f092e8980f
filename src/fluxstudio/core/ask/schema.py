"""What a database says about itself: tables, columns, keys, comments and a few values."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["number", "text", "date", "time", "boolean", "other"]


class Column(msgspec.Struct, frozen=True):
    """One column.

    Attributes:
        kind: what it can be compared with; `time` has a time of day, `other` cannot be asked about.
        integer: whether a number has no fraction.
        unique: whether no two rows share a value, as declared or as found in all rows.
        nullable: whether a row may lack it.
        values: distinct values of a text column, most frequent first.
        complete: whether `values` are all there are.
        true: what stands for true in a `boolean` that is stored otherwise, as a literal: `'Y'` or `1`.
        stored_as_text: whether it is a `date` or `time` written as text, in ISO 8601.
    """

    name: str
    kind: Kind
    integer: bool = False
    unique: bool = False
    nullable: bool = True
    comment: str = ""
    values: tuple[str, ...] = ()
    complete: bool = False
    true: str = ""
    stored_as_text: bool = False


class ForeignKey(msgspec.Struct, frozen=True):
    """A declared reference from `columns` of one table to `target_columns` of the table `target`."""

    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]


class Table(msgspec.Struct, frozen=True):
    """A table or a view. `id` is its name with its schema, as other tables refer to it."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    comment: str = ""
    rows: int = 0

    @property
    def id(self) -> str:
        return f"{self.schema}.{self.name}"

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


class Schema(msgspec.Struct, frozen=True):
    """All tables that may be asked about."""

    tables: tuple[Table, ...]
