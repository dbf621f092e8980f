"""Databases in the state that is to be measured."""

from __future__ import annotations

import asyncio
import os

import asyncpg

# Several times the log that the server keeps between two checkpoints.
ROUNDS = 4
WRITTEN = "INSERT INTO bench_worn_in SELECT repeat(md5(n::text), 60) FROM generate_series(1, 100000) AS n"


async def settled(superuser: str) -> None:
    """Let everything be on disk, so that what is measured next does not wait for what came before."""
    connection = await asyncpg.connect(superuser)
    await connection.execute("CHECKPOINT")
    await connection.close()
    await asyncio.to_thread(os.sync)


async def worn_in(superuser: str) -> None:
    """Let a new database be like one in use: the files of its log are there and only written over.

    Making one more of them, 16 MB of zeros, holds up every commit for 10 ms; a database in use does so no
    more.
    """
    connection = await asyncpg.connect(superuser)
    await connection.execute("CREATE TABLE bench_worn_in (text text)")
    for _ in range(ROUNDS):
        await connection.execute(WRITTEN)
        await connection.execute("TRUNCATE bench_worn_in")
        await connection.execute("CHECKPOINT")
    await connection.execute("DROP TABLE bench_worn_in")
    await connection.close()
    await settled(superuser)
