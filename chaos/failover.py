"""Failover with Patroni, etcd and HAProxy of Debian: a primary killed, hung, and switched over."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import psutil
import yaml
from pydantic import SecretStr

from chaos.report import Row
from chaos.webhooks import ADDRESS, KEPT
from fluxstudio.kit.postgres.server.account import ServerAccount
from tests.support.process import KEYS, Served, served
from tests.support.running import started
from tests.support.webhooks import slack_event
from tools import debian

PASSWORD = "not-a-real-password"
PROGRAMS = Path("/usr/lib/postgresql/15/bin")
KILLED_SECONDS, HUNG_SECONDS, SWITCHED_SECONDS = 15.0, 20.0, 10.0
BREATH, CALM_SECONDS, TROUBLE_SECONDS = 0.1, 4.0, 60.0


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@dataclass
class Node:
    """One PostgreSQL that Patroni looks after."""

    name: str
    api: int
    port: int
    data: Path

    def postmaster(self) -> psutil.Process:
        """Its server process."""
        return psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to every process of the server; Patroni goes on."""
        postmaster = self.postmaster()
        for process in (postmaster, *postmaster.children(recursive=True)):
            process.send_signal(number)


@dataclass
class Cluster:
    """Two nodes, and the addresses by which they are reached."""

    nodes: Sequence[Node]
    proxy: int
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)

    @property
    def target(self) -> dict[str, Any]:
        """Both hosts, as `DATABASE_URL` names them."""
        ports = [node.port for node in self.nodes]
        own = {"user": "postgres", "password": PASSWORD, "database": "postgres"}
        return {**own, "host": ["127.0.0.1"] * len(ports), "port": ports}

    @property
    def addresses(self) -> dict[str, str]:
        """`DATABASE_URL` by hosts and through HAProxy."""
        ports = ",".join(str(node.port) for node in self.nodes)
        base = f"postgresql://postgres:{PASSWORD}@"
        hosts = ",".join(["127.0.0.1"] * len(self.nodes))
        return {
            "hosts": f"{base}/postgres?host={hosts}&port={ports}",
            "HAProxy": f"{base}127.0.0.1:{self.proxy}/postgres",
        }

    async def leader(self, *, besides: str = "") -> Node:
        """The node that leads, once one does that is not `besides`."""
        async with httpx2.AsyncClient(timeout=2) as client, asyncio.timeout(120):
            while True:
                for node in self.nodes:
                    try:
                        answer = await client.get(f"http://127.0.0.1:{node.api}/primary")
                    except httpx2.TransportError:
                        continue
                    if answer.status_code == 200 and node.name != besides:
                        return node
                await asyncio.sleep(0.2)

    async def synchronous(self) -> None:
        """Wait until a standby has to have what is acknowledged."""
        async with httpx2.AsyncClient(timeout=2) as client, asyncio.timeout(120):
            while True:
                for node in self.nodes:
                    try:
                        answer = await client.get(f"http://127.0.0.1:{node.api}/synchronous")
                    except httpx2.TransportError:
                        continue
                    if answer.status_code == 200:
                        return
                await asyncio.sleep(0.2)


def _settings(node: Node, nodes: Sequence[Node], etcd: int) -> dict[str, Any]:
    authentication = {
        "superuser": {"username": "postgres", "password": PASSWORD},
        "replication": {"username": "standby", "password": PASSWORD},
    }
    parameters = {"max_connections": 200, "fsync": "off", "unix_socket_directories": str(node.data.parent)}
    dcs = {
        # The shortest that Patroni takes.
        "ttl": 20,
        "loop_wait": 2,
        "retry_timeout": 3,
        # A server that was killed is replaced, and not started again.
        "primary_start_timeout": 0,
        "synchronous_mode": True,
        "postgresql": {"use_pg_rewind": True, "parameters": parameters},
    }
    return {
        "scope": "fluxstudio",
        "name": node.name,
        "restapi": {"listen": f"127.0.0.1:{node.api}", "connect_address": f"127.0.0.1:{node.api}"},
        "etcd3": {"host": f"127.0.0.1:{etcd}"},
        "bootstrap": {
            "dcs": dcs,
            "initdb": ["data-checksums", {"encoding": "UTF8"}],
            "pg_hba": [
                "host all all 127.0.0.1/32 scram-sha-256",
                "host replication standby 127.0.0.1/32 scram-sha-256",
            ],
        },
        "postgresql": {
            "listen": f"127.0.0.1:{node.port}",
            "connect_address": f"127.0.0.1:{node.port}",
            "data_dir": str(node.data),
            "bin_dir": str(PROGRAMS),
            "authentication": authentication,
        },
    }


