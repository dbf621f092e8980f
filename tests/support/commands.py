"""The product's commands as processes of their own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.process import environment
from tests.support.zygote import run_forked


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    errors: str


async def begun(
    words: str, target: Mapping[str, Any], home: Path, **settings: str
) -> asyncio.subprocess.Process:
    """Start `fluxstudio <words>` over a database, with the keys of a data folder unless told otherwise."""
    variables = environment(target, home, 8000, {}) | {"ENCRYPTION_KEYS": ""} | settings
    home.mkdir(parents=True, exist_ok=True)
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fluxstudio", *words.split(), cwd=home, env=variables, stdout=pipe, stderr=pipe
    )


async def fluxstudio(words: str, target: Mapping[str, Any], home: Path, **settings: str) -> Done:
    """Run `fluxstudio <words>` to its end."""
    variables = environment(target, home, 8000, {}) | {"ENCRYPTION_KEYS": ""} | settings
    home.mkdir(parents=True, exist_ok=True)
    code, out, text = await run_forked(*words.split(), cwd=home, env=variables)
    return Done(code, out.decode(), text.decode())
