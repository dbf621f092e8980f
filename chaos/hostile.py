"""A member who makes the product compute and store as much as anybody can."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaos.report import Row
from chaos.stage import Stage, stage, tally
from fluxstudio.core.webhooks.events import new_id
from fluxstudio.kit.signatures import sha256
from tests.support.automating import KEEP
from tests.support.process import Served
from tests.support.webhooks import github_event

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
# What a rule of the member looks for in every entry of a large event.
SEARCH = [{"field": "padding.*.message", "is": "contains", "value": "not in there"}] * 20
SLOWEST_SECONDS, MOST_ADDED_MIB = 0.1, 30
MOST_VERSION_BYTES = 8 * 1024 * 1024
MEGABYTE = 1024 * 1024


@dataclass
class Measured:
    """What was seen while something was tried: outcomes, seconds that `/health` took, MiB that were added."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    serving: float = 0.0
    everywhere: float = 0.0

    def words(self) -> str:
        """All of it for a report."""
        ordered = sorted(self.seconds)
        return (
            f"{tally(self.outcomes)}; /health p50 {ordered[len(ordered) // 2] * 1000:.0f} ms, slowest "
            f"{ordered[-1] * 1000:.0f} ms of {len(ordered)}; {self.serving:.0f} MiB added, "
            f"{self.everywhere:.0f} with its workers; load {os.getloadavg()[0]:.0f}"
        )

    @property
    def quick(self) -> bool:
        """Whether nobody else waited."""
        return max(self.seconds) <= SLOWEST_SECONDS


async def hostile_member(
    dry_runs: int = 40, at_once: int = 8, *, week: int = 20, slowest: float = SLOWEST_SECONDS
) -> Row:
    """F22: dry runs of the worst kind on a week of events, many at once; how long `/health` takes meanwhile.

    Each may compute for a second; `/health` must not take longer than `slowest` seconds.
    """
    async with stage() as here:
        [server] = await here.processes(1)
        await _prepare(here, server.base, week)
        async with _measuring(server) as measured:
            await _many(dry_runs, at_once, measured, lambda _: _dry_run(here, server))
        return Row(
            "F22 hostile member",
            f"/health ≤ {slowest * 1000:.0f} ms, ended with a problem, ≤ {MOST_ADDED_MIB} MiB added",
            measured.words(),
            max(measured.seconds) <= slowest
            and measured.serving <= MOST_ADDED_MIB
            and all(outcome.startswith(("400", "429", "503")) for outcome in measured.outcomes),
        )


async def large_events(megabytes: float = 24, count: int = 10) -> Row:
    """F22: the largest events that GitHub sends, one a second."""
    async with stage() as here:
        [server] = await here.processes(1)
        await _prepare(here, server.base)
        async with _measuring(server) as measured:
            for number in range(count):
                begun = time.monotonic()
                request = await asyncio.to_thread(_event, here.account, megabytes, number)
                await _send(here, server, request, measured)
                await asyncio.sleep(max(0.0, 1 - (time.monotonic() - begun)))
            await _handled(here)
        return Row(
            "F22 events of 25 MB",
            f"/health ≤ {SLOWEST_SECONDS * 1000:.0f} ms, all kept",
            measured.words(),
            measured.quick and measured.outcomes == Counter({"200": count}),
        )


async def many_rules(rules: int = 200, megabytes: float = 2, count: int = 3) -> Row:
    """F22: events of 2 MB that all rules of a member look through."""
    async with stage() as here:
        [server] = await here.processes(1)
        await _prepare(here, server.base)
        for number in range(rules):
            await _rule(here, server, f"Rule {number}", SEARCH if number % 10 else [])
        async with _measuring(server) as measured:
            for number in range(count):
                request = await asyncio.to_thread(_event, here.account, megabytes, number)
                await _send(here, server, request, measured)
            await _handled(here)
        rows = await here.running.services.db.fetch(
            "SELECT coalesce(problem ->> 'code', status) AS outcome, count(*) FROM automation_runs GROUP BY 1"
        )
        runs = ", ".join(f"{row['outcome']} × {row['count']}" for row in rows) or "none"
        return Row(
            f"F22 {rules} rules on events of {megabytes:g} MB",
            f"/health ≤ {SLOWEST_SECONDS * 1000:.0f} ms, events handled",
            f"{measured.words()}; runs: {runs}",
            measured.quick and measured.outcomes == Counter({"200": count}),
        )


async def many_versions(versions: int = 170, kilobytes: int = 7) -> Row:
    """F22: a rule that is changed again and again, with as long a text as it can hold."""
    async with stage() as here:
        [server] = await here.processes(1)
        rule = await _rule(here, server, "Large", [])
        async with _measuring(server) as measured:
            for number in range(versions):
                when = {"event": "github.issues", "conditions": []}
                definition = {"when": when, "do": _do(f"{number} " + "x" * 1000 * kilobytes)}
                answer = await here.client.patch(
                    f"{server.base}/api/automations/{rule}", json={"definition": definition}, timeout=60
                )
                measured.outcomes[f"{answer.status_code} {answer.json().get('code', '')}".strip()] += 1
        stored = await here.running.services.db.fetchval(
            "SELECT sum(octet_length(definition::text)) FROM automation_versions"
        )
        return Row(
            f"F22 {versions} versions of {kilobytes} KB",
            f"/health ≤ {SLOWEST_SECONDS * 1000:.0f} ms, ≤ {MOST_VERSION_BYTES // MEGABYTE} MB stored",
            f"{measured.words()}; {stored / MEGABYTE:.1f} MB stored",
            measured.quick
            and stored <= MOST_VERSION_BYTES * 1.1
            and all(outcome.startswith(("200", "413")) for outcome in measured.outcomes),
        )


