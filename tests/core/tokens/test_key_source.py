"""Where keys are kept: a file that changes under whoever reads it, or settings that do not."""

from __future__ import annotations

import stat
from pathlib import Path

from fluxstudio.core.tokens.key_source import ConfiguredKeys, KeyFile
from fluxstudio.kit.sealing import Keyset


def test_a_changed_key_file_is_noticed_once(tmp_path: Path) -> None:  # R16
    reader, writer = KeyFile(tmp_path), KeyFile(tmp_path)
    first = reader.read()
    assert reader.changed() is None
    writer.add("k2")
    result = reader.changed()
    assert result is not None
    assert (result.primary, set(result.keys), result.keys["k1"]) == ("k1", {"k1", "k2"}, first.keys["k1"])
    assert reader.changed() is None


def test_a_key_that_is_added_does_not_come_first(tmp_path: Path) -> None:  # R16
    file = KeyFile(tmp_path)
    file.add("k2")
    assert file.read().primary == "k1"
    assert stat.S_IMODE((tmp_path / "encryption.keys").stat().st_mode) == 0o600


def test_a_key_is_removed_for_good_but_never_the_last(tmp_path: Path) -> None:
    file = KeyFile(tmp_path)
    file.add("k2")
    assert file.remove("k1")
    assert not file.remove("k1")
    assert not file.remove("k2")
    assert set(file.read().keys) == {"k2"}


def test_a_key_file_that_is_damaged_or_gone_is_not_taken_for_a_change(tmp_path: Path) -> None:  # R16
    file = KeyFile(tmp_path)
    file.read()
    path = tmp_path / "encryption.keys"
    path.write_text("k1:damaged")
    assert file.changed() is None
    path.unlink()
    assert file.changed() is None


def test_configured_keys_stay_what_they_are_and_show_nothing() -> None:  # R17
    text = Keyset.new().text()
    source = ConfiguredKeys(text)
    assert source.read().text() == text
    assert source.changed() is None
    assert text[3:] not in repr(source)
