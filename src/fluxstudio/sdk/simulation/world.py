"""A simulator's memory: plain JSON that survives a restart when it is given a file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec


class SimulatedClock:
    """The simulated provider's clock: the real one plus however far it was moved."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        """Move the clock on; negative values move it back."""
        self.offset += seconds


class World:
    """The state of one simulator.

    `data` is a tree of JSON values seeded on first use. `save` writes it whole and atomically, to the file if
    there is one; what cannot be written is not kept: `data` then is what it was when it was last saved.
    """

    def __init__(self, seed: Callable[[], dict[str, Any]], file: Path | None = None) -> None:
        self._seed = seed
        self._file = file
        self.data = self._read() or seed()
        self._saved = msgspec.json.encode(self.data)

    def _read(self) -> dict[str, Any] | None:
        if self._file is None or not self._file.exists():
            return None
        try:
            data = msgspec.json.decode(self._file.read_bytes())
        except msgspec.DecodeError:
            return None
        return data if isinstance(data, dict) else None

    def save(self) -> None:
        """Keep the state, also for the next start. Raises `TypeError`, `ValueError` for what is no JSON."""
        try:
            self._saved = msgspec.json.encode(self.data)
        except (TypeError, ValueError, RecursionError):
            self.restore()
            raise
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(self._saved)
        os.replace(fresh, self._file)  # noqa: PTH105 - atomic, and both are in one folder

    def restore(self) -> None:
        """Go back to what was last saved."""
        self.data = msgspec.json.decode(self._saved)

    def reset(self) -> None:
        """Begin again from the seed."""
        self.data = self._seed()
        self.save()
