"""What SQL may do here: one SELECT over known tables with known functions, and nothing else.

The database's role is what protects; this makes the message polite, and holds whoever wrote the SQL.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pglast import ast, parser, visitors

from fluxstudio.flows.ask.language.lists import lines_of

LONGEST_SQL = 20_000
# No SELECT of ours is nested like this, and parsers are recursive.
MOST_PARENTHESES = 200

_FUNCTIONS = frozenset(lines_of(__package__, "functions.txt"))
_NODES = tuple(getattr(ast, name) for name in lines_of(__package__, "nodes.txt"))  # fmt: skip
_VALUES = {"SVFOP_CURRENT_DATE", "SVFOP_CURRENT_TIME", "SVFOP_CURRENT_TIMESTAMP", "SVFOP_LOCALTIMESTAMP"}
_TYPES = frozenset(lines_of(__package__, "types.txt"))


class ForbiddenStatement(Exception):
    """The SQL does more than reading what may be read; the message says what."""


def checked(sql: str, relations: Collection[str]) -> str:
    """The SQL, once it is certain that it only reads.

    Args:
        relations: what may be read, as `schema.table`; a table of `public` may be named without its schema.

    Raises:
        Forbidden: it is not exactly one SELECT, or reads or calls something else.
    """
    if len(sql) > LONGEST_SQL or sql.count("(") > MOST_PARENTHESES or "\x00" in sql:
        raise ForbiddenStatement("The query is too long.")
    try:
        statements = parser.parse_sql(sql)
    except (parser.ParseError, RecursionError, UnicodeError):
        raise ForbiddenStatement("The query is not valid SQL.") from None
    if len(statements) != 1 or not isinstance(statements[0].stmt, ast.SelectStmt):
        raise ForbiddenStatement("Only a single SELECT is allowed.")
    try:
        _Check(relations)(statements[0])
    except RecursionError:
        raise ForbiddenStatement("The query is nested too deeply.") from None
    return sql


class _Check(visitors.Visitor):
    """Looks at every node of a statement."""

    def __init__(self, relations: Collection[str]) -> None:
        super().__init__()
        self._relations = relations
        self._named: set[str] = set()

    def visit(self, ancestors: Any, node: Any) -> None:
        """Any node that no SELECT of ours has ends the check."""
        if not isinstance(node, _NODES):
            raise ForbiddenStatement(f"{type(node).__name__} is not allowed.")

    def visit_CommonTableExpr(self, ancestors: Any, node: Any) -> None:  # noqa: N802
        if not isinstance(node.ctequery, ast.SelectStmt):
            raise ForbiddenStatement("Only a single SELECT is allowed.")
        self._named.add(node.ctename)

    def visit_SelectStmt(self, ancestors: Any, node: Any) -> None:  # noqa: N802
        if node.intoClause is not None:
            raise ForbiddenStatement("SELECT INTO is not allowed.")
        if node.valuesLists:
            raise ForbiddenStatement("Only a SELECT over tables is allowed.")
        if node.lockingClause:
            raise ForbiddenStatement("Locking rows is not allowed.")
        for one in (node.withClause.ctes if node.withClause else None) or ():
            # A name holds in its own SELECT only; elsewhere the system's table of that name would pass.
            if one.ctename.startswith("pg_"):
                raise ForbiddenStatement("Names that begin with pg_ belong to the system.")
            self._named.add(one.ctename)
            if node.withClause.recursive:
                raise ForbiddenStatement("Recursive queries are not allowed.")

    def visit_SQLValueFunction(self, ancestors: Any, node: Any) -> None:  # noqa: N802
        if node.op.name not in _VALUES:
            raise ForbiddenStatement("Who is asking cannot be read.")

    def visit_RangeVar(self, ancestors: Any, node: Any) -> None:  # noqa: N802
        if node.catalogname:
            raise ForbiddenStatement("Another database cannot be read.")
        if node.schemaname is None and node.relname in self._named:
            return
        name = f"{node.schemaname or 'public'}.{node.relname}"
        if name not in self._relations:
            raise ForbiddenStatement(f"{node.relname} cannot be read here.")

    def visit_FuncCall(self, ancestors: Any, node: Any) -> None:  # noqa: N802
        names = [part.sval for part in node.funcname]
        if len(names) > 1 and names[0] != "pg_catalog":
            raise ForbiddenStatement(f"{'.'.join(names)} is not allowed.")
        if names[-1] not in _FUNCTIONS:
            raise ForbiddenStatement(f"The function {names[-1]} is not allowed.")

    def visit_TypeName(self, ancestors: Any, node: Any) -> None:  # noqa: N802
        names = [part.sval for part in node.names or ()]
        if not names or names[-1] not in _TYPES or (len(names) > 1 and names[0] != "pg_catalog"):
            raise ForbiddenStatement(f"The type {'.'.join(names)} is not allowed.")
