"""A PgBouncer of Debian's in front of a database of the tests."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fluxstudio.kit.postgres.server.account import ServerAccount
from tests.support.process import ROOT

CONFIGURATION = """
[databases]
{database} = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listens}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = 30
ignore_startup_parameters = extra_float_digits
"""


def program() -> Path:
    """Where it is; `make test` provides it."""
    place = shutil.which("pgbouncer", path=f"{ROOT / '.cache/bin'}{os.pathsep}/usr/sbin")
    assert place, "pgbouncer is missing: `make test` installs it."
    return Path(place).resolve()


@asynccontextmanager
async def pgbouncer(target: Mapping[str, Any], mode: str) -> AsyncIterator[dict[str, Any]]:
    """One that pools by `transaction` or `session`; the way to the database through it."""
    with TemporaryDirectory(prefix="fluxstudio-pgbouncer-") as place, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        settings = Path(place) / "pgbouncer.ini"
        settings.write_text(CONFIGURATION.format(**target, mode=mode, listens=port))
        # It refuses to run as root, and not everybody may enter the folder of the server's socket.
        account = ServerAccount.for_data(Path(target["host"]), "nobody")
        for path in (Path(place), settings):
            account.own(path)
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            program(), "--quiet", settings, stdout=quiet, stderr=quiet, **account.process_options()
        )
        try:
            await _until_it_listens(port)
            yield {**target, "host": "127.0.0.1", "port": port}
        finally:
            process.terminate()
            await process.wait()


async def _until_it_listens(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
