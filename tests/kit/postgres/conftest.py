"""Real servers in folders of their own, and other processes that use them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

import fluxstudio
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres

SOURCES = Path(fluxstudio.__file__).parents[1]


class OtherProcess:
    """A Python script that runs beside the test; it prints JSON lines and ends at the end of its input."""

    def __init__(self, process: Process) -> None:
        self.process = process

    @property
    def pid(self) -> int:
        return self.process.pid

    async def says(self) -> Any:
        """The next line it prints; what it printed to the error output if it ended instead."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        line = await self.process.stdout.readline()
        return json.loads(line) if line else (await self.process.stderr.read()).decode()

    async def leave(self) -> int:
        """Let it end by itself; its exit status."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return await self.process.wait()


Run = Callable[..., Awaitable[OtherProcess]]


@pytest.fixture
async def run() -> AsyncIterator[Run]:
    """Start a script of this folder: `await run("use_home.py", home)`."""
    started: list[Process] = []

    async def start(script: str, *arguments: object) -> OtherProcess:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(Path(__file__).with_name(script)), *map(str, arguments)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={**os.environ, "PYTHONPATH": str(SOURCES)},
            start_new_session=True,
        )
        started.append(process)
        return OtherProcess(process)

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


def new_folder() -> Path:
    """A folder that an unprivileged server may pass through, which pytest's own folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    folder.chmod(0o755)
    return folder


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = new_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def used_home() -> AsyncIterator[Path]:
    folder = new_folder()
    async with EmbeddedPostgres(folder / "home"):
        pass
    yield folder / "home"
    shutil.rmtree(folder)


@pytest.fixture
def new_home(folder: Path) -> Path:
    """Where a home may be made."""
    return folder / "home"


@pytest.fixture
def home(new_home: Path, used_home: Path) -> Path:
    """A home that has been used before; copied, since making a database takes longer."""
    subprocess.run(["cp", "-a", used_home, new_home], check=True)
    return new_home


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[EmbeddedPostgres]:
    """A server that no test disturbs. It holds nothing worth the wait for the disk."""
    folder = new_folder()
    settings = {"fsync": "off", "full_page_writes": "off"}
    async with EmbeddedPostgres(folder / "home", name="shop", settings=settings) as server:
        yield server
    shutil.rmtree(folder)


@pytest.fixture
async def dsn(server: EmbeddedPostgres) -> str:
    """The address of an empty database that belongs to the role `shop`."""
    name = f"shop_{uuid4().hex[:8]}"
    connection = await asyncpg.connect(server.superuser_dsn)
    await connection.execute(f"CREATE DATABASE {name} OWNER shop")
    await connection.close()
    return server.dsn.replace("/shop?", f"/{name}?")
