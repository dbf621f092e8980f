"""What an answer looks like without what it says: key names and types, never a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

TYPES = {dict: "object", list: "list", str: "text", bool: "boolean", int: "number", float: "number"}
# Keys such as node ids are data: what they lead to is looked at as if under one name.
DATA = re.compile(r".*[\d:/ -].*|.{41,}")
# A tree is looked at as if all of it stood on one level.
TREE = re.compile(r"(\.children\[\])+")


@dataclass
class Place:
    """What was seen at one place of a kind of answer: of which types, and how often."""

    types: set[str] = field(default_factory=set)
    times: int = 0


class Shape(dict[str, Place]):
    """Places by where they are: `.owner.login`, `.labels[].name`; the answer itself is at the empty one."""

    @classmethod
    def of(cls, value: Any) -> Shape:
        """The shape of a decoded JSON value."""
        shape = cls()
        for where, kind in _walk(value, ""):
            place = shape.setdefault(where, Place())
            place.types.add(kind)
            place.times += 1
        return shape

    def add(self, more: Mapping[str, Place]) -> None:
        """Take in what further answers of the same kind showed."""
        for where, seen in more.items():
            place = self.setdefault(where, Place())
            place.types |= seen.types
            place.times += seen.times

    def always(self, where: str) -> bool:
        """Whether it was part of every object that it could have been part of."""
        return not where.endswith(("*", "[]")) and self[where].times == self[_holder(where)].times


def missing(there: Shape, here: Shape) -> Iterator[str]:
    """What the simulator always says and the provider never does, though it says what it would stand in."""
    for where in there:
        if where and where not in here and there.always(where):
            holder = here.get(_holder(where))
            if holder is not None and "object" in holder.types:
                yield where


def further(there: Shape, here: Shape) -> Iterator[str]:
    """What the provider says and the simulator does not, without what stands inside of it."""
    return (where for where in here if where and where not in there and _holder(where) in there)


def other_types(there: Shape, here: Shape) -> Iterator[tuple[str, set[str], set[str]]]:
    """Where the provider says a value of a type that the simulator never says: (where, there, here)."""
    for where, place in here.items():
        if where in there and place.types - there[where].types:
            yield where, there[where].types, place.types


def _walk(value: Any, where: str) -> Iterator[tuple[str, str]]:
    yield where, TYPES.get(type(value), "null")
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, f"{where}.{'*' if DATA.fullmatch(name) else name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, TREE.sub(r"\1", f"{where}[]"))


def _holder(where: str) -> str:
    """Where the object or list is that this is part of."""
    return where.removesuffix("[]") if where.endswith("[]") else where.rpartition(".")[0]
