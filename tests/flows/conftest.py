"""What the tests of flows share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.clinic import Clinic


@pytest.fixture
def clinic(database: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """Examines installations over this test's database, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return Clinic(tmp_path / "home", database, monkeypatch)
