from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.house.repository import ROOT, SOURCE, files, lines, tree_of
from tests.house.supply import REGISTRIES, SECRETS, locked

LOCKS = ("setup", "node", "generator", "lint", "run", "traces", "test")


def wanted(name: str) -> dict[str, Requirement]:
    """The requirements a .in file asks for itself, by canonical name."""
    text = (ROOT / "requirements" / f"{name}.in").read_text()
    asked = (line for line in text.splitlines() if line and not line.startswith(("#", "-")))
    return {canonicalize_name(entry.name): entry for entry in map(Requirement, asked)}


def versions(name: str) -> dict[str, set[Version]]:
    """The versions a lock file pins, by canonical name; several where platforms differ."""
    pins: dict[str, set[Version]] = {}
    for requirement, _ in locked(name):
        pin = next(iter(requirement.specifier))
        pins.setdefault(canonicalize_name(requirement.name), set()).add(Version(pin.version))
    return pins


def imports(path: Path) -> set[str]:
    """Top-level names of what a Python file imports absolutely."""
    results = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            results |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            results.add(node.module.partition(".")[0])
    return results


def test_no_file_names_a_package_registry() -> None:
    named = [place for place, line in lines() if any(host in line for host in REGISTRIES)]
    assert named == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_installed_file_is_pinned_by_version_and_hash(name: str) -> None:  # R56
    entries = list(locked(name))
    assert entries
    for requirement, hashes in entries:
        assert [pin.operator for pin in requirement.specifier] == ["=="], requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), requirement


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_gives_what_was_asked_for(name: str) -> None:  # R56
    pins = versions(name)
    for asked, requirement in wanted(name).items():
        assert pins.get(asked), f"{asked} is not locked: run make lock"
        assert all(requirement.specifier.contains(pin) for pin in pins[asked]), f"{asked}: run make lock"


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_says_nothing_of_the_machine_it_was_made_on(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert not re.search(r"^\s*(-i|-f|--index|--extra-index|--find-links|--trusted-host)", text, re.MULTILINE)
    assert "://" not in text
    assert " @ " not in text


def test_the_tests_run_what_the_product_runs() -> None:
    tested = versions("test")
    for lock in ("run", "traces"):
        assert {name: tested.get(name) for name in versions(lock)} == versions(lock)


def test_the_product_declares_every_package_it_imports() -> None:
    origin = packages_distributions()
    # The package of simulators, which is not part of the product's wheel, says itself what it needs.
    product = (path for path in SOURCE.rglob("*.py") if not path.is_relative_to(SOURCE / "simulators"))
    used = {name for path in product for name in imports(path)}
    foreign = used - sys.stdlib_module_names - {"fluxstudio"}
    declared = wanted("run").keys() | wanted("traces").keys()
    packages = [{canonicalize_name(name) for name in origin.get(module, [module])} for module in foreign]
    # Several packages may share a namespace.
    assert [names for names in packages if not names & declared] == []


def test_npm_files_are_pinned_by_version_and_digest() -> None:  # R56
    packages = tomllib.loads((ROOT / "tools" / "assets.toml").read_text())["package"]
    assert packages
    for package in packages:
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"]), package["name"]
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package["integrity"]), package["name"]


def test_no_committed_file_looks_like_a_secret() -> None:  # R52
    texts = ((path, path.read_bytes().decode("utf-8", "ignore")) for path in files())
    assert [str(path.relative_to(ROOT)) for path, text in texts if SECRETS.search(text)] == []
