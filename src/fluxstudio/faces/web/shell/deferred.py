"""What a page does while it waits for what it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

# A page waits this long for what others answer, then shows a skeleton that asks again.
SKELETON_AFTER_SECONDS = 0.12


async def settled(tasks: Iterable[asyncio.Task[Any]], *, waits: bool) -> bool:
    """Whether all of these are done after a moment, or in the end where the page `waits` for them.

    Those that are not go on, and leave what they are answered to whoever asks next.
    """
    _, pending = await asyncio.wait(set(tasks), timeout=None if waits else SKELETON_AFTER_SECONDS)
    for task in pending:
        task.add_done_callback(lambda late: late.exception())
    return not pending
