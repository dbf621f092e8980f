"""This machine: room on its disk, and what waits there."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

from fluxstudio.flows.doctor.context import Context
from fluxstudio.flows.doctor.finding import MACHINE, Finding, plural

GIGABYTE = 1000**3
TOO_LITTLE = GIGABYTE / 10
LITTLE = GIGABYTE
STUCK_AFTER = 60


async def check_disk(context: Context) -> list[Finding]:
    """Room where the data folder is."""
    home = context.settings.home
    free = (await asyncio.to_thread(shutil.disk_usage, _there(home))).free
    what = f"{free / GIGABYTE:,.1f} GB are free where {home} is."
    mend = f"Make room, or move {home} to a larger disk and point FLUXSTUDIO_HOME at it."
    if free < TOO_LITTLE:
        return [MACHINE.bad("Disk", f"Only {what}", mend)]
    if free < LITTLE:
        return [MACHINE.warning("Disk", f"Only {what}", mend)]
    return [MACHINE.good("Disk", what)]


def _there(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


async def check_spool(context: Context) -> list[Finding]:
    """Renewed tokens that have not reached the database yet."""
    folder = context.settings.home / "spool"
    waiting = await asyncio.to_thread(_waiting, folder)
    stuck = [age for age in waiting if age > STUCK_AFTER]
    if not stuck:
        return [MACHINE.good("Spool", "No renewed access waits for the database.")]
    tokens = plural(len(stuck), "renewed access", "renewed accesses")
    what = f"{tokens} in {folder} wait for the database, the oldest for {max(stuck) / 60:,.0f} minutes."
    mend = "Keep these files, and run FluxStudio with the database and its sealing keys: it brings them in."
    return [MACHINE.warning("Spool", what, mend)]


def _waiting(folder: Path) -> list[float]:
    """The ages of what waits, in seconds."""
    now = time.time()
    return [now - file.stat().st_mtime for file in folder.glob("*.sealed")]
