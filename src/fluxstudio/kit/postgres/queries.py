"""SQL statements kept in files, by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib.resources import files

_HEADING = re.compile(r"^--[ \t]*name:[ \t]*(.*?)[ \t]*$", re.MULTILINE)


class UnknownQuery(KeyError, AttributeError):
    """There is no query of that name in the file."""

    def __str__(self) -> str:
        return str(self.args[0])


class Queries(Mapping[str, str]):
    """The statements of one file, as `queries.some_name` or `queries["some_name"]`.

    In the file, each statement follows a line `-- name: some_name` and ends where the next such line begins.

    Raises (from `Queries` and `load`):
        ValueError: the text has a statement without a name, a name without a statement, a name twice, or one
            that cannot be an attribute.
    """

    def __init__(self, text: str, origin: str = "SQL text") -> None:
        self._origin = origin
        self._statements: dict[str, str] = {}
        before, *parts = _HEADING.split(text)
        if _without_comments(before):
            raise ValueError(f"{origin}: the first statement has no name; put a line '-- name: …' above it")
        for name, statement in zip(parts[::2], parts[1::2], strict=True):
            self._add(name, statement.strip().removesuffix(";").rstrip())

    @classmethod
    def load(cls, package: str, path: str) -> Queries:
        """Read `path`, such as `folder/file.sql`, from the files of `package`."""
        return cls(files(package).joinpath(path).read_text(encoding="utf-8"), origin=path)

    def __getitem__(self, name: str) -> str:
        try:
            return self._statements[name]
        except KeyError:
            near = get_close_matches(name, self._statements, n=3)
            hint = (
                f"; did you mean {' or '.join(near)}?" if near else f"; it has {', '.join(self._statements)}"
            )
            raise UnknownQuery(f"{self._origin} has no query named {name!r}{hint}") from None

    def __getattr__(self, name: str) -> str:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._statements)

    def __len__(self) -> int:
        return len(self._statements)

    def _add(self, name: str, statement: str) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or hasattr(Mapping, name):
            raise ValueError(
                f"{self._origin}: {name!r} cannot name a query; use a lower-case identifier of its own"
            )
        if name in self._statements:
            raise ValueError(f"{self._origin}: two queries are named {name!r}; rename one")
        if not _without_comments(statement):
            raise ValueError(f"{self._origin}: the query {name!r} is empty; write it or remove its heading")
        self._statements[name] = statement
        # Found as any attribute is, without asking `__getattr__` first.
        setattr(self, name, statement)


def _without_comments(text: str) -> str:
    return re.sub(r"--[^\n]*", "", text).strip()
