"""One version of the program replaced by the next, under calls and webhooks: nobody notices.

It takes the version before from this repository's history, which a shallow clone has not got:
so it has no short form among the tests.
"""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from uuid import uuid4

import asyncpg
import httpx2

from chaos.balancer import Balancer
from chaos.report import Row
from chaos.stage import tally
from fluxstudio.commands.simulated import simulator_of, stand_in
from fluxstudio.core.registry import discover
from fluxstudio.core.services import Services
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
from fluxstudio.kit.serving import listening_socket, serving
from fluxstudio.sdk.simulation import simulation
from tests.support.commands import fluxstudio
from tests.support.process import KEYS, ROOT, Served, served
from tests.support.running import PROVIDERS, Running
from tests.support.webhooks import Request, github_event, slack_event

# The version that an upgrade begins with, unless told otherwise: docs/operate.md says so under *Upgrading*.
BEFORE = "aee6215"

CALLS = (
    "/api/integrations/github/repositories?per_page=1&page={number}",
    "/api/integrations/slack/channels",
    "/api/integrations",
    "/api/webhooks/events?limit=5",
    "/api/automations",
    "/health",
)
RULE = {
    "when": {
        "event": "slack.message",
        "conditions": [{"field": "event.text", "is": "contains", "value": "effect"}],
    },
    "limit": {"runs": 1000, "per": "minute"},
    "do": {
        "operation": "github.create_issue",
        "arguments": {"owner": "ada-park", "repo": "sketchbook", "title": "{{ event.event.text }}"},
    },
}
# Of so many messages one starts the rule.
SELDOM = 60
UNHANDLED = "SELECT count(*) FROM integration_webhooks WHERE status <> 'handled'"
UNFINISHED = "SELECT count(*) FROM automation_runs WHERE finished_at IS NULL"
KEPT = "SELECT count(DISTINCT delivery_key) FROM integration_webhooks WHERE delivery_key = ANY ($1)"
ROWS = "SELECT count(*) FROM integration_webhooks WHERE delivery_key = ANY ($1)"
NOT_DONE = """
SELECT string_agg(format('a run was %s (%s)', status, problem ->> 'code'), ', ')
FROM automation_runs WHERE status <> 'done'
"""
MORE_THAN_ONCE = """
SELECT count(*) FROM (
    SELECT FROM deliveries WHERE outcome = 'done' GROUP BY event_id HAVING count(*) > 1
) twice
"""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the program, set up: its interpreter and its source."""

    python: str
    source: Path


THIS = Version(sys.executable, ROOT / "src")


@contextmanager
def set_up(revision: str) -> Iterator[Version]:
    """A revision out of this repository's own history with the packages it needs, while this lasts."""
    archive = subprocess.run(["git", "archive", revision], cwd=ROOT, check=True, capture_output=True).stdout
    with TemporaryDirectory(prefix="fluxstudio-version-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
            opened.extractall(folder, filter="data")
        subprocess.run([sys.executable, "-m", "tools.setup", "run"], cwd=folder, check=True)
        yield Version(str(folder / ".venv/bin/python"), folder / "src")


@dataclass
class Load:
    """Calls and webhooks, each webhook sent again to another process; what came of them."""

    client: httpx2.AsyncClient
    # Seconds between two requests of one sender.
    breath: float
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    acknowledged: dict[str, set[str]] = field(default_factory=lambda: {"slack": set(), "github": set()})
    effects: set[str] = field(default_factory=set)
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def go(self, senders: int) -> None:
        """Send calls and webhooks by so many senders each, until it is enough."""
        async with asyncio.TaskGroup() as group:
            for number in range(senders):
                group.create_task(self._repeat(self._call, number))
                group.create_task(self._repeat(self._webhook, number))

    async def _repeat(self, send: Any, number: int) -> None:
        while not self.enough.is_set():
            await send(number)
            number += 97
            await asyncio.sleep(self.breath)

    async def _call(self, number: int) -> None:
        path = CALLS[number % len(CALLS)].format(number=1 + number % 50)
        self._note(path, await self._answer("GET", path))

    async def _webhook(self, number: int) -> None:
        if number % 3 == 0:
            delivery = str(uuid4())
            kind, request = "github", github_event("issues", _issue(number), delivery=delivery)
        else:
            delivery = f"Ev{uuid4().hex[:12].upper()}"
            text = f"An effect {delivery}" if number % SELDOM == 1 else "Ready."
            kind, request = "slack", slack_event(event_id=delivery, text=text)
            if number % SELDOM == 1:
                self.effects.add(text)
        # A provider that heard nothing sends again, and whoever gets it then has to know it.
        for _ in range(2):
            status = await self._send(kind, request)
            if status == "200":
                self.acknowledged[kind].add(delivery)

    async def _send(self, kind: str, request: Request) -> str:
        body, headers = request
        path = f"/api/integrations/{kind}/webhook"
        answer = await self._answer("POST", path, content=body, headers={**headers, "authorization": ""})
        return self._note(path, answer)

    async def _answer(self, method: str, path: str, **further: Any) -> tuple[str, str]:
        try:
            answer = await self.client.request(method, path, **further)
        except httpx2.TransportError as error:
            return type(error).__name__, ""
        return str(answer.status_code), answer.text[:200]

    def _note(self, path: str, answer: tuple[str, str]) -> str:
        status, text = answer
        self.outcomes[status] += 1
        if status != "200":
            self.failures.append(f"{path}: {status} {text}")
        return status


def _issue(number: int) -> dict[str, Any]:
    return {
        "action": "opened",
        "issue": {"number": number, "title": f"Heron {uuid4()}", "updated_at": "2026-11-29T10:00:00Z"},
        "repository": {"id": 80012, "owner": {"id": 58301, "type": "User"}},
        "sender": {"id": 58301, "login": "ada-park", "type": "User"},
    }


@dataclass
class Rollout:
    """A database, simulated providers, and a balancer in front of whichever processes there are."""

    home: Path
    target: dict[str, Any]
    running: Running
    balancer: Balancer
    stack: AsyncExitStack = field(repr=False)
    started: int = 0

    async def serve(self, version: Version, count: int = 2) -> list[Served]:
        """Start processes of a version, and let the balancer use them once they are ready."""
        opened = []
        for _ in range(count):
            self.started += 1
            opened.append(
                served(
                    self.running,
                    self.target,
                    self.home / f"process{self.started}",
                    python=version.python,
                    PYTHONPATH=str(version.source),
                    PUBLIC_URL=self.running.base,
                    RATE_LIMIT_USER="1000000/minute",
                )
            )
        servers = list(await asyncio.gather(*(self.stack.enter_async_context(one) for one in opened)))
        self.balancer.backends += [server.base for server in servers]
        return servers

    async def fetchval(self, query: str, *args: object) -> Any:
        """One value, asked of the database directly."""
        connection = await asyncpg.connect(**self.target)
        try:
            return await connection.fetchval(query, *args)
        finally:
            await connection.close()

    async def settled(self, seconds: float = 90) -> None:
        """Wait until every event is handled and every run has ended."""
        async with asyncio.timeout(seconds):
            while await self.fetchval(UNHANDLED) or await self.fetchval(UNFINISHED):
                await asyncio.sleep(0.2)


@asynccontextmanager
async def rollout() -> AsyncIterator[Rollout]:
    """Where an upgrade happens; no process of the product runs yet."""
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="fluxstudio-faults-")))
        home.chmod(0o711)
        postgres = await stack.enter_async_context(EmbeddedPostgres(home / "database"))
        simulators = {
            entry.id: simulator_of(entry) for entry, _ in discover(PROVIDERS) if entry.app.simulator
        }
        simulated = stack.enter_context(listening_socket("127.0.0.1", 0))
        world = simulation(list(simulators.values()), f"http://127.0.0.1:{simulated.getsockname()[1]}")
        await stack.enter_async_context(serving(world, simulated))
        client = await stack.enter_async_context(
            httpx2.AsyncClient(timeout=30, limits=httpx2.Limits(max_keepalive_connections=0))
        )
        balancer = Balancer(client)
        front = stack.enter_context(listening_socket("127.0.0.1", 0))
        await stack.enter_async_context(serving(balancer, front))
        base = f"http://127.0.0.1:{front.getsockname()[1]}"
        for name, simulator in simulators.items():
            stand_in(name, simulator, base)
        # The product itself runs in processes of its own only.
        running = Running(cast("Services", None), base, simulators, stack)
        yield Rollout(home, postgres.connect_kwargs, running, balancer, stack)


