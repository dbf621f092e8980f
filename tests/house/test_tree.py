from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

from tests.house.repository import ROOT, SOURCE, files, lines

LONGEST = 400
CODE = {".py", ".sql", ".html", ".css", ".js", ".mjs"}
TESTS = ROOT / "tests"
# What looks at the product as a whole, and at what stands around it.
WHOLES = {"browser", "chaos", "conformance", "database", "docs", "dropin", "house", "support", "witnesses"}
# What a product of others would have.
EXAMPLE = Path("simulators/example")
# Has another provider do what every provider must do.
RUNS_OTHERS = "tests/dropin/test_drop_in.py"


def test_every_file_of_code_can_be_read_in_one_sitting() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in files()
        if path.suffix in CODE
    }
    assert lengths
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_tests_lie_in_the_rooms_of_what_they_test() -> None:
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")} - {Path(), EXAMPLE}
    astray = {
        str(folder)
        for folder in folders
        if folder.parts[0] not in WHOLES and not (SOURCE / folder / "__init__.py").exists()
    }
    assert astray == set()


def test_no_test_is_imported_by_another() -> None:
    importing = re.compile(r"^from tests\S*(\.test_\w+ import| import .*\btest_)")
    assert [
        place
        for place, line in lines()
        if place.startswith("tests/") and not place.startswith(RUNS_OTHERS) and importing.match(line)
    ] == []


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
