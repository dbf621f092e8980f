"""Write the locked requirement files: `python3 -m tools.lock [--upgrade]`.

Every .in file under requirements/ becomes a .txt file with exact versions and the hashes of every published
file; tests/witnesses/package.json gets its package-lock.json in the same way. Pins stay as they are unless
what is asked for no longer allows them or `--upgrade` is given.
"""

from __future__ import annotations

import re
import sys

from tools import environment, witnesses
from tools.checkout import ROOT, SetupError, say

OPTIONS = [
    "--universal",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--python-version=3.11",
    "--custom-compile-command=make lock",
]


# Locks whose versions another one has to have as well.
ALSO_IN = {"traces": ("run",), "test": ("run", "traces")}


def main(arguments: list[str]) -> int:
    """Compile all locks, each behind those whose versions it has to have."""
    try:
        environment.create()
        for name in ("setup", "node", "generator", "lint", "run", "traces", "test"):
            source, target = f"requirements/{name}.in", f"requirements/{name}.txt"
            same = [f"--constraints=requirements/{lock}.txt" for lock in ALSO_IN.get(name, ())]
            words = [*OPTIONS, *same, *arguments, f"--output-file={target}", source]
            environment.uv("compile", *words, published_only=True)
            pins = re.findall(r"^\S+==", (ROOT / target).read_text(), re.MULTILINE)
            say(f"{target}: {len(pins)} packages")
        say(f"tests/witnesses/package-lock.json: {witnesses.lock(*arguments)} packages")
    except SetupError as failed:
        say(str(failed))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