async def replaced_under_load(
    before: str = BEFORE, seconds: float = 8, senders: int = 4, breath: float = 0.08
) -> Row:
    """F24: processes of a version serve, the next one migrates and serves beside them, then they stop.

    `seconds` is for how long each of the three stages lasts.
    """
    with set_up(before) as old:
        async with rollout() as here:
            servers = await here.serve(old)
            client = await here.running.client()
            await here.running.connect(client, "slack", choice="T0HARBOUR1")
            await here.running.connect(client, "github")
            made = await client.post("/api/automations", json={"name": "Effects", "definition": RULE})
            assert made.status_code == 201, made.text
            load = Load(client, breath)
            going = asyncio.create_task(load.go(senders))
            try:
                await asyncio.sleep(seconds)
                migrated = await fluxstudio(
                    "migrate", here.target, here.home / "migrating", ENCRYPTION_KEYS=KEYS
                )
                assert migrated.code == 0, migrated.errors
                # Only processes of before are there, on what the next version made of the database.
                await asyncio.sleep(seconds / 4)
                newer = await here.serve(THIS)
                await asyncio.sleep(seconds)
                for server in servers:
                    await here.balancer.drain(server.base)
                    server.process.terminate()
                    await server.process.wait()
                await asyncio.sleep(seconds)
            finally:
                load.enough.set()
                await going
            await here.settled()
            return await _seen(here, load, before, [*servers, *newer])


