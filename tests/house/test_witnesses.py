"""The npm packages that stand as witnesses: exactly the locked ones, fetched once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.house.repository import ROOT
from tools import node, witnesses

LOCK = ROOT / "tests" / "witnesses" / "package-lock.json"


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An npm that only notes how it was called; returns its log."""
    program = tmp_path / "npm"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/npm.log\n')
    program.chmod(0o755)
    shutil.copytree(LOCK.parent, tmp_path / "source")
    monkeypatch.setattr(node, "npm", lambda: [program])
    monkeypatch.setattr(witnesses, "SOURCE", tmp_path / "source")
    monkeypatch.setattr(witnesses, "FOLDER", tmp_path / "installed")
    return tmp_path / "npm.log"


def test_witnesses_are_installed_from_their_lock_and_only_once(npm: Path, tmp_path: Path) -> None:
    witnesses.provide()
    witnesses.provide()
    assert npm.read_text().splitlines() == [" ".join(("ci", *witnesses.QUIETLY))]
    assert (tmp_path / "installed/package-lock.json").read_bytes() == LOCK.read_bytes()


def test_witnesses_are_installed_anew_when_their_lock_changes(npm: Path, tmp_path: Path) -> None:
    witnesses.provide()
    (tmp_path / "source/package-lock.json").write_text("{}")
    witnesses.provide()
    assert len(npm.read_text().splitlines()) == 2


def test_every_witness_is_pinned_by_version_and_digest_and_names_no_place() -> None:  # R56
    lock = json.loads(LOCK.read_text())
    asked = json.loads(LOCK.with_name("package.json").read_text())["dependencies"]
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert {f"node_modules/{name}": version for name, version in asked.items()}.items() <= {
        name: entry["version"] for name, entry in packages.items()
    }.items()
    for name, entry in packages.items():
        assert entry["integrity"].startswith("sha512-"), name
        assert "resolved" not in entry, name
