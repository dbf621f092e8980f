"""What examples/operate has works: proxies that lose no request to a process that stops, and units."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from fluxstudio.faces.app import web_app
from fluxstudio.kit.draining import Drain
from fluxstudio.kit.serving import listening_socket, serving
from tests.house.repository import ROOT
from tests.support.certificates import self_signed
from tests.support.running import Start

EXAMPLES = ROOT / "examples/operate"
UNITS = sorted(EXAMPLES.glob("*.service"))


def program(name: str) -> str:
    """Where it is; `make test` provides it."""
    place = shutil.which(name, path=f"{ROOT / '.cache/bin'}{os.pathsep}/usr/sbin")
    assert place, f"{name} is missing: `make test` installs it."
    return place


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def written(name: str, folder: Path, listens: int, ports: tuple[int, int]) -> list[str]:
    """The command that runs an example on these ports, with certificates of the test's own."""
    certificate, _ = self_signed(folder)
    both = folder / "both.pem"
    both.write_bytes(certificate.read_bytes() + (folder / "server.key").read_bytes())
    text = (EXAMPLES / name).read_text()
    for theirs, ours in {
        "/etc/nginx/flux.example.pem": str(certificate),
        "/etc/nginx/flux.example.key": str(folder / "server.key"),
        "/etc/haproxy/flux.example.pem": str(both),
        "/run/nginx.pid": str(folder / "nginx.pid"),
        "listen 443": f"listen 127.0.0.1:{listens}",
        "bind :443": f"bind 127.0.0.1:{listens}",
        "127.0.0.1:8000": f"127.0.0.1:{ports[0]}",
        "127.0.0.1:8001": f"127.0.0.1:{ports[1]}",
    }.items():
        text = text.replace(theirs, ours)
    file = folder / name
    file.write_text(text)
    if name == "nginx.conf":
        return [program("nginx"), "-p", str(folder), "-c", str(file), "-g", "daemon off;"]
    return [program("haproxy"), "-db", "-f", str(file)]


@pytest.mark.parametrize("name", ["nginx.conf", "haproxy.cfg"])
async def test_a_process_that_stops_behind_a_proxy_costs_nobody_a_request(
    name: str, start: Start, tmp_path: Path
) -> None:
    listens = free_port()
    running = await start(trusted_proxies="127.0.0.1")
    ending, staying = Drain(60), Drain(60)
    with listening_socket("127.0.0.1", 0) as one, listening_socket("127.0.0.1", 0) as two:
        command = written(name, tmp_path, listens, (one.getsockname()[1], two.getsockname()[1]))
        app = web_app(running.services)
        async with serving(app, one, ending), serving(app, two, staying):
            proxy = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
            headers = {"authorization": f"Bearer {running.token()}"}
            base = f"https://127.0.0.1:{listens}"
            try:
                async with httpx2.AsyncClient(base_url=base, headers=headers, verify=False) as client:
                    await until_it_answers(client)
                    assert (await client.head("/health")).status_code == 200
                    assert await outcomes(client) == {200: 20, 201: 5}
                    ending.stop()
                    assert await outcomes(client) == {200: 20, 201: 5}
            finally:
                proxy.terminate()
                await proxy.wait()


async def until_it_answers(client: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await client.get("/ready")).status_code == 200:
                    return
            except httpx2.TransportError:
                await asyncio.sleep(0.05)


async def outcomes(client: httpx2.AsyncClient) -> Counter[int]:
    """The statuses of calls that read and of calls that write."""
    wanted = {"name": "A script", "scopes": ["read"]}
    reads = [client.get("/api/integrations") for _ in range(20)]
    writes = [client.post("/api/access-tokens", json=wanted) for _ in range(5)]
    answers = await asyncio.gather(*reads, *writes)
    return Counter(answer.status_code for answer in answers)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_there_is_and_shuts_it_in(unit: Path, tmp_path: Path) -> None:
    text = unit.read_text()
    command = re.search(r"^ExecStart=\S+/fluxstudio (\S+)", text, re.MULTILINE)
    assert command is not None
    assert command[1] in {"serve", "worker"}
    assert "RestartPreventExitStatus=65 78" in text
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        # Where there is no systemd there is nobody to ask, and nobody to run it.
        return
    there = tmp_path / unit.name
    there.write_text(text.replace("/opt/fluxstudio/bin/fluxstudio", "/bin/true"))
    for words in (["verify"], ["security", "--offline=true", "--threshold=20"]):
        done = subprocess.run([analyze, *words, there], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
