"""What others wrote for Node, to hold the product against: installed from its lock into .cache/witnesses."""

from __future__ import annotations

import hashlib
import shutil

from tools import node
from tools.checkout import CACHE, ROOT, run

FOLDER = CACHE / "witnesses"
SOURCE = ROOT / "tests" / "witnesses"
FILES = ("package.json", "package-lock.json")
QUIETLY = ("--ignore-scripts", "--no-audit", "--no-fund", "--silent")


def provide() -> None:
    """Make `FOLDER/node_modules` exactly what the lock says; nothing is fetched again while that is so.

    npm refuses a package whose digest is not the locked one. Raises SetupError.
    """
    stamp = FOLDER / "installed.sha256"
    wanted = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in FILES)).hexdigest()
    npm = node.npm()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name in FILES:
        shutil.copy(SOURCE / name, FOLDER)
    run([*npm, "ci", *QUIETLY], cwd=FOLDER, env=node.npm_settings())
    stamp.write_text(wanted)


def lock(*arguments: str) -> int:
    """Write the lock anew, without the names of the places packages come from; the number of packages."""
    command = ["install", "--package-lock-only", "--omit-lockfile-registry-resolved", *QUIETLY]
    update = ["update", *command[1:]] if "--upgrade" in arguments else command
    run([*node.npm(), *update], cwd=SOURCE, env=node.npm_settings())
    return (SOURCE / "package-lock.json").read_text().count('"integrity"')
