"""Files that are ours: never reached through a link, never half-written, always their folder's owner's."""

from __future__ import annotations

import os
from pathlib import Path


def open_ours(path: Path, flags: int, mode: int = 0o600) -> int:
    """Open or make a file beside others of ours and return its descriptor.

    As root we may work in the home of an ordinary user, who must be able to use the file later.
    """
    descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def write_file(path: Path, text: str, mode: int) -> None:
    """Replace `path` by a file with exactly this text and mode."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = open_ours(draft, os.O_WRONLY | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, mode)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    draft.replace(path)


def sync_folder(folder: Path) -> None:
    """Make sure that names just made in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def last_lines(path: Path, count: int = 5) -> list[str]:
    """The end of a text file; nothing when there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return []
    with os.fdopen(descriptor, errors="replace") as file:
        return file.read().splitlines()[-count:]
