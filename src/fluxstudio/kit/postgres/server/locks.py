"""Locks between processes. The kernel lets go of them when a process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fluxstudio.kit.postgres.errors import EmbeddedPostgresError
from fluxstudio.kit.postgres.server.files import open_ours

_LOCK_POLL_SECONDS = 0.01


class FileLock:
    """A lock on one file, held by many (shared) or by one alone; two `FileLock`s never share a hold."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def hold_shared(self) -> None:
        """Wait for nobody: whoever holds this lock alone does so only under the starting lock."""
        self._take(fcntl.LOCK_SH)

    def try_alone(self) -> bool:
        """Hold the lock alone if nobody else holds it, without waiting."""
        try:
            self._take(fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _take(self, mode: int) -> None:
        if self._descriptor is None:
            self._descriptor = open_ours(self.path, os.O_RDWR)
        try:
            fcntl.flock(self._descriptor, mode)
        except OSError:
            self.release()
            raise


@contextmanager
def alone(path: Path, timeout_seconds: float) -> Iterator[None]:
    """Hold the lock at `path` alone for the block, waiting up to `timeout_seconds` for others.

    Raises:
        EmbeddedPostgresError: another process kept the lock all that time.
    """
    lock = FileLock(path)
    deadline = time.monotonic() + timeout_seconds
    while not lock.try_alone():
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"Another process has been starting or stopping PostgreSQL for {timeout_seconds:.0f} seconds "
                f"and still holds {path}. Wait for it or end it, then try again."
            )
        time.sleep(_LOCK_POLL_SECONDS)
    try:
        yield
    finally:
        lock.release()
