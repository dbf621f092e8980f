"""The servers that are measured, each in a process of its own, and three people with Figma connected."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import OctKey
from redis.asyncio import Redis

from bench.browser import Browser
from bench.wire import Refused
from fluxstudio.core.registry import discover
from fluxstudio.demo import simulator_of
from fluxstudio.kit.postgres.embedded import make_home
from fluxstudio.sdk import Provider
from fluxstudio.sdk.simulation import Simulator

ROOT = Path(__file__).parents[1]
SECRET = "not-a-real-secret-not-a-real-secret"
READY = "/ready"
# Figma keeps one live token for each account: each person has an account of their own.
PEOPLE = ("ada", "tomas", "mei")


def figma() -> tuple[Provider, Simulator]:
    """The provider that is connected and called, and a simulator of it."""
    provider = next(provider for provider, _ in discover() if provider.id == "figma")
    return provider, simulator_of(provider)


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the product: their API token, their browser, and their account at Figma."""

    token: str
    browser: Browser
    account: str


@dataclass(frozen=True, slots=True)
class Stage:
    """Base addresses of the servers, the people, and the warm call's path. `redis` says whether there is one."""

    product: str
    bare: str
    authlib: str
    people: tuple[Person, ...]
    call: str
    redis: bool


def free_port() -> int:
    """A port of the loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def process(*command: str, folder: Path, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a command in a folder for as long as this lasts; what it says is kept there."""
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", **settings}
    with (folder / "said.log").open("ab") as said:
        started = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=variables, stdout=said, stderr=said
        )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.terminate()
            try:
                await asyncio.wait_for(started.wait(), 15)
            except TimeoutError:
                started.kill()
                await started.wait()


async def answering(url: str, started: asyncio.subprocess.Process, folder: Path, seconds: float = 30) -> None:
    """Wait until a server is ready. Raises `Refused` with what it said when it ends or takes too long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and started.returncode is None:
        try:
            async with Browser() as browser:
                await browser.ask("GET", url)
                return
        except (OSError, Refused):
            await asyncio.sleep(0.05)
    raise Refused(f"{url} never became ready:\n{(folder / 'said.log').read_text()[-2000:]}")


class Director:
    """Starts servers; they all end with its stack."""

    def __init__(self, stack: AsyncExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder

    async def role(self, role: str, *arguments: str, port: int | None = None) -> str:
        """Start a role of `bench.serve`; its address."""
        port = port or free_port()
        command = (sys.executable, "-m", "bench.serve", role, str(port), *arguments)
        started = await self._stack.enter_async_context(process(*command, folder=self._folder))
        base = f"http://127.0.0.1:{port}"
        await answering(f"{base}{READY}", started, self._folder)
        return base

    async def product(self, simulator: str) -> str:
        """Start the product as people run it, with Figma at the simulator; its address."""
        _, simulated = figma()
        port = free_port()
        home = self._folder / "home"
        make_home(home)
        settings = {
            "PORT": str(port),
            "FLUXSTUDIO_HOME": str(home),
            "JWT_SECRET": SECRET,
            "FIGMA_CLIENT_ID": simulated.app_id,
            "FIGMA_CLIENT_SECRET": simulated.app_secret,
            **{f"FIGMA_{role.upper()}_URL": f"{simulator}/{host}" for role, host in simulated.hosts.items()},
        }
        command = (sys.executable, "-m", "fluxstudio", "serve")
        started = await self._stack.enter_async_context(process(*command, folder=self._folder, **settings))
        base = f"http://127.0.0.1:{port}"
        await answering(f"{base}{READY}", started, self._folder)
        return base

    async def redis(self, answer: bytes) -> str:
        """Start Redis with one answer in it; its address, empty where there is no Redis."""
        found = shutil.which("redis-server", path=f"{ROOT / '.cache/bin'}:{os.environ['PATH']}")
        if found is None:
            return ""
        port = free_port()
        options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
        await self._stack.enter_async_context(process(found, *options, folder=self._folder))
        store = Redis.from_url(f"redis://127.0.0.1:{port}")
        self._stack.push_async_callback(store.aclose)
        for _ in range(200):
            try:
                await store.set("answer", answer)
            except ConnectionError:
                await asyncio.sleep(0.02)
        return f"redis://127.0.0.1:{port}"


def signed(person: str) -> str:
    """An API token of a person, valid for an hour."""
    claims = {"sub": person, "email": f"{person}@example.com", "exp": int(time.time()) + 3600}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
