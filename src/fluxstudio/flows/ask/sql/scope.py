"""The tables of one SELECT: what is joined to what, and under which short name."""

from __future__ import annotations

from collections.abc import Iterator

from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.schema.graph import Hints, Model, Step
from fluxstudio.flows.ask.schema.lapses import SECONDS, Lapse
from fluxstudio.flows.ask.schema.model import Entity, Field
from fluxstudio.flows.ask.sql.select import Join, Select, name

# A reference that was chosen among several without a word for it makes a reading too doubtful.
OPEN = 24.0


class QueryNames:
    """Short names for tables, each once in a statement."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, entity: Entity) -> str:
        """A new short name for a table: its initials, numbered where they are taken."""
        initials = "".join(word[0] for word in entity.words if word[0].isalpha()) or "t"
        if name(initials) != initials:
            initials += "_"
        return self.fresh(initials)

    def fresh(self, wanted: str) -> str:
        """`wanted`, or with the first number that is free."""
        made, number = wanted, 1
        while made in self._taken:
            number += 1
            made = f"{wanted}{number}"
        self._taken.add(made)
        return made


class QueryScope:
    """A SELECT under construction and the tables in it.

    Attributes:
        multiplied: whether a join may have repeated the rows of the first table.
        weight: how far apart the joined tables are: what the reading costs for it.
        outer: the SELECT that this one is inside of.
        keeps_rows: whether rows stay that have nothing in a table that is joined.
    """

    def __init__(self, model: Model, names: QueryNames, root: Entity, hints: Hints) -> None:
        self.model = model
        self.names = names
        self.root = root
        self.hints = hints
        self.aliases: dict[Entity, str] = {root: names.of(root)}
        self.select = Select(source=table(root), alias=self.aliases[root])
        self.multiplied = False
        self.weight = 0.0
        self.outer: QueryScope | None = None
        self.keeps_rows = False

    def column(self, field: Field) -> str:
        """The column of a table that is joined.

        Raises:
            KeyError: it is not.
        """
        if isinstance(field, Lapse):
            return self._lapse(field)
        column = name(self.aliases[field.entity], field.name)
        if field.column.stored_as_text:
            return f"CAST({column} AS {'DATE' if field.kind == 'date' else 'TIMESTAMPTZ'})"
        return column

    def _lapse(self, field: Lapse) -> str:
        """A time between two columns in its unit; whole days between two dates."""
        between = f"{self.column(field.end)} - {self.column(field.start)}"
        seconds = SECONDS[field.unit]
        if field.start.kind == field.end.kind == "date":
            days = SECONDS["day"]
            if seconds == days:
                return f"({between})"
            return f"(({between}) * {days} / {seconds}.0)"
        return f"(EXTRACT(EPOCH FROM {between}) / {seconds})"

    def way(self, entity: Entity) -> list[Step]:
        """The references to follow to reach a table from those joined.

        Raises:
            Unreadable: nothing leads there.
        """
        steps, is_tied = self.model.ways([*self.aliases], entity, self.hints)
        if steps is None:
            raise Unreadable(f"nothing leads from {self.root} to {entity}")
        if is_tied:
            self.weight += OPEN
        return steps

    def join(self, entity: Entity, kind: str = "JOIN") -> None:
        """Join a table and those on the way to it.

        Raises:
            Unreadable: nothing leads there.
        """
        if entity in self.aliases:
            return
        for step in self.way(entity):
            self.follow(step, kind)

    def follow(self, step: Step, kind: str = "JOIN") -> None:
        """Join the table that a reference leads to."""
        if step.there in self.aliases:
            return
        alias = self.names.of(step.there)
        kind = "LEFT JOIN" if self.keeps_rows else kind
        self.select.joins.append(Join(kind, table(step.there), alias, self.on(step, alias)))
        self.aliases[step.there] = alias
        self.multiplied = self.multiplied or step.multiplies
        self.weight += self.cost_of(step)

    def cost_of(self, step: Step) -> float:
        """What following a reference costs: much where another could be meant as well."""
        return step.reference.cost + (OPEN if self.model.is_open(step, self.hints) else 0.0)

    def on(self, step: Step, alias: str) -> str:
        """The condition that joins a step's two tables."""
        here = self.aliases[step.here]
        return " AND ".join(f"{name(alias, there)} = {name(here, mine)}" for mine, there in step.pairs)

    def copy_names(self) -> Iterator[str]:
        """The short names in use here."""
        yield from self.aliases.values()


def table(entity: Entity) -> str:
    """A table by its full name; one in `public` without its schema."""
    if entity.table.schema == "public":
        return name(entity.table.name)
    return name(entity.table.schema, entity.table.name)
