"""Reading a schema out of PostgreSQL's catalog, with samples of what its text columns hold."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import asyncpg

from fluxstudio.core.ask import encodings
from fluxstudio.core.ask.schema import Column, ForeignKey, Kind, Schema, Table
from fluxstudio.kit.postgres.queries import Queries

if TYPE_CHECKING:
    from asyncpg import Record

    Connection = asyncpg.Connection[Record] | asyncpg.pool.PoolConnectionProxy[Record]
else:
    Connection = asyncpg.Connection

sql = Queries.load("fluxstudio.sql", "queries/ask.sql")

MOST_TABLES = 500
# Of each table so many rows are looked at, and of each column so many values kept.
SAMPLED_ROWS = 20_000
MOST_VALUES = 500
LONGEST_VALUE = 80

_KINDS: Mapping[str, Kind] = {"N": "number", "S": "text", "B": "boolean", "E": "text"}
_DATES: Mapping[str, Kind] = {"date": "date", "timestamp": "time", "timestamptz": "time"}
_INTEGERS = ("int2", "int4", "int8")
_IDENTIFIERS = ("uuid", "bpchar", "varchar", "text", "citext", "inet")


async def read_schema(
    connection: Connection, *, schemas: Sequence[str] | None = None, sampled: bool = True
) -> Schema:
    """The tables and views that the connection's role may read.

    Args:
        schemas: names of PostgreSQL schemas; None reads all but the system's.
        sampled: whether to look into the rows for values and undeclared keys.

    Raises:
        asyncpg.PostgresError: the catalog or a table could not be read.
    """
    tables = await connection.fetch(sql.tables, schemas, MOST_TABLES)
    ids = [row["oid"] for row in tables]
    columns = _by_table(await connection.fetch(sql.columns, ids))
    keys = _by_table(await connection.fetch(sql.unique_keys, ids))
    references = _by_table(await connection.fetch(sql.foreign_keys, ids))
    names = {row["oid"]: f"{row['schema']}.{row['name']}" for row in tables}
    drafts = []
    for row in tables:
        oid = row["oid"]
        unique = {key["columns"][0] for key in keys[oid] if len(key["columns"]) == 1}
        made = [_column(column, unique) for column in columns[oid]]
        rows = row["rows"]
        if sampled:
            flags = {one["name"] for one in columns[oid] if encodings.may_be_flag(one["name"], one["type"])}
            made, rows = await _sampled(connection, row["schema"], row["name"], made, flags)
        primary = next((tuple(key["columns"]) for key in keys[oid] if key["primary"]), ())
        foreign = tuple(
            ForeignKey(tuple(one["columns"]), names[one["target"]], tuple(one["target_columns"]))
            for one in references[oid]
        )
        drafts.append(
            Table(
                row["schema"],
                row["name"],
                tuple(made),
                primary,
                foreign,
                row["comment"],
                max(rows, row["rows"]),
            )
        )
    return Schema(tuple(drafts))


def quoted(*names: str) -> str:
    """Names as one SQL identifier, such as `"public"."orders"`."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def _by_table(rows: Iterable[Record]) -> defaultdict[int, list[Record]]:
    groups: defaultdict[int, list[Record]] = defaultdict(list)
    for row in rows:
        groups[row["oid"]].append(row)
    return groups


def _column(row: Record, unique: set[str]) -> Column:
    kind: Kind = _DATES.get(row["type"]) or _KINDS.get(row["category"], "other")
    if row["type"] in _IDENTIFIERS:
        kind = "text"
    listed = tuple(row["labels"] or _listed_in(row["comment"]) if kind == "text" else ())
    return Column(
        name=row["name"],
        kind=kind,
        integer=row["type"] in _INTEGERS,
        unique=row["name"] in unique,
        nullable=row["nullable"],
        comment=row["comment"],
        values=listed,
        complete=bool(listed),
    )


def _listed_in(comment: str) -> Sequence[str]:
    """The values that a comment lists, as in `One of: open, closed.`"""
    match = re.search(r"(?:one of|(?:possible )?values(?: are)?)\s*:\s*([^.;]+)", comment, re.IGNORECASE)
    return [value.strip() for value in match.group(1).split(",") if value.strip()] if match else ()


async def _sampled(
    connection: Connection, schema: str, table: str, columns: list[Column], flags: Collection[str]
) -> tuple[list[Column], int]:
    """The columns with what their rows tell, and the number of rows looked at.

    Args:
        flags: columns of numbers that may be flags.
    """
    source = f"(SELECT * FROM {quoted(schema, table)} LIMIT {SAMPLED_ROWS}) AS sampled"  # noqa: S608
    countable = [column for column in columns if column.kind != "other"]
    counts = ", ".join(f"count({quoted(c.name)}), count(DISTINCT {quoted(c.name)})" for c in countable)
    row = await connection.fetchrow(f"SELECT count(*){', ' if counts else ''}{counts} FROM {source}")  # noqa: S608
    figures: list[int] = list(row or [0])
    rows, whole = figures[0], figures[0] < SAMPLED_ROWS
    samples: dict[str, dict[str, Any]] = {}
    for column, filled, distinct in zip(countable, figures[1::2], figures[2::2], strict=True):
        changes: dict[str, Any] = {}
        if whole and rows > 1 and filled == distinct == rows:
            changes["unique"] = True
        if column.kind == "text" and not column.complete and distinct:
            changes["values"] = await _values(connection, source, column.name)
            changes["complete"] = whole and len(changes["values"]) == distinct
            if changes["complete"]:
                changes |= encodings.of_texts(changes["values"])
        elif column.name in flags and whole and 0 < distinct <= 2:
            changes |= encodings.of_numbers(await _values(connection, source, column.name))
        samples[column.name] = changes
    return [_changed(column, samples.get(column.name, {})) for column in columns], rows


async def _values(connection: Connection, source: str, column: str) -> tuple[str, ...]:
    name = quoted(column)
    rows = await connection.fetch(
        f"SELECT {name}::text AS value FROM {source} WHERE {name} IS NOT NULL "  # noqa: S608
        f"AND length({name}::text) <= {LONGEST_VALUE} "
        f"GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {MOST_VALUES}"
    )
    return tuple(row["value"] for row in rows if not re.fullmatch(r"\s*", row["value"]))


def _changed(column: Column, changes: Mapping[str, Any]) -> Column:
    return Column(**{name: changes.get(name, getattr(column, name)) for name in column.__struct_fields__})
