"""Draw the pages as the browser tests see them, and one page with all of the pictures: `make screenshots`."""

from __future__ import annotations

import html
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tools.checkout import CACHE, ROOT

FOLDER = CACHE / "screenshots"
STYLE = """
body { margin: 2rem; font: 14px/1.5 system-ui, sans-serif; color-scheme: light dark; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); gap: 2rem; }
figure { margin: 0; }
img { width: 100%; height: 16rem; object-fit: cover; object-position: top; border: 1px solid #8884; }
"""


def contents(pictures: Iterable[Path]) -> str:
    """A page that shows each picture below its name, and the whole of it on a press."""
    figures = "\n".join(
        f'<figure><a href="{html.escape(picture.name)}">'
        f'<img src="{html.escape(picture.name)}" alt="" loading="lazy"></a>'
        f"<figcaption>{html.escape(picture.stem.replace('-', ' '))}</figcaption></figure>"
        for picture in pictures
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Screenshots</title>'
        f"<style>{STYLE}</style><h1>Screenshots</h1><main>\n{figures}\n</main></html>\n"
    )


def main() -> int:
    """Run the journeys with a camera; what pytest ended with."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for earlier in FOLDER.glob("*.png"):
        earlier.unlink()
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "tests/browser"],
        cwd=ROOT,
        env={**os.environ, "SCREENSHOTS": str(FOLDER)},
        check=False,
    )
    page = FOLDER / "index.html"
    page.write_text(contents(sorted(FOLDER.glob("*.png"))), "utf-8")
    print(f"{len(list(FOLDER.glob('*.png')))} pictures: {page}")
    return tests.returncode


if __name__ == "__main__":
    sys.exit(main())