def _proxy(cluster: Cluster) -> str:
    servers = "\n".join(
        f"    server {node.name} 127.0.0.1:{node.port} check port {node.api}" for node in cluster.nodes
    )
    return f"""
defaults
    mode tcp
    timeout connect 2s
    timeout client 30m
    timeout server 30m
listen primary
    bind 127.0.0.1:{cluster.proxy}
    option httpchk GET /primary
    default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
{servers}
"""


@asynccontextmanager
async def running_cluster() -> AsyncIterator[Cluster]:
    """Two nodes with a synchronous standby, etcd, and HAProxy in front."""
    unpacked = debian.UNPACKED
    if not (unpacked / "usr/bin/patroni").exists() or not (unpacked / "usr/bin/etcd").exists():
        await asyncio.to_thread(debian.unpack, "patroni", "etcd-server")
    async with AsyncExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory(prefix="fluxstudio-failover-")))
        account = ServerAccount.for_data(place / "data", "nobody")
        account.own(place)
        etcd, peer, proxy, *ports = free_ports(7)
        nodes = [Node(f"db{n}", ports[2 * n], ports[2 * n + 1], place / f"db{n}/data") for n in range(2)]
        cluster = Cluster(nodes, proxy)
        # Once nobody is there any more to start them again.
        stack.callback(_end_servers, nodes)
        env = {
            "PATH": f"{PROGRAMS}:/usr/sbin:/usr/bin:/bin",
            "PYTHONPATH": str(unpacked / "usr/lib/python3/dist-packages"),
            "HOME": str(place),
        }

        async def begin(*words: object) -> None:
            command = [str(word) for word in words]
            user, group = (account.uid, account.gid) if account.switched else (None, None)
            log = stack.enter_context((place / "log").open("ab"))
            process = await asyncio.create_subprocess_exec(
                *command, cwd=place, env=env, stdout=log, stderr=log, user=user, group=group
            )
            stack.push_async_callback(_ended, process)
            cluster.processes.append(process)

        url = f"http://127.0.0.1:{etcd}"
        own = ["--data-dir", place / "etcd", "--listen-client-urls", url, "--advertise-client-urls", url]
        peers = f"http://127.0.0.1:{peer}"
        others = ["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers]
        initial = ["--initial-cluster", f"default={peers}"]
        await begin(unpacked / "usr/bin/etcd", *own, *others, *initial)
        for node in nodes:
            node.data.parent.mkdir()
            account.own(node.data.parent)
            file = place / f"{node.name}.yml"
            file.write_text(yaml.safe_dump(_settings(node, nodes, etcd)))
            await begin("/usr/bin/python3", unpacked / "usr/bin/patroni", file)
        (place / "haproxy.cfg").write_text(_proxy(cluster))
        await begin(debian.find("haproxy"), "-f", place / "haproxy.cfg", "-db")
        try:
            await cluster.leader()
            await cluster.synchronous()
        except TimeoutError:
            raise RuntimeError((place / "log").read_text()[-3000:]) from None
        yield cluster


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


def _end_servers(nodes: Sequence[Node]) -> None:
    """What Patroni leaves behind when it is killed."""
    for node in nodes:
        try:
            postmaster = node.postmaster()
            for process in (*postmaster.children(recursive=True), postmaster):
                process.kill()
        except (OSError, psutil.NoSuchProcess):
            continue


@dataclass
class Watch:
    """Sends events to one process without a pause, and knows when it answered."""

    server: Served
    acknowledged: list[str] = field(default_factory=list)
    good_at: list[float] = field(default_factory=list)
    refused: int = 0

    async def go(self, enough: asyncio.Event) -> None:
        """Send until it is enough."""
        async with httpx2.AsyncClient(timeout=30) as client:
            while not enough.is_set():
                event_id = f"Ev{uuid4().hex.upper()}"
                body, headers = slack_event(event_id=event_id)
                try:
                    answer = await client.post(self.server.base + ADDRESS, content=body, headers=headers)
                    status = answer.status_code
                except httpx2.TransportError:
                    status = 0
                if status == 200:
                    self.acknowledged.append(event_id)
                    self.good_at.append(time.monotonic())
                else:
                    self.refused += 1
                await asyncio.sleep(BREATH)

    @property
    def outage(self) -> float:
        """The longest time without an answer of 200."""
        return max(
            (after - before for before, after in zip(self.good_at, self.good_at[1:], strict=False)), default=0
        )


async def _drill(trouble: str, required: float) -> Row:
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(running_cluster())
        home = Path(stack.enter_context(TemporaryDirectory(prefix="fluxstudio-faults-")))
        start = await stack.enter_async_context(started(cluster.target, home / "first"))
        running = await start(encryption_keys=SecretStr(KEYS))
        watches = {}
        for name, address in cluster.addresses.items():
            process = served(
                running, {**cluster.target, "host": "", "port": 0}, home / name, DATABASE_URL=address
            )
            watches[name] = Watch(await stack.enter_async_context(process))
        enough = asyncio.Event()
        sending = [asyncio.create_task(watch.go(enough)) for watch in watches.values()]
        await asyncio.sleep(CALM_SECONDS)
        before = await cluster.leader()
        await _begin(trouble, cluster, before)
        begun = time.monotonic()
        after = await cluster.leader(besides=before.name)
        elected = time.monotonic() - begun
        async with asyncio.timeout(TROUBLE_SECONDS):
            while any(not watch.good_at or watch.good_at[-1] < begun + elected for watch in watches.values()):
                await asyncio.sleep(0.2)
        await asyncio.sleep(CALM_SECONDS)
        enough.set()
        await asyncio.gather(*sending)
        database = await asyncpg.connect(
            host="127.0.0.1", port=after.port, user="postgres", password=PASSWORD, database="postgres"
        )
        sent = [event_id for watch in watches.values() for event_id in watch.acknowledged]
        lost = len(sent) - await database.fetchval(KEPT, sent)
        await database.close()
        if trouble == "hung":
            before.signal_all(signal.SIGCONT)
    outages = ", ".join(f"{watch.outage:.1f} s by {name}" for name, watch in watches.items())
    refused = sum(watch.refused for watch in watches.values())
    return Row(
        f"Patroni, a primary {trouble}",
        f"0 acknowledged lost, back within {required:.0f} s",
        f"{len(sent)} acknowledged, {lost} lost; elected after {elected:.1f} s; {outages}; {refused} refused",
        lost == 0,
        max(watch.outage for watch in watches.values()) <= required,
    )


async def _begin(trouble: str, cluster: Cluster, leader: Node) -> None:
    match trouble:
        case "killed":
            leader.postmaster().kill()
        case "hung":
            leader.signal_all(signal.SIGSTOP)
        case "switched over":
            wish = json.dumps({"leader": leader.name})
            async with httpx2.AsyncClient(timeout=60) as client:
                answer = await client.post(f"http://127.0.0.1:{leader.api}/switchover", content=wish)
            assert answer.status_code == 200, answer.text


async def primary_killed() -> Row:
    """The server of the primary is killed; a synchronous standby takes over."""
    return await _drill("killed", KILLED_SECONDS)


async def primary_hung() -> Row:
    """The server of the primary is stopped in its tracks: connections stay, and nothing is answered."""
    return await _drill("hung", HUNG_SECONDS)


async def switched_over() -> Row:
    """An operator moves the primary."""
    return await _drill("switched over", SWITCHED_SECONDS)
