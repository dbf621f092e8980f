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
PRODUCT = re.compile(r"^fluxstudio", re.IGNORECASE)
LIMITED = frozenset({403, 429})
# Statuses of a call that was understood, and refused for what it says.
STRICT = frozenset({400, 404, 405, 409, 413, 415, 422})
# Codes that say nothing of the call itself.
OF_TOKENS = frozenset(
    {"not_authed", "invalid_auth", "token_expired", "token_revoked", "missing_scope", "ratelimited"}
)
COLUMNS = ("shape", "answer", "errors", "limit", "strict", "client")
# What tests hold answers against, by the beginning of the path.
SHAPES = {
    "/api.figma.com/v1/oauth/": "",
    "/api.figma.com/": "OpenAPI",
    "/api.github.com/graphql": "GraphQL schema",
    "/api.github.com/": "OpenAPI",
    "/slack.com/api/": "@slack/web-api",
}


@dataclass
class Proof:
    """What tests saw of one call: statuses, and programs of others that made it."""

    statuses: set[int] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    clients: set[str] = field(default_factory=set)
    is_of_product: bool = False

    def cells(self, path: str) -> tuple[str, ...]:
        """A cell for each column."""
        is_strict = bool(STRICT & self.statuses or self.codes - OF_TOKENS)
        return (
            shape(path) or "·",
            "yes" if any(status < 400 for status in self.statuses) else "·",
            ",".join(self.errors()[:2]) or "·",
            "yes" if LIMITED & self.statuses else "·",
            "yes" if is_strict else "·",
            ", ".join(sorted(self.clients)) or "·",
        )

    def errors(self) -> list[str]:
        """Statuses and codes of refusals."""
        return [*(str(status) for status in sorted(self.statuses) if status >= 400), *sorted(self.codes)]


def shape(path: str) -> str:
    """What answers of a call are held against; "" for pages, which are held against nothing."""
    return next((name for prefix, name in SHAPES.items() if path.startswith(prefix)), "")


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
    for method, path, status, agent, code in exchanges:
        match = next((p for p in patterns if p[0] == method and p[2].match(path)), None)
        if match is not None:
            proof = proofs[match[0], match[1]]
            proof.statuses.add(status)
            proof.codes |= {code} - {""}
            proof.is_of_product = proof.is_of_product or PRODUCT.match(agent) is not None
            if not OURS.search(agent) and agent:
                proof.clients.add(agent.split("/")[0].split(" ")[0])
    lines = []
    for service, listed in calls.items():
        proved = sum(bool(proofs[call].statuses) for call in listed)
        lines += ["", f"{service}: {proved} of {len(listed)} simulated calls are tried by tests"]
        lines += _of_product({call: proofs[call] for call in listed})
        lines.append("".join(f"{column:<18}" for column in COLUMNS) + "call")
        lines += [
            "".join(f"{cell[:17]:<18}" for cell in proofs[call].cells(call[1])) + f"{call[0]} {call[1]}"
            for call in sorted(listed, key=lambda call: call[1])
        ]
    return lines


def _of_product(proofs: Mapping[tuple[str, str], Proof]) -> list[str]:
    """How many of the API calls that the product makes have a pinned shape and errors that tests saw."""
    own = {call: proof for call, proof in proofs.items() if proof.is_of_product and shape(call[1])}
    lacking = [" ".join(call) for call, proof in own.items() if not proof.errors()]
    return [
        f"The product makes {len(own)} of these; answers and errors of {len(own) - len(lacking)} are proved.",
        *(f"  no error seen: {call}" for call in sorted(lacking)),
    ]
