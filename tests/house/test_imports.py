"""Modules know one another in one direction, and what libraries keep to themselves is used in few places."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house.repository import ROOT, SOURCE, tree_of

# A provider, its operations and what they call are one declaration: the type of each names the others.
ONE_DECLARATION = "fluxstudio.sdk"
# A measure has conditions, and a condition may compare a measure.
RECURSIVE = {"fluxstudio.flows.ask.sql.conditions", "fluxstudio.flows.ask.sql.measures"}
# Modules that use what a library keeps to itself, each with the test that tells whoever upgrades it.
PRIVATE_USES = {
    "faces/uploads.py": ("starlette", "tests/faces/api/test_uploads.py"),
    "kit/postgres/connection.py": ("asyncpg", "tests/kit/postgres/test_connection.py"),
    "kit/postgres/hosts.py": ("asyncpg", "tests/kit/postgres/test_hosts.py"),
    "kit/prompt_server.py": ("uvicorn", "tests/kit/test_prompt_server.py"),
}
# Private by their names alone: documented parts of named tuples, of `os` and of Jinja's `Undefined`, and a
# type that zlib gives no other name.
DOCUMENTED = frozenset({"_replace", "_asdict", "_fields", "_exit", "_undefined_name", "_Compress"})


@cache
def trees() -> dict[str, ast.Module]:
    """Every module by its dotted name."""
    modules = {}
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        modules[name] = tree_of(path)
    return modules


def imports(tree: ast.Module, modules: frozenset[str]) -> Iterator[str]:
    """The modules of ours that a module imports, be it for types alone or where a function begins."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names, level=0):
                for alias in names:
                    whole = f"{module}.{alias.name}"
                    yield whole if whole in modules else module
            case ast.Import(names=names):
                yield from (alias.name for alias in names)


def without_circles(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is left of a graph once everything that leads nowhere, or that nothing leads to, is taken away."""
    graph = {name: {other for other in others if other in graph} for name, others in graph.items()}
    while ends := {name for name, others in graph.items() if not others}:
        graph = {name: others - ends for name, others in graph.items() if name not in ends}
    while begins := graph.keys() - set().union(*graph.values()):
        graph = {name: others for name, others in graph.items() if name not in begins}
    return graph


def test_no_module_is_imported_by_what_it_imports_not_even_for_types() -> None:
    names = frozenset(trees())
    graph = {name: {*imports(tree, names)} & names - {name} for name, tree in trees().items()}
    circles = without_circles(graph)
    assert {name for name in circles if not name.startswith(ONE_DECLARATION)} == RECURSIVE


def test_a_circle_is_noticed() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set[str]()}
    assert without_circles(graph).keys() == {"b", "c"}


@cache
def own_names() -> frozenset[str]:
    """Private names that modules of ours give to something."""
    names: set[str] = set()
    for tree in trees().values():
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
                    names.add(name)
                case (
                    ast.FunctionDef(name=name)
                    | ast.AsyncFunctionDef(name=name)
                    | ast.Name(id=name, ctx=ast.Store())
                ):
                    names.add(name)
    return frozenset(name for name in names if name.startswith("_")) | DOCUMENTED


def private_uses(tree: ast.Module) -> set[str]:
    """Private attributes that are nobody's of ours, as a module writes them."""
    return {
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.endswith("__")
        if node.attr not in own_names()
    }


def test_what_libraries_keep_to_themselves_is_used_where_a_test_tells_of_it() -> None:
    uses = {
        str(path.relative_to(SOURCE)): names
        for path in SOURCE.rglob("*.py")
        if (names := private_uses(tree_of(path)))
    }
    assert {path: names for path, names in uses.items() if path not in PRIVATE_USES} == {}


@pytest.mark.parametrize(("library", "test"), PRIVATE_USES.values())
def test_whoever_upgrades_such_a_library_is_told(library: str, test: str) -> None:
    assert library in Path(ROOT, test).read_text("utf-8").lower()


def loaded_with(starts: set[str]) -> set[str]:
    """What is loaded with these modules, names of ours and of libraries."""
    names, loaded, waiting = frozenset(trees()), set[str](), set(starts)
    while waiting:
        name = waiting.pop()
        loaded.add(name)
        if name in names:
            # Neither what functions import nor what is imported for types alone.
            first: list[ast.stmt] = [
                node for node in trees()[name].body if isinstance(node, ast.Import | ast.ImportFrom)
            ]
            needed = {*imports(ast.Module(first, []), names)}
            packages = {other.rpartition(".")[0] for other in (*needed, name)}
            waiting |= (needed | (packages & names)) - loaded
    return loaded


def test_a_server_loads_planners_and_protocols_once_somebody_asks() -> None:
    families = {name for name in trees() if name.startswith("fluxstudio.faces.web")}
    loaded = loaded_with({"fluxstudio.app", "fluxstudio.faces.app", "fluxstudio.faces.mcp", *families})
    later = {"mcp", "mcp_types", "pglast", "simplemma", "snowballstemmer"}
    assert {name for name in loaded if name.partition(".")[0] in later} == set()
    workers = loaded_with({"fluxstudio.flows.pool_tasks"})
    assert {"simplemma", "snowballstemmer"} <= workers


def test_a_command_that_serves_nothing_loads_no_page() -> None:
    for starts in (
        {"fluxstudio.app", "fluxstudio.cli"},
        {"fluxstudio.core.migrations", "fluxstudio.core.database"},
    ):
        assert {
            name for name in loaded_with(starts) if name.startswith(("fluxstudio.faces", "fastapi"))
        } == set()
