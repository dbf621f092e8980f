"""One SELECT as a tree, and its text."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from fluxstudio.flows.ask.language.lists import lines_of

_INDENT = "  "


def name(*parts: str) -> str:
    """Identifiers joined by dots, quoted where they have to be."""
    return ".".join(_quoted(part) for part in parts)


@lru_cache(maxsize=10_000)
def _quoted(part: str) -> str:
    plain = part.isascii() and part.isidentifier() and part == part.lower() and part not in _RESERVED
    return part if plain else '"' + part.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as a literal; a backslash means nothing in it but itself."""
    quoted = "'" + value.replace("'", "''").replace("\x00", "") + "'"
    return quoted if "\\" not in value else "E" + quoted.replace("\\", "\\\\")


def number(value: float) -> str:
    """A number as a literal."""
    return str(int(value)) if value == int(value) else repr(float(value))


@dataclass
class Join:
    """A table or a query joined on a condition."""

    kind: str
    source: str
    alias: str
    condition: str


@dataclass
class Select:
    """A SELECT; expressions are SQL already, made of `name`, `text` and `number`."""

    columns: list[tuple[str, str]] = field(default_factory=list)
    source: str = ""
    alias: str = ""
    joins: list[Join] = field(default_factory=list)
    where: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    having: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    limit: int | None = None
    distinct: bool = False

    def render(self, level: int = 0) -> str:
        """The text, each clause on a line of its own."""
        start = "SELECT DISTINCT " if self.distinct else "SELECT "
        lines = [start + ", ".join(_column(*column) for column in self.columns)]
        if self.source:
            lines.append(f"FROM {self.source}" + (f" AS {self.alias}" if self.alias else ""))
        lines += [f"{one.kind} {one.source} AS {one.alias} ON {one.condition}" for one in self.joins]
        if self.where:
            lines.append("WHERE " + " AND ".join(self.where))
        if self.groups:
            lines.append("GROUP BY " + ", ".join(self.groups))
        if self.having:
            lines.append("HAVING " + " AND ".join(self.having))
        if self.orders:
            lines.append("ORDER BY " + ", ".join(self.orders))
        if self.limit is not None:
            lines.append(f"LIMIT {self.limit}")
        return ("\n" + _INDENT * level).join(lines)


def _column(expression: str, alias: str) -> str:
    bare = expression.rpartition(".")[2]
    return expression if not alias or bare in (alias, name(alias)) else f"{expression} AS {name(alias)}"


_RESERVED = frozenset(lines_of("fluxstudio.flows.ask.sql", "reserved.txt"))