@asynccontextmanager
async def _measuring(server: Served) -> AsyncIterator[Measured]:
    """How `/health` fares, and what memory is added, while something is tried."""
    measured, pid = Measured(), server.process.pid
    before, before_all = _resident(pid), _resident_with_workers(pid)
    probe = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chaos.probe", server.base),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    watching = asyncio.create_task(_watch(pid, measured, before, before_all))
    try:
        yield measured
    finally:
        watching.cancel()
        # Python 3.11 closes the input only where something is to be written.
        output, _ = await probe.communicate(b"")
    measured.seconds = json.loads(output)


async def _watch(pid: int, measured: Measured, before: float, before_all: float) -> None:
    while True:
        measured.serving = max(measured.serving, _resident(pid) - before)
        measured.everywhere = max(measured.everywhere, _resident_with_workers(pid) - before_all)
        await asyncio.sleep(0.1)


async def _many(count: int, at_once: int, measured: Measured, one: Callable[[int], Awaitable[str]]) -> None:
    turns = asyncio.Semaphore(at_once)

    async def in_turn(number: int) -> None:
        async with turns:
            measured.outcomes[await one(number)] += 1

    await asyncio.gather(*map(in_turn, range(count)))


async def _dry_run(here: Stage, server: Served) -> str:
    answer = await here.client.post(f"{server.base}/api/dry-run", json={"definition": RULE}, timeout=120)
    return f"{answer.status_code} {answer.json().get('code', '')}".strip()


async def _send(
    here: Stage, server: Served, request: tuple[bytes, dict[str, str]], measured: Measured
) -> None:
    body, headers = request
    answer = await here.client.post(
        f"{server.base}/api/integrations/github/webhook", content=body, headers=headers, timeout=120
    )
    measured.outcomes[str(answer.status_code)] += 1


def _event(account: str, megabytes: float, number: int) -> tuple[bytes, dict[str, str]]:
    """A signed event of about this size that concerns an account."""
    count = int(megabytes * MEGABYTE / 115)
    return github_event(
        "issues",
        {
            "action": "opened",
            "issue": {"number": number, "title": "Large", "updated_at": "2026-11-29T10:00:00Z"},
            "repository": {"id": 1, "owner": {"id": int(account), "type": "User"}},
            "sender": {"id": 424242, "login": "somebody"},
            "padding": [
                {"id": entry, "message": sha256(f"{number} {entry}").hex(), "tags": ["a", "b", {"c": None}]}
                for entry in range(count)
            ],
        },
    )


def _do(text: str) -> dict[str, Any]:
    arguments = {"owner": "ada-park", "repo": "sketchbook", "number": 1, "body": text}
    return {"operation": "github.add_comment", "arguments": arguments}


async def _rule(here: Stage, server: Served, name: str, conditions: list[dict[str, str]]) -> str:
    definition = {"when": {"event": "github.issues", "conditions": conditions}, "do": _do("{{ summary }}")}
    answer = await here.client.post(
        f"{server.base}/api/automations", json={"name": name, "definition": definition}, timeout=60
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def _handled(here: Stage, seconds: float = 240) -> None:
    """Wait until no event is left to be handled and no run to be carried out, or until so long has passed."""
    left = (
        "SELECT (SELECT count(*) FROM integration_webhooks WHERE status = 'received')"
        " + (SELECT count(*) FROM automation_runs WHERE status = 'queued' AND attempts = 0)"
    )
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and await here.running.services.db.fetchval(left):
        await asyncio.sleep(0.5)


async def _prepare(here: Stage, base: str, week: int = 20) -> None:
    """A week of the member's events and what earlier work has left, with the worker processes started."""
    for _ in range(week):
        await here.running.services.db.execute(
            KEEP, new_id(time.time()), "github", "issues", here.account, {"long": "ä" * 19_000}
        )
    for definition in (*[{**RULE, "do": {}}] * 5, RULE):
        await here.client.post(f"{base}/api/dry-run", json={"definition": definition}, timeout=60)


def _resident(pid: int) -> float:
    """MiB of memory that a process has to itself and shares."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    line = next((line for line in lines if line.startswith("VmRSS")), "VmRSS: 0")
    return int(line.split()[1]) / 1024


def _resident_with_workers(pid: int) -> float:
    """The same of a process and all below it; what they share counts once for each."""
    total = 0.0
    try:
        total = _resident(pid)
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += sum(map(_resident_with_workers, map(int, (task / "children").read_text().split())))
    except OSError:
        # It has ended meanwhile.
        return total
    return total
