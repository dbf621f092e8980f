"""The repository as its tests see it."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "fluxstudio"


def files() -> list[Path]:
    """Every file that is or would be committed, without those already deleted."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [path for name in sorted(set(listing.stdout.split("\0"))) if (path := ROOT / name).is_file()]


def lines() -> Iterator[tuple[str, str]]:
    """Every line of every committed text file, with `path:number` before it."""
    for path in files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            yield f"{path.relative_to(ROOT)}:{number}", line


@cache
def tree_of(path: Path) -> ast.Module:
    """A module of Python as it was parsed, once for all that look through the whole repository."""
    return ast.parse(path.read_text("utf-8"))
