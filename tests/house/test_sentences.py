"""`core` knows what happened; what people read of it is written above, or in an error they can act on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house.repository import SOURCE, tree_of

CORE = SOURCE / "core"
# For whoever runs the product: what keeps a process from starting, and what metrics count.
FOR_OPERATORS = ("startup_checks.py", "tokens/keys.py", "metrics/")
FEWEST_WORDS = 4
QUOTED = re.compile(r"'([^']+)'")


@cache
def errors() -> frozenset[str]:
    """The names of all classes that are raised, here and in Python."""
    bases = {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
    }
    names = {"Exception", "ValueError", "RuntimeError"}
    while further := {name for name, above in bases.items() if above & names} - names:
        names |= further
    return frozenset(names)


def text_of(node: ast.AST) -> str | None:
    """What a string says, with dots where values are put in."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(text_of(value) or "…" for value in values)
    return None


def is_sentence(text: str) -> bool:
    """Whether a text begins and ends as sentences do."""
    words = text.split()
    ends = any(re.search(r"[\w)”`…]\.$", word) for word in words)
    return len(words) >= FEWEST_WORDS and ends and re.match("[A-Z“…]", words[0]) is not None


def sentences(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The sentences in code that are neither documentation nor what an error says."""
    match node:
        case ast.Raise() | ast.Expr(value=ast.Constant()):
            return
        case ast.Call(func=func) if ast.unparse(func).rpartition(".")[2] in errors():
            return
        case ast.ClassDef(name=name) if name in errors():
            return
    text = text_of(node)
    if text is None:
        for child in ast.iter_child_nodes(node):
            yield from sentences(child)
    elif is_sentence(text):
        yield getattr(node, "lineno", 0), text


def test_core_writes_no_sentence_but_in_an_error() -> None:
    spoken = {
        f"{path.relative_to(SOURCE)}:{line}": text
        for path in CORE.rglob("*.py")
        if not str(path.relative_to(CORE)).startswith(FOR_OPERATORS)
        for line, text in sentences(tree_of(path))
    }
    assert spoken == {}


def test_statements_write_no_sentence() -> None:
    files = (SOURCE / "sql" / "queries").rglob("*.sql")
    assert [f"{path.name}: {text}" for path in files for text in spoken_in(path) if is_sentence(text)] == []


def spoken_in(path: Path) -> list[str]:
    """What a file of statements puts between quotes."""
    return QUOTED.findall(re.sub(r"--[^\n]*", "", path.read_text("utf-8")))


@pytest.mark.parametrize(
    "code",
    [
        "cause = 'You never returned from there.'",
        "cause = f'{name} refused to renew the access ({reason}).'",
        "def why() -> str:\n    return 'Connect again whenever you like.'",
    ],
)
def test_a_sentence_is_noticed_wherever_it_stands(code: str) -> None:
    assert list(sentences(ast.parse(code))) != []


@pytest.mark.parametrize(
    "code",
    [
        "raise NotFound('You have no rule with this id. List yours.')",
        "error = Unavailable(f'{name} is away. Try again in a moment.')",
        "'''What a module is for. And more.'''",
        "state = 'connection_lost'",
    ],
)
def test_errors_documentation_and_codes_are_no_sentences_of_core(code: str) -> None:
    assert list(sentences(ast.parse(code))) == []
