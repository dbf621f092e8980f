"""Use the server of a home until the input ends: `use_home.py HOME [USER]`.

Started as root with a USER, it becomes that user first: after importing everything, since the interpreter
itself may lie where only root can read.
"""

# ruff: noqa: F401 - imported while that can still be done

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import encodings.idna
import json
import os
import pwd
import stringprep
import sys
from pathlib import Path

import asyncpg

from fluxstudio.kit.postgres.embedded import EmbeddedPostgres


async def main(home: Path) -> None:
    async with EmbeddedPostgres(home) as server:
        connection = await asyncpg.connect(server.dsn)
        print(
            json.dumps({"server": server.pid, "role": await connection.fetchval("SELECT current_user")}),
            flush=True,
        )
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    if len(sys.argv) > 2 and os.geteuid() == 0:
        user = pwd.getpwnam(sys.argv[2])
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    asyncio.run(main(Path(sys.argv[1])))
