"""Work that every process does over and over, for as long as it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from fluxstudio.kit.postgres.database import DatabaseUnavailable

log = structlog.get_logger(__name__)


async def repeat(name: str, work: Callable[[], Awaitable[object]], *, seconds: float) -> None:
    """Pause, do something, and so on. A turn that fails is logged, and the next one comes.

    What waits for the database only is not logged.
    """
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except DatabaseUnavailable:
            # The database tells of that itself, once for everybody who waits for it.
            continue
        except Exception as error:
            log.error("repeated_work_failed", work=name, kind=type(error).__name__)
