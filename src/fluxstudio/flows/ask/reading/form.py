"""What a question asks, apart from the words it was asked in and the SQL that answers it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from fluxstudio.flows.ask.language.dates import Span
from fluxstudio.flows.ask.schema.model import Entity, Field

Aggregate = Literal["count", "sum", "avg", "min", "max", "median", "stddev"]


@dataclass(eq=False)
class Measure:
    """A number for each group: how many of `entity`, or what `field` comes to.

    Attributes:
        conditions: which rows count, on top of those of the whole question.
        outer: what is made of the numbers of all groups, as in "the average number of orders per customer".
        outer_keys: the groups those numbers are of.
    """

    aggregate: Aggregate
    entity: Entity
    field: Field | None = None
    distinct: bool = False
    conditions: list[Condition] = dataclasses.field(default_factory=list)
    outer: Aggregate | None = None
    outer_keys: list[Key] = dataclasses.field(default_factory=list)

    @property
    def signature(self) -> tuple[object, ...]:
        """What two measures that are the same have in common."""
        return (self.aggregate, self.entity, self.field, self.distinct, self.outer, len(self.conditions))


@dataclass(eq=False)
class Combination:
    """Two measures in one number: their ratio, a share in percent, their difference."""

    operator: Literal["/", "%", "-"]
    left: Measure
    right: Measure


@dataclass(eq=False)
class Share:
    """How much of the whole each group has."""

    measure: Measure
    percent: bool


AnyMeasure = Measure | Combination | Share


@dataclass(frozen=True)
class Period:
    """Time cut into units; `field` is the date or time that is cut, None until the table is known."""

    unit: str
    field: Field | None = None


Key = Entity | Field | Period


@dataclass(eq=False)
class Test:
    """A column compared: with a literal, with another column, with a number made of many rows.

    `operator`: = <> < > <= >= between in prefix suffix contains like null true.
    """

    field: Field
    operator: str
    value: object = None
    second: object = None
    negated: bool = False


@dataclass(eq=False)
class Lookup:
    """What a column holds in other rows: those that the conditions choose."""

    field: Field
    conditions: list[Condition]


@dataclass(eq=False)
class OuterField:
    """A column of the row that something is looked up for."""

    field: Field


@dataclass(eq=False)
class When:
    """A date or time within a span."""

    field: Field
    span: Span
    negated: bool = False


@dataclass(eq=False)
class Older:
    """A date at least or at most so many units before now: `older than 30 years`."""

    field: Field
    operator: str
    count: float
    unit: str


@dataclass(eq=False)
class Has:
    """That there are rows of another table, or none; `conditions` say which."""

    entity: Entity
    conditions: list[Condition] = dataclasses.field(default_factory=list)
    negated: bool = False


@dataclass(eq=False)
class MeasureTest:
    """A measure of each row's own rows compared with a number or another measure."""

    measure: AnyMeasure
    operator: str
    value: float | Measure
    second: float | None = None


@dataclass(eq=False)
class Any:
    """At least one of several conditions."""

    options: list[Condition]


Condition = Test | When | Older | Has | MeasureTest | Any


@dataclass(eq=False)
class Order:
    """By what rows are sorted, upwards (1) or downwards (-1)."""

    by: Field | AnyMeasure
    sign: int


@dataclass(eq=False)
class Form:
    """A whole question.

    Attributes:
        subject: what is listed: rows of a table, or the values of a column.
        columns: what is wanted of each.
        keys: groups.
        within: the best `limit` of each of these rather than of all.
        turns: whether the words can as well be put together in another way.
        doubts: costs of what had to be assumed, each with what it was.
    """

    subject: Entity | Field | None = None
    columns: list[Field] = dataclasses.field(default_factory=list)
    measures: list[AnyMeasure] = dataclasses.field(default_factory=list)
    keys: list[Key] = dataclasses.field(default_factory=list)
    conditions: list[Condition] = dataclasses.field(default_factory=list)
    orders: list[Order] = dataclasses.field(default_factory=list)
    limit: int | None = None
    within: list[Key] = dataclasses.field(default_factory=list)
    exists: bool = False
    turns: bool = False
    distinct: bool = False
    doubts: list[tuple[float, str]] = dataclasses.field(default_factory=list)
