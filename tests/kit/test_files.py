"""Small files that are never seen half-written."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from fluxstudio.kit.files import made_once, replaced


def test_a_replaced_file_is_for_its_owner_only_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    made_once(file, lambda: "first")
    replaced(file, "second")
    assert file.read_text() == "second"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys"]


def test_whoever_reads_while_it_is_replaced_gets_a_whole_text(tmp_path: Path) -> None:
    file, done = tmp_path / "keys", Event()
    texts = {letter * length for letter, length in (("a", 10), ("b", 50_000), ("c", 300))}
    replaced(file, "a" * 10)

    def read() -> set[str]:
        seen = set()
        while not done.is_set():
            seen.add(file.read_text())
        return seen

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        for _ in range(20):
            for text in texts:
                replaced(file, text)
        done.set()
        assert reading.result() <= texts


def test_a_file_that_cannot_be_replaced_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keys"
    replaced(file, "first")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replaced(file, "second")
    assert file.read_text() == "first"
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys"]
