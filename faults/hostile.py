"""A member who makes the product compute as much as anybody can."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2

from faults.report import Row
from faults.stage import Stage, stage, tally
from fluxstudio.core.events import new_id
from tests.support.automating import KEEP

SLOW = ("{% if event.long" + "|upper|lower" * 7 + "|length %}{% endif %}") * 18
RULE: dict[str, Any] = {
    "when": {"event": "github.issues"},
    "do": {
        "operation": "github.create_issue",
        "arguments": {
            "owner": "harbour-pine",
            "repo": "tidewater-web",
            "title": "x",
            "labels": [f"{number}{SLOW}" for number in range(20)],
        },
    },
}
SLOWEST_SECONDS, MOST_ADDED_MIB = 0.1, 30


async def hostile_member(dry_runs: int = 40, at_once: int = 8) -> Row:
    """F22: dry runs of the worst kind, many at once; how long `/health` takes meanwhile."""
    async with stage() as here:
        [server] = await here.processes(1)
        await _prepare(here, server.base)
        before = _resident(server.process.pid)
        slowest: list[float] = []
        outcomes: Counter[str] = Counter()
        turns = asyncio.Semaphore(at_once)

        async def one() -> None:
            async with turns:
                answer = await here.client.post(
                    f"{server.base}/api/dry-run", json={"definition": RULE}, timeout=120
                )
                outcomes[f"{answer.status_code} {answer.json().get('code', '')}".strip()] += 1

        attack = asyncio.gather(*(one() for _ in range(dry_runs)))
        async with httpx2.AsyncClient() as neighbour:
            while not attack.done():
                begun = time.monotonic()
                await neighbour.get(f"{server.base}/health", timeout=60)
                slowest.append(time.monotonic() - begun)
                await asyncio.sleep(0.02)
        await attack
        added = _resident(server.process.pid) - before
        slowest.sort()
        return Row(
            "F22 hostile member",
            f"/health ≤ {SLOWEST_SECONDS * 1000:.0f} ms, ended with a problem, ≤ {MOST_ADDED_MIB} MiB added",
            f"{tally(outcomes)}; /health p50 {slowest[len(slowest) // 2] * 1000:.0f} ms, slowest "
            f"{slowest[-1] * 1000:.0f} ms of {len(slowest)}; {added:.0f} MiB added",
            slowest[-1] <= SLOWEST_SECONDS
            and added <= MOST_ADDED_MIB
            and all(outcome.startswith(("400", "429", "503")) for outcome in outcomes),
        )


async def _prepare(here: Stage, base: str) -> None:
    grant = await here.grant()
    for _ in range(20):
        await here.running.services.db.execute(
            KEEP, new_id(time.time()), "github", "issues", grant["account_id"], {"long": "ä" * 19_000}
        )
    for _ in range(5):
        await here.client.post(f"{base}/api/dry-run", json={"definition": {**RULE, "do": {}}})


def _resident(pid: int) -> float:
    """MiB of memory that a process has to itself and shares."""
    line = next(
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")
    )
    return int(line.split()[1]) / 1024
