"""Keys that are changed under load, by a command that is killed on the way."""

from __future__ import annotations

import asyncio
import re
import signal
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from chaos.report import Row
from chaos.stage import PAGES, Stage, stage, tally
from tests.support.commands import begun, fluxstudio
from tests.support.crowd import crowd
from tests.support.process import Served

# Seconds: the commands themselves need a processor that the calls need too.
BETWEEN = 5
REFRESHES = "SELECT count(*) FROM audit_log WHERE action = 'refresh' AND outcome = 'done'"
OLD_ONES = "SELECT count(*) FROM oauth_tokens WHERE sealed_by <> $1"
AGEING = """
UPDATE oauth_tokens
SET expires_at = now() + $1, refreshed_at = now() - interval '7 hours', refresh_after = NULL
WHERE provider = 'github'
"""


async def key_rotation(
    seconds: float = 20, *, rate: float = 200, accounts: int = 5_000, processes: int = 2, pace: float = 0.9
) -> Row:
    """F16: make, rotate to and retire keys while calls, refreshes and connects go on; kill one rotation.

    `pace` is the share of `rate` that has to be reached.
    """
    async with stage(encryption_keys=None) as here:
        servers = await here.processes(
            processes,
            ENCRYPTION_KEYS="",
            FLUXSTUDIO_HOME=str(here.home / "first"),
            RATE_LIMIT_USER="1000000/minute",
        )
        services = here.running.services
        await crowd(services.db, services.vault, accounts)
        traffic = Traffic(here, servers, rate)
        going = asyncio.create_task(traffic.go())
        begun_at, rotations = asyncio.get_running_loop().time(), 1
        try:
            halfway = await _rotated(here, "k2", kill=True)
            while asyncio.get_running_loop().time() - begun_at < seconds:
                await asyncio.sleep(BETWEEN)
                rotations += 1
                await _rotated(here, f"k{rotations + 1}")
        finally:
            traffic.enough.set()
            await going
        left = await services.db.fetchval(OLD_ONES, f"k{rotations + 1}")
        refreshes = await services.db.fetchval(REFRESHES)
        fine = set(traffic.outcomes) == {"200"} and refreshes > 0 and left == 0 and 0 < halfway < accounts
        return Row(
            f"F16 {rotations} key rotations at {rate:.0f} calls/s, one killed",
            "0 failures, the sweep resumes",
            f"{traffic.pace:.0f} calls/s: {tally(traffic.outcomes)}; {refreshes} refreshes, "
            f"{traffic.connects} connects; killed after {halfway:,} of {accounts:,}, {left} left at the end",
            fine,
            traffic.pace >= pace * rate,
        )


@dataclass
class Traffic:
    """Calls at a steady pace on all processes, while tokens are refreshed and accounts connected."""

    here: Stage
    servers: list[Served]
    rate: float
    outcomes: Counter[str] = field(default_factory=Counter)
    connects: int = 0
    pace: float = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    # What the client's own pool carries: a slow machine lowers the pace and fails nothing.
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(60))

    async def go(self) -> None:
        """Go on until it is enough."""
        now = asyncio.get_running_loop().time
        begun_at, calls = now(), 0
        async with asyncio.TaskGroup() as group:
            group.create_task(self._refresh_and_connect())
            while not self.enough.is_set():
                await self.room.acquire()
                group.create_task(self._call(self.servers[calls % len(self.servers)]))
                calls += 1
                await asyncio.sleep(max(0.0, begun_at + calls / self.rate - now()))
        self.pace = calls / (now() - begun_at)

    async def _call(self, server: Served) -> None:
        self.outcomes[await self.here.call(server, PAGES, explained=True)] += 1
        self.room.release()

    async def _refresh_and_connect(self) -> None:
        running = self.here.running
        while not self.enough.is_set():
            # Each refresh kills the token that calls under way use: seldom enough for one replay to do.
            if self.connects % 4 == 0:
                await running.services.db.execute(AGEING, timedelta(seconds=100))
                await running.services.db.execute("DELETE FROM provider_budgets")
                running.simulators["github"].budgets.reset()
            self.connects += 1
            try:
                await running.connect(await running.client(f"user{self.connects}"), "slack")
            except AssertionError as error:
                self.outcomes[f"connect: {error}"] += 1
            await asyncio.sleep(0.5)


async def _rotated(here: Stage, key_id: str, *, kill: bool = False) -> int:
    """Make the next key, rotate to it and retire the one before; how far the killed rotation came."""
    before = f"k{int(key_id[1:]) - 1}"
    db = here.running.services.db
    halfway = 0
    await _keys(here, "new")
    if kill:
        total = await db.fetchval(OLD_ONES, key_id)
        sweep = await begun("keys rotate --at-a-time 2", here.target, here.home / "first")
        async with asyncio.timeout(30):
            while await db.fetchval(OLD_ONES, key_id) > 0.9 * total:
                await asyncio.sleep(0.005)
        sweep.send_signal(signal.SIGKILL)
        await sweep.communicate()
        halfway = total - await db.fetchval(OLD_ONES, key_id)
    text = await _keys(here, "rotate")
    assert re.search(rf"Now encrypting with “{key_id}”", text), text
    await _keys(here, f"retire {before}")
    return halfway


async def _keys(here: Stage, words: str) -> str:
    done = await fluxstudio(f"keys {words}", here.target, here.home / "first")
    assert done.code == 0, done.errors
    return done.errors
