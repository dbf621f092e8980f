"""What people read sounds like one native writer: words of the translated voice stay away."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.repository import ROOT, SOURCE, files, tree_of

RETIRED = re.compile(
    r"\b(somebody|whoever|anew|mends?|mended|by itself|by themselves|to the letter|given up on|told of"
    r"|tells? (us|FluxStudio)|stands? (here|there)|no such thing|what came of (it|them)|in its way)\b",
    re.IGNORECASE,
)
# What people may ask, and pages of other companies.
EXEMPT = ("flows/ask/reading/", "/simulator/")
# These explain words of the code, and quote requirements.
CODE_WORDS = {"glossary.md", "requirements.md"}


def sentences() -> Iterator[tuple[str, str]]:
    """(place, text) for every text that people can come to read."""
    for path in files():
        place = str(path.relative_to(ROOT))
        if any(part in place for part in EXEMPT):
            continue
        if path.is_relative_to(SOURCE) and path.suffix == ".py":
            yield from _in_code(place, path)
        elif path.is_relative_to(SOURCE) and path.suffix == ".html":
            yield place, re.sub(r"\{[{%#].*?[}%#]\}|<[^>]*>", " ", path.read_text(), flags=re.DOTALL)
        elif path.parent == ROOT / "docs" and path.suffix == ".md" and path.name not in CODE_WORDS:
            yield place, re.sub(r"\(decisions/[^)]*\)", "", path.read_text())


def _in_code(place: str, path: Path) -> Iterator[tuple[str, str]]:
    tree = tree_of(path)
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)} - set(_help_texts(tree))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in bare:
            continue
        if " " in node.value.strip():
            yield f"{place}:{node.lineno}", node.value


def _help_texts(tree: ast.Module) -> Iterator[int]:
    """The docstrings that `--help` prints."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
            continue
        first = node.body[0]
        if isinstance(first, ast.Expr) and any(
            "command" in ast.unparse(each) for each in node.decorator_list
        ):
            yield id(first.value)


def test_no_sentence_speaks_in_the_translated_voice() -> None:
    retired = [f"{place}: {match[0]}" for place, text in sentences() if (match := RETIRED.search(text))]
    assert retired == []
