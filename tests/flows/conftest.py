"""What the tests of flows share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.clinic import Clinic
from tests.support.conversations import Workspace
from tests.support.running import Running


@pytest.fixture
def clinic(database: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """Examines installations over this test's database, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return Clinic(tmp_path / "home", database, monkeypatch)


@pytest.fixture
async def workspace(running: Running) -> Workspace:
    """A workspace with private conversations, connected by one who is in them and one who is not."""
    return await Workspace.begin(running)
