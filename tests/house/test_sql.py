"""Statements stand in files below `sql/`; only what is written over somebody else's tables is in Python."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from fluxstudio.kit.postgres.queries import Queries
from tests.house.repository import SOURCE

WORDS = "SELECT|WITH|INSERT INTO|UPDATE \\w+ SET|DELETE FROM|CREATE|ALTER|DROP|LOCK|NOTIFY"
STATEMENT = re.compile(rf"\s*({WORDS})\b")
# kit knows nothing of this product; the others write statements over tables that they are shown.
ELSEWHERE = ("kit/postgres/", "core/ask/", "flows/ask/", "flows/doctor/database.py")


def statements(path: Path) -> list[int]:
    """The lines of a module on which a string holds SQL; docstrings are for people."""
    tree = ast.parse(path.read_text("utf-8"))
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
