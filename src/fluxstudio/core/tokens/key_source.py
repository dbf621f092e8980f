"""Where the key-encryption keys are kept: in the settings, or in a file of the data folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog

from fluxstudio.core.tokens.vault import LOCAL_KEYS, local_keyset
from fluxstudio.kit.files import replaced
from fluxstudio.kit.sealing import Keyset

log = structlog.get_logger(__name__)


class KeySource(Protocol):
    """Where this process has its keys from."""

    @property
    def name(self) -> str:
        """What an operator knows it by."""

    def read(self) -> Keyset:
        """The keys. Raises `ValueError` saying what is wrong with them."""

    def changed(self) -> Keyset | None:
        """The keys, if they changed since this was last asked, or since they were first read."""


@dataclass(frozen=True, slots=True)
class ConfiguredKeys:
    """Keys from `ENCRYPTION_KEYS`: the same for as long as the process runs."""

    text: str = field(repr=False)
    name: str = "ENCRYPTION_KEYS"

    def read(self) -> Keyset:
        return Keyset.parse(self.text)

    def changed(self) -> Keyset | None:
        return None


class KeyFile:
    """Keys in the data folder, made on first use; whoever runs there sees a change without a restart."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._file = home / LOCAL_KEYS
        self._last_state: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        return str(self._file)

    def read(self) -> Keyset:
        keyset = local_keyset(self._home)
        if self._last_state is not None:
            return keyset
        # Read once more, so that nothing that changes just now is taken for seen.
        self._last_state = self._state()
        return local_keyset(self._home)

    def changed(self) -> Keyset | None:
        state = self._state()
        if state in {self._last_state, None}:
            return None
        self._last_state = state
        try:
            return Keyset.parse(self._file.read_text("utf-8"))
        except (ValueError, OSError) as error:
            log.error("key_file_unreadable", file=self.name, reason=str(error))
            return None

    def add(self, key_id: str) -> None:
        """Make a key that opens and does not seal yet."""
        present = self.read()
        self._write(Keyset(present.primary, {**present.keys, **Keyset.new(key_id).keys}))

    def remove(self, key_id: str) -> bool:
        """Delete a key; whether it was there. The last one stays."""
        present = self.read()
        left = {name: key for name, key in present.keys.items() if name != key_id}
        if not left or len(left) == len(present.keys):
            return False
        self._write(Keyset(next(iter(left)), left))
        return True

    def _write(self, keyset: Keyset) -> None:
        replaced(self._file, keyset.text() + "\n")

    def _state(self) -> tuple[int, int] | None:
        """Which version of the file is there, or None where there is none."""
        try:
            stat = self._file.stat()
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns
