"""The commands, started as people and scripts start them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.process import environment
from tests.support.zygote import run_forked


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    status: int | None
    out: str
    err: str


async def run(*arguments: str, **variables: str) -> Outcome:
    """Run a command in its data folder, to its end."""
    return await run_in(Path(variables["FLUXSTUDIO_HOME"]), *arguments, **variables)


async def run_in(folder: Path, *arguments: str, **variables: str) -> Outcome:
    """Run a command in a folder, to its end."""
    async with asyncio.timeout(60):
        code, out, err = await run_forked(*arguments, cwd=folder, env=variables)
    return Outcome(code, out.decode(), err.decode())


def variables_for(home: Path, target: Mapping[str, Any] | None = None, **further: str) -> dict[str, str]:
    """Settings of a command; without a target it has the database of its own."""
    some = {"user": "nobody", "password": "not-a-real-password", "host": "/nowhere", "database": "none"}
    result = environment(target or some, home, 8000, {})
    if target is None:
        result.pop("DATABASE_URL")
    return {**result, **further}
