"""In which order workers are given the tests."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import TESTS, dealt


def items(folder: str, count: int) -> list[Any]:
    path = Path(TESTS, folder, "test_some.py")
    return [SimpleNamespace(name=f"{folder} {number}", path=path, fixturenames=()) for number in range(count)]


@pytest.mark.parametrize("workers", [1, 2, 4, 7])
@pytest.mark.parametrize(("slow", "quick"), [(0, 9), (3, 0), (5, 40), (40, 5), (1, 1)])
def test_every_test_is_run_once_whatever_the_number_of_workers(workers: int, slow: int, quick: int) -> None:
    every = [*items("core", quick), *items("chaos", slow)]
    assert sorted(item.name for item in dealt(every, workers)) == sorted(item.name for item in every)


def test_each_worker_begins_with_a_share_of_the_slow_ones() -> None:
    order = [item.name.split()[0] for item in dealt([*items("core", 30), *items("chaos", 10)], 2)]
    assert order == ["chaos"] * 5 + ["core"] * 15 + ["chaos"] * 5 + ["core"] * 15
