"""Small files that are made once and only read ever after."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def made_once(file: Path, make: Callable[[], str]) -> str:
    """The text of a file that nobody but its owner can read, made by whoever asks first.

    However many ask at once, and wherever one of them is killed, all get the same whole text.
    """
    with suppress(FileNotFoundError):
        return file.read_text("utf-8")
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            if os.geteuid() == 0:
                # Root may work in the home of an ordinary user, who must be able to read the file later.
                owner = file.parent.stat()
                os.fchown(handle, owner.st_uid, owner.st_gid)
            opened.write(make())
            opened.flush()
            os.fsync(handle)
        with suppress(FileExistsError):
            # Unlike a rename, a link never takes the place of a file that is there.
            os.link(draft, file)
            _sync(file.parent)
    finally:
        Path(draft).unlink()
    return file.read_text("utf-8")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
