"""`/mcp` held against what others wrote: the protocol's conformance suite, and the inspector's command."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.bearer_proxy import bearer_proxy
from tests.support.running import Running, Start
from tests.witnesses.node import PROGRAM
from tools.witnesses import FOLDER

# Of all that the suite tries, all but what calls tools, resources and prompts of its own server.
SCENARIOS = (
    "server-initialize",
    "server-session-lifecycle",
    "server-stateless",
    "ping",
    "tools-list",
    "server-sse-polling",
    "server-sse-multiple-streams",
    "resources-list",
    "sep-2164-resource-not-found",
    "prompts-list",
    "dns-rebinding-protection",
    "caching",
    "http-header-validation",
    "input-required-result-missing-input-response",
    "input-required-result-unsupported-methods",
    "input-required-result-ignore-extra-params",
    "input-required-result-validate-input",
)
# What the suite says of a check that needs one of its own tools.
NEEDS_FIXTURE = "Not testable"
PACKAGES = FOLDER / "node_modules" / "@modelcontextprotocol"


async def run(folder: Path, script: str, *words: str | Path) -> tuple[int, str]:
    """Run a command of a package; its exit code and all it said."""
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        PACKAGES / script,
        *words,
        cwd=folder,
        env={"PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", "HOME": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    text, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, text.decode()


@pytest.fixture
async def connected(start: Start) -> Running:
    """The product, with an account that has tools."""
    running = await start(rate_limit_user="1000000/minute", rate_limit_address="1000000/minute")
    await running.connect(await running.client(), "slack")
    return running


async def test_the_conformance_suite_finds_nothing_wrong(connected: Running, tmp_path: Path) -> None:
    async with bearer_proxy(connected.base, connected.token()) as base:
        words = ("server", "--url", f"{base}/mcp", "--suite", "all", "-o", str(tmp_path))
        _, text = await run(tmp_path, "conformance/dist/index.js", *words)
    for scenario in SCENARIOS:
        [results] = tmp_path.glob(f"server-{scenario}-2*/checks.json")
        checks: list[dict[str, Any]] = msgspec.json.decode(results.read_bytes())
        assert checks, text
        failed = [check for check in checks if check["status"] == "FAILURE"]
        wrong = [check for check in failed if not str(check.get("errorMessage")).startswith(NEEDS_FIXTURE)]
        assert not wrong, (scenario, wrong)


async def test_the_inspector_lists_and_calls_tools(connected: Running, tmp_path: Path) -> None:
    common = (
        *("--cli", f"{connected.base}/mcp", "--transport", "http"),
        *("--header", f"Authorization: Bearer {connected.token()}"),
    )
    script = "inspector/clients/launcher/build/index.js"
    code, text = await run(tmp_path, script, *common, "--method", "tools/list")
    assert code == 0, text
    assert "slack_post_message" in text
    words = ("--method", "tools/call", "--tool-name", "slack_post_message")
    arguments = ("--tool-arg", "channel=#design", "text=Hello")
    code, text = await run(tmp_path, script, *common, *words, *arguments)
    assert code == 0, text
    assert connected.seen("slack", "chat.postMessage")
