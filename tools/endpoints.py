"""Which calls of each service are simulated, and what tests prove of them: a part of `make scorecard`.

Nothing of it is written down by anybody: the calls are the simulators' routes, and what is proved of them is
what tests exchanged with them while this ran.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tools.checkout import ROOT

SUITES = ("tests/providers", "tests/witnesses/test_clients.py")
OURS = re.compile(r"python-httpx|fluxstudio|^tests$", re.IGNORECASE)
# Addresses under which what is there already is answered once more.
AGAIN = re.compile(r"/repositories/{id|^/github\.com/api")
LIMITED = frozenset({403, 429})
COLUMNS = ("answer", "errors", "limit", "client")


@dataclass
class Proof:
    """What tests saw of one call: statuses, and programs of others that made it."""

    statuses: set[int] = field(default_factory=set)
    clients: set[str] = field(default_factory=set)

    def cells(self) -> tuple[str, ...]:
        """A cell for each column."""
        errors = sorted(status for status in self.statuses if status >= 400)
        return (
            "yes" if any(status < 400 for status in self.statuses) else "·",
            ",".join(map(str, errors[:4])) or "·",
            "yes" if LIMITED & self.statuses else "·",
            ", ".join(sorted(self.clients)) or "·",
        )


def scorecard() -> str:
    """Run the suites and say what they prove, a line for each simulated call of each service."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "exchanges"
        command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", *SUITES]
        outcome = subprocess.run(
            command, cwd=ROOT, env={**os.environ, "EXCHANGES": str(file)}, capture_output=True, check=False
        )
        lines = file.read_text().splitlines() if file.exists() else []
    exchanges = (json.loads(line) for line in lines)
    failed = "" if outcome.returncode == 0 else "\nSome of these tests failed: see make test.\n"
    return "\n".join(table(services(), exchanges)) + failed


def services() -> dict[str, list[tuple[str, str]]]:
    """The calls of each simulated API: method and path, below the address of the simulators."""
    from starlette.routing import BaseRoute, Mount, Route

    from fluxstudio.commands.simulated import simulator_of
    from fluxstudio.core.registry import discover

    def walk(routes: Sequence[BaseRoute], prefix: str) -> Iterator[tuple[str, str]]:
        for route in routes:
            if isinstance(route, Mount) and route.routes:
                yield from walk(route.routes, prefix + route.path)
            elif isinstance(route, Route) and "_control" not in prefix:
                methods = set(route.methods or ()) - {"HEAD"}
                yield from ((method, prefix + route.path) for method in sorted(methods))

    calls: dict[str, list[tuple[str, str]]] = {}
    for provider, _ in discover():
        if provider.app.simulator is not None:
            simulator = simulator_of(provider)
            every = [call for call in walk(simulator.mounts(), "") if not AGAIN.search(call[1])]
            calls[provider.name] = [*every, *(("POST", path) for path in simulator.named_calls())]
    return calls


def table(calls: Mapping[str, Sequence[tuple[str, str]]], exchanges: Iterable[Any]) -> list[str]:
    """The lines of the scorecard."""
    from starlette.routing import compile_path

    proofs: dict[tuple[str, str], Proof] = defaultdict(Proof)
    patterns = [
        (method, path, compile_path(path)[0])
        for listed in calls.values()
        for method, path in sorted(listed, key=lambda call: call[1].count("{"))
    ]
    for method, path, status, agent in exchanges:
        match = next((p for p in patterns if p[0] == method and p[2].match(path)), None)
        if match is not None:
            proof = proofs[match[0], match[1]]
            proof.statuses.add(status)
            if not OURS.search(agent) and agent:
                proof.clients.add(agent.split("/")[0].split(" ")[0])
    lines = []
    for service, listed in calls.items():
        proved = sum(bool(proofs[call].statuses) for call in listed)
        lines += ["", f"{service}: {proved} of {len(listed)} simulated calls are tried by tests"]
        lines.append("".join(f"{column:<18}" for column in COLUMNS) + "call")
        lines += [
            "".join(f"{cell:<18}" for cell in proofs[call].cells()) + f"{call[0]} {call[1]}"
            for call in sorted(listed, key=lambda call: call[1])
        ]
    return lines
