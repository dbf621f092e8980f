"""The API against its own document, read by schemathesis: what it says is true, and nothing goes unsaid."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec
import pytest

from fluxstudio.faces.api.openapi_events import INBOUND_TAG, STREAM_TAG
from fluxstudio.faces.api.openapi_proxy import PROXY_TAG
from fluxstudio.sdk.simulation.budgets import Budgets, BudgetStatus
from tests.support.agents import agent, new_agent, waiting
from tests.support.receiving import arrived
from tests.support.running import Running, Start

PLAN = Path(__file__).with_name("schemathesis.toml")
TAGS = {"figma": "Figma", "slack": "Slack", "github": "GitHub"}
PROVIDERS = "providers"
PLENTY = "1000000/minute"

# One takes a code and a state that only a consent page hands out, another a delivery that has failed, two the
# digest of what was shown, one a conflict that both sides have made, and two delete a sync and an access
# token that are there. tests/conformance, tests/flows and tests/faces call them with those.
# What needs a failed run, a webhook, a session, a password or a last word is held by tests of its own; here
# it is called as well, and may be refused only as the document says.
ELSEWHERE = re.compile(
    r"/runs/|/check$|/endpoints/|/sessions/\{session\}$|/account(/password)?$|/people/\{person\}/(sessions|password-link)$"
)
NEEDS_MORE = {
    "POST /api/integrations/{provider}/callback",
    "POST /api/integrations/github/repositories/{owner}/{repo}/hooks/{id}/redeliver",
    "POST /api/approvals/{id}/allow",
    "POST /api/approvals/{id}/deny",
    "GET /api/integrations/github/repositories/{owner}/{repo}/compare",
    "GET /api/integrations/github/repositories/{owner}/{repo}/folder",
    "POST /api/integrations/github/token-syncs/run",
    "POST /api/design-tokens/imports",
    "POST /api/design-tokens/syncs/{id}/decisions",
    "POST /api/design-tokens/syncs/{id}/exports",
    # A channel, a file and a connection that are all there are seldom drawn together.
    "POST /api/integrations/slack/files",
    # Where it reads from is drawn before.
    "POST /api/design-tokens/syncs/{id}/preview",
    "DELETE /api/design-tokens/syncs/{id}",
    "DELETE /api/access-tokens/{id}",
}


@pytest.fixture
async def plentiful(start: Start, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The product with budgets that thousands of calls do not use up."""
    running = await start(rate_limit_user=PLENTY, rate_limit_address=PLENTY)
    monkeypatch.setattr(Budgets, "spend", lambda *_: BudgetStatus(True, 1000, 1000, 60.0))
    for entry in running.services.registry:
        monkeypatch.setattr(entry.provider, "http", replace(entry.provider.http, limits={}))
    return running


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", [PROVIDERS, "the rest"])
async def test_every_answer_is_one_that_the_document_tells_of(
    plentiful: Running, part: str, tmp_path: Path
) -> None:
    ada = await plentiful.client("ada", role="admin")
    connections = {f"{name.upper()}_CONNECTION": await plentiful.connect(ada, name) for name in TAGS}
    document = without_senders((await ada.get("/api/openapi.json")).json())
    report, schema = tmp_path / "exchanges.har", tmp_path / "openapi.json"
    schema.write_bytes(msgspec.json.encode(without_idempotency(document)))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(PLAN), "run"),
        *(str(schema), "--no-color", "--report-har-path", str(report)),
        *(word for tag in TAGS.values() for word in (f"--{choice_of(part)}-tag", tag)),
        cwd=tmp_path,
        env={
            **os.environ,
            "BASE_URL": plentiful.base,
            "TOKEN": plentiful.token("ada", role="admin"),
            "EVENT": str(await arrived(plentiful)),
            **connections,
            **(await people(plentiful, ada)),
            **{name: await automation(ada) for name in ("AUTOMATION", "DOOMED_AUTOMATION")},
            **{name: await sync(ada) for name in ("SYNC", "DOOMED_SYNC")},
            **await agents(plentiful, ada),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    text, _ = await process.communicate()
    assert process.returncode == 0, text.decode()
    tried = operations_of(document, part)
    missed = tried - NEEDS_MORE - accepted_in(report, document)
    assert {line for line in missed if not ELSEWHERE.search(line)} == set(), "never answered with success"


def without_senders(document: dict[str, Any]) -> dict[str, Any]:
    """The document without the stream, which ends never, raw calls, and what takes what a provider signed."""
    paths = {
        path: methods
        for path, methods in document["paths"].items()
        if not {tag for entry in methods.values() for tag in entry["tags"]}
        & {STREAM_TAG, INBOUND_TAG, PROXY_TAG}
    }
    return {**document, "paths": paths}


def without_idempotency(document: dict[str, Any]) -> dict[str, Any]:
    """The document without the keys that make one of two requests: a key that is drawn twice is refused."""
    paths = {
        path: {method: {**entry, "parameters": _others(entry)} for method, entry in methods.items()}
        for path, methods in document["paths"].items()
    }
    return {**document, "paths": paths}


def _others(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return [parameter for parameter in entry.get("parameters", ()) if parameter["name"] != "Idempotency-Key"]


async def agents(running: Running, client: httpx2.AsyncClient) -> dict[str, str]:
    """The ids of two new agents, and of a call of the first that waits."""
    first, token = await new_agent(client)
    second, _ = await new_agent(client)
    async with agent(running, token) as calling:
        await calling.call_tool("slack_post_message", {"channel": "#design", "text": "Hello"})
    [card] = await waiting(client)
    return {"AGENT": first, "DOOMED_AGENT": second, "APPROVAL": card["id"]}


async def automation(client: httpx2.AsyncClient) -> str:
    """The id of a new automation."""
    action = {"operation": "slack.message", "arguments": {"channel": "#design", "text": "Hello"}}
    body = {"name": "Greet", "definition": {"when": {"schedule": "0 9 * * 1"}, "do": action}}
    answer = await client.post("/api/automations", json=body)
    made: str = answer.json()["id"]
    return made


async def sync(client: httpx2.AsyncClient) -> str:
    """The id of a new sync of design tokens."""
    target = {"repository": "harbour-pine/driftwood", "path": "tokens/base.json"}
    body = {"source": {"fileKey": "DriftwoodFoundations01"}, "target": target}
    answer = await client.post("/api/design-tokens/syncs", json=body)
    made: str = answer.json()["id"]
    return made


async def people(running: Running, admin: httpx2.AsyncClient) -> dict[str, str]:
    """Somebody to be changed, two to be ended, and an invitation to be revoked."""
    users = [await running.actor(name) for name in ("mei", "noor")]
    invited = (await admin.post("/api/invitations", json={"email": "zoe@example.com"})).json()
    return {
        "PERSON": str(users[0].user_id),
        "DOOMED_PERSON": str(users[1].user_id),
        "DOOMED_TOKEN": running.token("doomed"),
        "INVITATION": invited["id"],
    }


def choice_of(part: str) -> str:
    """Whether the operations of providers are those that a part is, or those that it is not."""
    return "include" if part == PROVIDERS else "exclude"


def operations_of(document: Mapping[str, Any], part: str) -> set[str]:
    """`METHOD /path` of every operation of the providers, or of those that belong to none."""
    return {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method, entry in methods.items()
        if (entry["tags"][0] in TAGS.values()) == (part == PROVIDERS)
    }


def accepted_in(report: Path, document: Mapping[str, Any]) -> set[str]:
    """The operations that a report of exchanges shows answered with success."""
    paths = {path: re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))) for path in document["paths"]}
    result: dict[str, set[int]] = defaultdict(set)
    for exchange in msgspec.json.decode(report.read_bytes())["log"]["entries"]:
        asked = urlsplit(exchange["request"]["url"]).path
        for path, pattern in paths.items():
            if pattern.fullmatch(asked):
                result[f"{exchange['request']['method']} {path}"].add(exchange["response"]["status"])
    return {name for name, statuses in result.items() if any(status < 400 for status in statuses)}
