from __future__ import annotations

import ast
import re
import tomllib

from tests.house.repository import ROOT, SOURCE, lines

LONGEST = 400
CODE = {".py", ".sql", ".html", ".css", ".js"}


def test_every_source_file_can_be_read_in_one_sitting() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in SOURCE.rglob("*")
        if path.suffix in CODE
    }
    assert lengths
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_nothing_in_the_source_is_left_to_do() -> None:
    unfinished = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")
    assert [place for place, line in lines() if place.startswith("src/") and unfinished.search(line)] == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    mark = re.compile(r"pytest\.(skip|xfail|import" + r"orskip)\b|mark\.(skip|skip" + r"if|x" + r"fail)\b")
    assert [place for place, line in lines() if place.startswith("tests/") and mark.search(line)] == []


def test_every_source_folder_is_a_package_that_the_import_contracts_see() -> None:
    folders = {path.parent for path in SOURCE.rglob("*.py")}
    assert [
        str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").exists()
    ] == []


def test_only_settings_reads_the_environment() -> None:
    readers = [
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if reads_the_environment(path.read_text("utf-8"))
    ]
    assert readers == ["settings.py"]


def test_every_way_to_read_the_environment_is_noticed() -> None:
    for code in (
        "import os\nos.environ['A']",
        "import os\nos.getenv('A')",
        "import os as system\nsystem.environb",
        "from os import environ",
        "from os import getenv as ask",
    ):
        assert reads_the_environment(code), code
    assert not reads_the_environment("import os\nos.fspath(environ)")


def test_the_import_contracts_hold_the_floors_in_order() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    floors = [f"fluxstudio.{name}" for name in ("faces", "flows", "core", "sdk", "kit")]
    assert [layer for layer in layers if layer in floors] == floors
    protected = [name for contract in contracts for name in contract.get("protected_modules", [])]
    assert {"fluxstudio.providers.*", "fastapi", "starlette"} <= set(protected)


def reads_the_environment(code: str) -> bool:
    """Whether Python code names the process environment of `os`."""
    names = {"environ", "environb", "getenv", "getenvb"}
    tree = ast.parse(code)
    aliases = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "os"
    }
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "os"
        for alias in node.names
    }
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases
    }
    return bool(names & (imported | used))
