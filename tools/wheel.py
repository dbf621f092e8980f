"""Build the product's wheel: `python -m tools.wheel [FOLDER]`, into dist/ unless told otherwise.

It is built from a copy of what it is made of, with the files that set-up fetches from npm beside it. Those
come to where a checkout has them, `share/fluxstudio/static` of the environment.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tools import fetch
from tools.checkout import PYTHON, ROOT, SetupError, run, say

PARTS = ("pyproject.toml", "README.md", "LICENSE", "requirements", "src", "docs")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", "screenshot.png")
STATIC = '\n[tool.setuptools.data-files]\n"share/fluxstudio/static" = ["static/*"]\n'


def build(folder: Path) -> Path:
    """Build it into a folder; where it is. Raises `SetupError`."""
    fetch.provide("run", "run")
    with TemporaryDirectory(prefix="fluxstudio-wheel-") as place:
        copy = Path(place) / "fluxstudio"
        copy.mkdir()
        for name in PARTS:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, symlinks=True, ignore=LEFT_OUT)
            else:
                shutil.copy2(source, copy / name)
        fetched = [path for path in fetch.FOLDERS["run"].iterdir() if path.suffix in {".js", ".txt"}]
        (copy / "static").mkdir()
        for path in fetched:
            shutil.copy2(path, copy / "static" / path.name)
        with (copy / "pyproject.toml").open("a") as project:
            project.write(STATIC)
        options = ["--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", place]
        run([PYTHON, "-m", "pip", "wheel", copy, *options])
        [wheel] = Path(place).glob("fluxstudio_integrations-*.whl")
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy2(wheel, folder / wheel.name))


def main(arguments: list[str]) -> int:
    """Build it, and say where it is."""
    try:
        wheel = build(Path(arguments[0]) if arguments else ROOT / "dist")
    except SetupError as failed:
        say(str(failed))
        return 1
    say(f"{wheel} ({wheel.stat().st_size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
