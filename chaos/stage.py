"""Where experiments happen: a database of their own, simulated providers, and server processes to hurt."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
from pydantic import SecretStr

from chaos.clusters import migrated_server
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
from tests.support.process import KEYS, Served, served
from tests.support.running import Running, started

# Another page each time, so that no cache answers.
PAGES = "/api/integrations/github/repositories?per_page=1&page={number}"
ISSUES = "/api/integrations/github/repositories/ada-park/sketchbook/issues"
REPOSITORIES = "/api/integrations/github/repositories"
ACCESS = r"POST .*/login/oauth/access_token$"


@dataclass
class Stage:
    """One database, simulated providers, and a user who has GitHub connected with expiring tokens."""

    home: Path
    postgres: EmbeddedPostgres
    running: Running
    client: httpx2.AsyncClient
    connection: str
    account: str
    stack: AsyncExitStack = field(repr=False)
    made: int = 0
    processes_started: int = 0

    @property
    def target(self) -> dict[str, Any]:
        """Where the database is."""
        return self.postgres.connect_kwargs

    async def processes(self, count: int, **settings: str) -> list[Served]:
        """Start server processes, all over the one database."""
        opened = [
            served(self.running, self.target, self.home / f"process{number}", **settings)
            for number in range(self.processes_started, self.processes_started + count)
        ]
        self.processes_started += count
        return list(await asyncio.gather(*(self.stack.enter_async_context(one) for one in opened)))

    async def age(self, seconds: float, *, lifetime: float = 28800) -> None:
        """Let the grants have this many seconds to live."""
        await self.running.services.db.execute(
            "UPDATE oauth_tokens SET expires_at = now() + $1, refreshed_at = now() + $1 - $2::interval, "
            "refresh_after = NULL WHERE is_active",
            timedelta(seconds=seconds),
            timedelta(seconds=lifetime),
        )

    async def forget(self) -> None:
        """Empty the cache, so that reads go to the provider."""
        await self.running.services.db.execute("DELETE FROM provider_cache")

    async def grant(self) -> dict[str, Any]:
        """The grant's row."""
        return await self.running.grant_of(self.connection)

    def refreshes(self) -> int:
        """How often a token was asked for since the connect."""
        return len(self.running.seen("github", ACCESS)) - 1

    async def call(
        self,
        process: Served,
        path: str = PAGES,
        *,
        method: str = "GET",
        json: Any = None,
        explained: bool = False,
    ) -> str:
        """One call; its status, or the name of what went wrong on the way. `{number}` differs each time.

        A failure is `explained` by its message behind the status.
        """
        self.made += 1
        address = process.base + path.format(number=self.made)
        try:
            answer = await self.client.request(method, address, json=json)
        except httpx2.TransportError as error:
            return type(error).__name__
        if explained and answer.status_code >= 500:
            return f"{answer.status_code} {answer.json()['message']}"
        return str(answer.status_code)

    async def calls(
        self, processes: Sequence[Served], count: int, path: str = PAGES, *, at_once: int = 50
    ) -> Counter[str]:
        """Many calls spread over processes; how often each outcome was seen."""
        turn = asyncio.Semaphore(at_once)

        async def one(number: int) -> str:
            async with turn:
                return await self.call(processes[number % len(processes)], path)

        return Counter(await asyncio.gather(*(one(number) for number in range(count))))


@asynccontextmanager
async def stage(**settings: Any) -> AsyncIterator[Stage]:
    """A stage that is gone afterwards, with everything on it."""
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="fluxstudio-faults-")))
        home.chmod(0o711)
        postgres = await stack.enter_async_context(await migrated_server(home / "database"))
        start = await stack.enter_async_context(started(postgres.connect_kwargs, home / "first"))
        running = await start(**{"encryption_keys": SecretStr(KEYS), **settings})
        running.simulators["github"].world.data["app"]["kind"] = "github_app"
        client = await running.client()
        connection = await running.connect(client, "github")
        account = (await running.grant_of(connection))["account_id"]
        yield Stage(home, postgres, running, client, connection, account, stack)


async def until(true: Callable[[], bool], seconds: float = 15) -> float:
    """Wait for something that happens elsewhere; how many seconds it took. Raises `TimeoutError`."""
    begun = asyncio.get_running_loop().time()
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)
    return asyncio.get_running_loop().time() - begun


def tally(outcomes: Counter[str]) -> str:
    """Outcomes in words: `200 × 180, 502 × 20`."""
    return ", ".join(f"{outcome} × {count}" for outcome, count in sorted(outcomes.items()))
