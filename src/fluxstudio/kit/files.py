"""Small files that are always whole, whoever else reads and writes them and wherever a writer is killed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def made_once(file: Path, make: Callable[[], str]) -> str:
    """The text of a file that nobody but its owner can read, made by whoever asks first.

    However many ask at once, all get the same text.
    """
    with suppress(FileNotFoundError):
        return file.read_text("utf-8")
    file.parent.mkdir(parents=True, exist_ok=True)
    with _draft(file, make()) as draft, suppress(FileExistsError):
        # Unlike a rename, a link never takes the place of a file that is there.
        os.link(draft, file)
    return file.read_text("utf-8")


def replaced(file: Path, text: str) -> None:
    """Give a file that nobody but its owner can read another text, at once and on the disk."""
    with _draft(file, text) as draft:
        draft.replace(file)


@contextmanager
def _draft(file: Path, text: str) -> Iterator[Path]:
    """The text beside the file under a name of its own, written through to the disk."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            if os.geteuid() == 0:
                # Root may work in the home of an ordinary user, who must be able to read the file later.
                owner = file.parent.stat()
                os.fchown(handle, owner.st_uid, owner.st_gid)
            opened.write(text)
            opened.flush()
            os.fsync(handle)
        yield draft
        _sync(file.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
