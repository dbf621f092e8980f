"""The example of a host product, running beside the product as a Node process of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.house.repository import ROOT
from tests.support.running import SECRET, Running, Start
from tests.witnesses.node import PROGRAM
from tools.witnesses import FOLDER

EXAMPLE = ROOT / "examples" / "host-app"


@dataclass(frozen=True)
class HostApp:
    """The product, and the host product at its port: on the product's site, and on another."""

    running: Running
    port: int

    @property
    def same_site(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def other_site(self) -> str:
        return f"http://localhost:{self.port}"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@asynccontextmanager
async def host_app(start: Start, folder: Path) -> AsyncIterator[HostApp]:
    """Both products, the host's with an API key, and with an endpoint that is told of connections."""
    port = free_port()
    app = HostApp(
        await start(maintenance=True, cors_origins=f"http://127.0.0.1:{port},http://localhost:{port}"),
        port,
    )
    admin = await app.running.client("admin", role="admin")
    key = await admin.post("/api/access-tokens", json={"name": "Host", "scopes": ["connect"]})
    endpoint = {"url": f"{app.same_site}/webhooks", "types": ["connection.connected", "connection.ended"]}
    text = await admin.post("/api/endpoints", json=endpoint)
    assert text.status_code == 201, text.text
    home = folder / "host-app"
    shutil.copytree(EXAMPLE, home, ignore=shutil.ignore_patterns("node_modules"))
    (home / "node_modules").symlink_to(FOLDER / "node_modules")
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        "server.js",
        cwd=home,
        env={
            "PATH": os.environ["PATH"],
            "PORT": str(port),
            "FLUX_URL": app.running.base,
            "FLUX_API_KEY": key.json()["token"],
            "FLUX_JWT_SECRET": SECRET,
            "FLUX_WEBHOOK_SECRET": text.json()["secret"],
        },
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), 60)
        yield app
    finally:
        process.kill()
        await process.wait()
