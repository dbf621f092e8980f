"""Database servers of experiments: one is made with its schema, which takes seconds, and then copied."""

from __future__ import annotations

import asyncio
import atexit
import fcntl
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from fluxstudio.core.migrations import migrate_database
from fluxstudio.core.registry import Registry, discover
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
from fluxstudio.settings import ProviderSettings
from tests.support.workspace import VARIABLE

READY = "ready"


async def migrated_server(home: Path) -> EmbeddedPostgres:
    """A server that has yet to be started, whose database has everything but rows."""
    await _copy(await _original(), home)
    return EmbeddedPostgres(home)


async def _original() -> Path:
    """The cluster that the others are copied from; made by the first process that needs it."""
    folder = _folder()
    with (folder / "lock").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        if not (folder / READY).exists():
            async with EmbeddedPostgres(folder / "database") as server:
                registry = Registry(discover(), lambda provider: ProviderSettings())
                await migrate_database(server.connect_kwargs, registry)
            (folder / READY).touch()
    return folder / "database"


@cache
def _folder() -> Path:
    """The workers of a test run share one, which ends with their workspace."""
    if shared := os.environ.get(VARIABLE):
        folder = Path(shared) / "migrated-cluster"
        folder.mkdir(mode=0o711, exist_ok=True)
    else:
        folder = Path(tempfile.mkdtemp(prefix="fluxstudio-faults-cluster-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o711)
    return folder


async def _copy(source: Path, target: Path) -> None:
    """Owners and rights are part of a cluster."""
    copying = await asyncio.create_subprocess_exec("cp", "--archive", str(source), str(target))
    assert await copying.wait() == 0
