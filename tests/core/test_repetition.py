"""What every process does over and over goes on, whatever happens to one turn."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from fluxstudio.core.repetition import repeat
from fluxstudio.kit.postgres.database import DatabaseUnavailable


@pytest.mark.parametrize(
    "trouble",
    [DatabaseUnavailable("away"), asyncpg.DeadlockDetectedError("deadlock"), ValueError("a mistake")],
)
async def test_a_turn_that_fails_ends_nothing(trouble: Exception) -> None:
    turns, third = 0, asyncio.Event()

    async def work() -> None:
        nonlocal turns
        turns += 1
        if turns < 3:
            raise trouble
        third.set()

    repeating = asyncio.create_task(repeat("work", work, seconds=0))
    async with asyncio.timeout(30):
        await third.wait()
    repeating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await repeating
