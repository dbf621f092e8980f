"""Deferred loading: a page waits a moment for what others answer, then shows a skeleton that asks again.

The skeleton (`components/skeleton.html`) asks for the same page with `part` in its address, which waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any, TypeVar

Answer = TypeVar("Answer")

SKELETON_AFTER_SECONDS = 0.12
# The field of an address that asks for the page with everything, and says which part of it is put in.
PART = "part"


def waits_for_all(fields: Mapping[str, str]) -> bool:
    """Whether an address asks for the page with everything, however long that takes."""
    return PART in fields


async def settled(
    tasks: Iterable[asyncio.Task[Any]], *, waits: bool = False, seconds: float | None = None
) -> bool:
    """Whether all are done when a skeleton is due, or after `seconds`, or in the end where a page `waits`.

    Those that are not go on, and leave what they are answered to whoever asks next.
    """
    timeout = None if waits else SKELETON_AFTER_SECONDS if seconds is None else seconds
    _, pending = await asyncio.wait(set(tasks), timeout=timeout)
    for task in pending:
        task.add_done_callback(lambda late: late.exception())
    return not pending


async def in_time(
    asking: Coroutine[Any, Any, Answer], *, waits: bool = False, seconds: float | None = None
) -> asyncio.Task[Answer] | None:
    """The task of one alone if it is done by then, else None; its `result()` may raise. See `settled`."""
    task = asyncio.create_task(asking)
    return task if await settled((task,), waits=waits, seconds=seconds) else None
