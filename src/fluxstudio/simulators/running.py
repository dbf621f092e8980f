"""Simulators served in a thread of their own, and the control over them."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from fluxstudio.kit.prompt_server import PromptServer
from fluxstudio.sdk.simulation import Simulator, simulation
from fluxstudio.simulators import catalog
from fluxstudio.simulators.certificates import certificate_for

HERE = "127.0.0.1"
START_SECONDS = 30
# For requests under way once it ends.
LAST_REQUESTS_SECONDS = 0.5


@dataclass(frozen=True)
class RunningSimulator:
    """One simulated provider: what an app is registered with, and where it is.

    `urls` has the address of each role: `{"web": …, "api": …}`.
    """

    name: str
    client_id: str
    client_secret: str
    signing_secret: str | None
    urls: Mapping[str, str]
    control_url: str

    def control(self, path: str, body: Any = None, *, method: str = "POST") -> Any:
        """Call a control (docs/simulators.md), such as `control("clock", {"advance": 3600})`; its answer.

        Raises `ValueError` with the answer of one that refuses.
        """
        data = None if body is None and method == "GET" else json.dumps(body or {}).encode()
        request = urllib.request.Request(  # noqa: S310 - the address of this very process
            f"{self.control_url}/{path}", data, {"content-type": "application/json"}, method=method
        )
        try:
            with _no_proxy().open(request) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise ValueError(f"{path}: {error.read().decode()}") from None


@dataclass(frozen=True)
class RunningSimulators:
    """The simulated providers by name, served at `base_url`."""

    base_url: str
    by_name: Mapping[str, RunningSimulator]

    def __getitem__(self, name: str) -> RunningSimulator:
        return self.by_name[name]

    def __iter__(self) -> Iterator[RunningSimulator]:
        return iter(self.by_name.values())

    def reset(self) -> None:
        """Begin again everywhere: sample data, no tokens, no faults, the real time."""
        for simulator in self:
            simulator.control("reset")


@contextmanager
def running(
    only: Iterable[str] | None = None,
    *,
    port: int = 0,
    state: Path | None = None,
    seeds: Mapping[str, Mapping[str, Any]] | None = None,
    certificates: Path | None = None,
) -> Iterator[RunningSimulators]:
    """Serve simulators at a port of this machine, any free one where it is 0, until the context ends.

    With `certificates`, a folder for them, they speak HTTPS under the providers' own names. Raises `OSError`
    for a port that is taken, `ValueError` for unknown providers and unfit data.
    """
    simulators = catalog.make(catalog.names() if only is None else only, state, seeds)
    with socket.create_server((HERE, port)) as listening:
        base = f"http{'s' if certificates else ''}://{HERE}:{listening.getsockname()[1]}"
        app = simulation(list(simulators.values()), base, real_names=certificates is not None)
        tls: dict[str, Any] = {}
        if certificates is not None:
            hosts = [host for simulator in simulators.values() for host in simulator.hosts.values()]
            tls = certificate_for(certificates, hosts)
        config = uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False, **tls)
        with _served(PromptServer(config), listening):
            shown = {name: _described(name, simulator) for name, simulator in simulators.items()}
            yield RunningSimulators(base, shown)


def _described(name: str, simulator: Simulator) -> RunningSimulator:
    return RunningSimulator(
        name=name,
        client_id=simulator.app_id,
        client_secret=simulator.app_secret,
        signing_secret=getattr(simulator, "signing_secret", None),
        urls={role: simulator.url(role) for role in simulator.hosts},
        control_url=f"{simulator.url('web')}/_control",
    )


@contextmanager
def _served(server: PromptServer, listening: socket.socket) -> Iterator[None]:
    begun = threading.Event()

    async def serve() -> None:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await server.ready_or(serving)
        begun.set()
        await serving

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), name="simulators", daemon=True)
    thread.start()
    if not begun.wait(START_SECONDS):
        raise OSError("the simulators did not start")
    try:
        yield
    finally:
        loop.call_soon_threadsafe(server.stop, LAST_REQUESTS_SECONDS)
        thread.join()
        loop.close()


def _no_proxy() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
