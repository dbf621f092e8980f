"""Servers in processes of their own, so that none shares an interpreter with another or with the load."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import psutil

from bench.browser import Browser
from bench.wire import Refused

ROOT = Path(__file__).parents[1]
READY = "/ready"


class Processes:
    """Starts servers on the loopback; all of them end with this.

    What they say is kept in `said.log` of the folder, and quoted when one does not start.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = AsyncExitStack()
        # Of everything that was started, in order.
        self.pids: list[int] = []
        self._servers: dict[str, psutil.Process] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def role(self, role: str, *arguments: str, port: int | None = None) -> str:
        """Start one of `bench.roles`; its address."""
        port = port or free_port()
        started = await self._run(sys.executable, "-m", "bench.roles", role, str(port), *arguments)
        return await self._ready(port, started)

    async def product(self, *options: str, **settings: str) -> str:
        """Start the product as people run it; its address."""
        port = free_port()
        command = (sys.executable, "-m", "fluxstudio", "serve", *options)
        started = await self._run(*command, PORT=str(port), **settings)
        return await self._ready(port, started)

    async def worker(self, port: int, **settings: str) -> str:
        """Start a process that works; the address of its probes."""
        command = (sys.executable, "-m", "fluxstudio", "worker")
        return await self._ready(port, await self._run(*command, WORKER_PORT=str(port), **settings))

    async def redis(self) -> str:
        """Start Redis; its address, empty where this machine has none."""
        program = shutil.which("redis-server", path=f"{ROOT / '.cache/bin'}:{os.environ['PATH']}")
        if program is None:
            return ""
        port = free_port()
        await self._run(
            program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"
        )
        return f"redis://127.0.0.1:{port}"

    def processor_seconds(self, url: str) -> float:
        """What the server of a URL has taken of a processor so far; whatever else it asks is not counted."""
        times = self._servers[urlsplit(url).netloc].cpu_times()
        return times.user + times.system

    async def _run(self, *command: str, **settings: str) -> asyncio.subprocess.Process:
        variables = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", **settings}
        with (self._folder / "said.log").open("ab") as text:
            started = await asyncio.create_subprocess_exec(
                *command, cwd=self._folder, env=variables, stdout=text, stderr=text
            )
        self.pids.append(started.pid)
        self._stack.push_async_callback(_ended, started)
        return started

    async def _ready(self, port: int, started: asyncio.subprocess.Process, seconds: float = 90) -> str:
        base = f"http://127.0.0.1:{port}"
        until = time.monotonic() + seconds
        while time.monotonic() < until and started.returncode is None:
            try:
                async with Browser() as browser:
                    await browser.ask("GET", base + READY)
                self._servers[urlsplit(base).netloc] = psutil.Process(started.pid)
                return base
            except (OSError, Refused):
                await asyncio.sleep(0.05)
        raise Refused(f"A server did not start:\n{(self._folder / 'said.log').read_text()[-2000:]}")


def free_port() -> int:
    """A port of the loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _ended(started: asyncio.subprocess.Process) -> None:
    if started.returncode is not None:
        return
    started.terminate()
    try:
        await asyncio.wait_for(started.wait(), 15)
    except TimeoutError:
        started.kill()
        await started.wait()
