"""Homes of servers, looked at from outside."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg

from fluxstudio.kit.postgres.embedded import EmbeddedPostgres

Run = Callable[..., Awaitable[Any]]
AS_ROOT = os.geteuid() == 0


def processes_of(home: Path) -> list[int]:
    """Every process that has `home` among its arguments, and their children."""
    results: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, parent = int(status.parent.name), int(status.read_text().rpartition(")")[2].split()[1])
            if str(home) in (status.parent / "cmdline").read_text():
                results[pid] = pid
            results.setdefault(pid, parent)
        except OSError:
            continue
    servers = {pid for pid, itself in results.items() if pid == itself}
    return [pid for pid, parent in results.items() if parent in servers]


async def until_gone(home: Path) -> bool:
    """Whether all processes of the home end soon; where they stay, this waits for a minute."""
    for _ in range(3000):
        if not processes_of(home):
            return True
        await asyncio.sleep(0.02)
    return False


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def ask(server: EmbeddedPostgres, query: str) -> object:
    connection = await asyncpg.connect(server.dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()