async def _seen(here: Rollout, load: Load, before: str, servers: list[Served]) -> Row:
    keys = [key for keys in load.acknowledged.values() for key in keys]
    stored = await here.fetchval(KEPT, keys)
    rows = await here.fetchval(ROWS, keys)
    twice = await here.fetchval(MORE_THAN_ONCE)
    issues = Counter(entry["title"] for entry in _issues(here) if entry["title"].startswith("An effect "))
    failed = sum(count for outcome, count in load.outcomes.items() if outcome != "200")
    doubled = sum(count - 1 for count in issues.values())
    missing = len(load.effects - set(issues))
    fine = failed == 0 and stored == rows == len(keys) > 0 and twice == doubled == missing == 0
    not_done = await here.fetchval(NOT_DONE)
    first = f"; first failure {load.failures[0]}" if load.failures else ""
    tracebacks = sum("Traceback" in server.log.read_text() for server in servers)
    return Row(
        f"F24 {before} replaced under calls and webhooks",
        "0 failed, 0 lost, each event handled once",
        f"{tally(load.outcomes)}, {failed} failed; {len(keys)} events acknowledged, "
        f"{len(keys) - stored} lost, {rows - stored} kept twice, {twice} handled twice; "
        f"{len(load.effects)} effects, {missing} missing, {doubled} doubled; "
        f"{tracebacks} logs with a traceback{first}"
        f"{f'; {not_done}' if not_done else ''}",
        fine and tracebacks == 0,
    )


def _issues(here: Rollout) -> list[dict[str, Any]]:
    """The issues of every repository of the simulated GitHub."""
    repositories = here.running.simulators["github"].world.data["repositories"].values()
    return [issue for repository in repositories for issue in repository["issues"]]
