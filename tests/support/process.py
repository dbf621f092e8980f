"""The product as a process of its own, for promises that only hold if they survive a signal."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from fluxstudio.commands.simulated import stand_in
from fluxstudio.sdk.simulation import Simulator
from tests.support.running import GENEROUS, SECRET, Running
from tests.support.workspace import COMPILED
from tests.support.zygote import ForkedProcess, start_forked

ROOT = Path(__file__).parents[2]
# A PYTHONPATH under which CLOCK_SHIFT says how many seconds the clock is off.
SHIFTED = f"{ROOT / 'tests/support/shifted'}{os.pathsep}{ROOT / 'src'}"
# The same for every process over one database; obviously not a real key.
KEYS = "test:" + "A" * 43 + "="


def dsn_of(target: Mapping[str, Any]) -> str:
    """The arguments of `asyncpg.connect` as an address."""
    user, password = quote(target["user"]), quote(target["password"])
    host = quote(str(target["host"]), safe="")
    return f"postgresql://{user}:{password}@/{target['database']}?host={host}&port={target.get('port', 5432)}"


def environment(
    target: Mapping[str, Any], home: Path, port: int, simulators: Mapping[str, Simulator]
) -> dict[str, str]:
    """Settings of a process that uses this database and these simulators."""
    results = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONPYCACHEPREFIX": str(COMPILED),
        "PORT": str(port),
        "FLUXSTUDIO_HOME": str(home),
        "DATABASE_URL": dsn_of(target),
        "JWT_SECRET": SECRET,
        "ENCRYPTION_KEYS": KEYS,
        "DRAIN_SECONDS": "10",
        **{name.upper(): limit for name, limit in GENEROUS.items()},
    }
    for name, simulator in simulators.items():
        prefix = name.upper()
        results |= {f"{prefix}_CLIENT_ID": simulator.app_id, f"{prefix}_CLIENT_SECRET": simulator.app_secret}
        results |= {f"{prefix}_{role.upper()}_URL": simulator.url(role) for role in simulator.hosts}
        secrets = stand_in(name, simulator, f"http://127.0.0.1:{port}").others
        results |= {f"{prefix}_{setting.upper()}": secret for setting, secret in secrets.items()}
    return results


@dataclass
class Served:
    """A `fluxstudio serve` process and its address."""

    base: str
    process: asyncio.subprocess.Process | ForkedProcess
    log: Path

    def kill(self) -> None:
        """End it at once, without a chance to clean up."""
        self.process.send_signal(signal.SIGKILL)

    async def ready(self, seconds: float = 240) -> None:
        """Wait until it answers."""
        async with asyncio.timeout(seconds), httpx2.AsyncClient() as client:
            while True:
                assert self.process.returncode is None, self.log.read_text()
                try:
                    if (await client.get(f"{self.base}/ready")).status_code == 200:
                        return
                except httpx2.TransportError:
                    await asyncio.sleep(0.05)


@asynccontextmanager
async def served(
    running: Running,
    target: Mapping[str, Any],
    home: Path,
    port: int = 0,
    /,
    *,
    python: str | None = None,
    **further: str,
) -> AsyncIterator[Served]:
    """Run `fluxstudio serve` beside a running product, over the same database and simulators.

    `port` is any free one, or one that a process had before; `python` that of another version's set-up.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        port = probe.getsockname()[1]
    home.mkdir(parents=True, exist_ok=True)
    log = home / f"serve-{port}.log"
    variables = environment(target, home, port, running.simulators) | further
    process: asyncio.subprocess.Process | ForkedProcess
    with log.open("wb") as output:
        if python is None and further.get("PYTHONPATH") is None:
            process = await start_forked("serve", cwd=home, env=variables, out=output, err=output)
        else:
            process = await asyncio.create_subprocess_exec(
                *(python or sys.executable, "-m", "fluxstudio", "serve"),
                cwd=home,
                env=variables,
                stdout=output,
                stderr=output,
            )
    result = Served(f"http://127.0.0.1:{port}", process, log)
    try:
        await result.ready()
        yield result
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
