"""Where a run of tests keeps what it makes: one folder for all workers, in memory where there is room.

Making a database on a busy disk takes up to a second, in memory 25 ms. What Python compiles goes into .cache,
since the tests start it some hundred times and compiling everything anew takes it five seconds.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 4 * 1024**3
COMPILED = Path(__file__).parents[2] / ".cache" / "pycache"
# What the workers find the folder by.
VARIABLE = "TESTS_WORKSPACE"
PREFIX = "fluxstudio-tests-"


def open_workspace() -> bool:
    """Make the folder, or take the one that another process has made; whether it is ours to remove."""
    keep_compiled()
    ours = VARIABLE not in os.environ
    if ours:
        place = _place()
        if place is not None:
            _remove_left_behind(place)
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=place))
        # The database server may run as another user, who has to come through.
        folder.chmod(0o711)
        os.environ[VARIABLE] = os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = os.environ[VARIABLE]
    return ours


def remove_workspace() -> None:
    """Remove the folder and everything in it."""
    shutil.rmtree(os.environ.pop(VARIABLE), ignore_errors=True)


def workspace() -> Path:
    """The folder that all workers share."""
    return Path(os.environ[VARIABLE])


def keep_compiled() -> None:
    """Keep what this process and those that it starts compile."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(COMPILED)
    sys.dont_write_bytecode = False


def _remove_left_behind(place: Path) -> None:
    """Remove what runs that were killed have left in memory."""
    for folder in place.glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _place() -> Path | None:
    """Memory where there is room for all databases, else wherever temporary files go."""
    try:
        roomy = shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES
    except OSError:
        return None
    return MEMORY if roomy and os.access(MEMORY, os.W_OK) else None
