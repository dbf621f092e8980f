"""Statements stand in files below `sql/`, and flows and faces leave it to `core` to run them.

Only what is written over somebody else's tables is in Python.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TypeGuard

import pytest

from fluxstudio.kit.postgres.queries import Queries
from tests.house.repository import SOURCE, tree_of

WORDS = "SELECT|WITH|INSERT INTO|UPDATE \\w+ SET|DELETE FROM|CREATE|ALTER|DROP|LOCK|NOTIFY"
STATEMENT = re.compile(rf"\s*({WORDS})\b")
# kit knows nothing of this product; the others write statements over tables that they are shown.
ELSEWHERE = ("kit/postgres/", "core/ask/", "flows/ask/", "flows/doctor/database.py")


def statements(path: Path) -> list[int]:
    """The lines of a module on which a string holds SQL; docstrings are for people."""
    tree = tree_of(path)
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in prose
        and STATEMENT.match(node.value)
    ]


def test_no_module_holds_a_statement() -> None:
    modules = {str(path.relative_to(SOURCE)): path for path in SOURCE.rglob("*.py")}
    inline = {
        name: lines
        for name, path in modules.items()
        if not name.startswith(ELSEWHERE) and (lines := statements(path))
    }
    assert inline == {}


def test_every_statement_in_a_file_is_used() -> None:
    code = "\n".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    names = {
        (str(path.relative_to(SOURCE)), name)
        for path in (SOURCE / "sql" / "queries").rglob("*.sql")
        for name in Queries(path.read_text("utf-8"))
    }
    assert {(file, name) for file, name in names if not re.search(rf"\.{name}\b", code)} == set()


# Floors that ask `core` instead; flows/ask writes SQL over the tables that a question may be about.
FLOORS_WITHOUT_SQL = ("flows/", "faces/")
MAY_WRITE_SQL = "flows/ask/"
RUNS_A_STATEMENT = frozenset({"fetch", "fetchrow", "fetchval", "execute", "executemany"})


def uses_of_sql(code: str) -> list[str]:
    """Where code loads statements, names those of a module, or has a connection run one: `line: code`."""
    return [f"{node.lineno}: {ast.unparse(node)}" for node in ast.walk(ast.parse(code)) if uses_sql(node)]


def uses_sql(node: ast.AST) -> TypeGuard[ast.alias | ast.expr]:
    """Whether a node does one of these; to show the `sql` of an answer is none of them."""
    match node:
        case ast.alias(name=name):
            return name.rpartition(".")[2] in {"Queries", "queries", "sql"}
        case ast.Attribute(value=ast.Name(id="sql") | ast.Attribute(attr="sql")):
            return True
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in RUNS_A_STATEMENT
    return False


def test_flows_and_faces_run_no_sql() -> None:
    modules = {str(path.relative_to(SOURCE)): path for path in SOURCE.rglob("*.py")}
    uses = {
        name: lines
        for name, path in modules.items()
        if name.startswith(FLOORS_WITHOUT_SQL)
        and not name.startswith(MAY_WRITE_SQL)
        and (lines := uses_of_sql(path.read_text("utf-8")))
    }
    assert uses == {}


@pytest.mark.parametrize(
    "code",
    [
        "from fluxstudio.kit.postgres.queries import Queries",
        "from fluxstudio.kit.postgres import queries",
        "from fluxstudio.core.automations.rules import sql",
        "from fluxstudio.core.automations.rules import sql as statements",
        "sql.page",
        "events.sql.page",
        "core.webhooks.events.sql.page",
        "rows = connected.fetch(statement)",
        "rows = services.db.execute('DELETE FROM users')",
    ],
)
def test_every_way_to_run_sql_is_noticed(code: str) -> None:
    assert uses_of_sql(code) != []


def test_the_text_of_an_answer_may_be_shown() -> None:
    assert uses_of_sql("class View:\n    sql: str\nView(sql=answer.sql)") == []
