"""`fluxstudio mcp`, started by the protocol's own client as programs start it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from mcp import Client, StdioServerParameters, stdio_client

from tests.support.agents import answer_text, new_agent
from tests.support.process import environment
from tests.support.running import SECRET, Running


@pytest.fixture
async def running(own_running: Running) -> Running:
    """A product over the database that the command uses too."""
    return own_running


MESSAGE = {"channel": "#design", "text": "Hello"}


@asynccontextmanager
async def started(
    target: dict[str, Any], home: Path, port: int, *words: str, **settings: str
) -> AsyncIterator[Client]:
    """The command as a child of the client."""
    variables = environment(target, home, port, {}) | {"JWT_SECRET": SECRET, "ENCRYPTION_KEYS": ""} | settings
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "fluxstudio", "mcp", *words], env=variables, cwd=home
    )
    with (home / "errors").open("w") as errors:
        async with Client(stdio_client(parameters, errlog=errors)) as client:
            yield client


async def test_it_hands_on_to_the_server_that_runs(
    running: Running, database: dict[str, Any], tmp_path: Path
) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    port = urlsplit(running.base).port or 0
    async with started(database, tmp_path, port, "--user", "ada") as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        result = await client.call_tool("slack_post_message", MESSAGE)
    assert "slack_post_message" in names
    assert not result.is_error, answer_text(result)
    assert running.seen("slack", "chat.postMessage")


async def test_it_acts_as_the_agent_whose_token_it_has(
    running: Running, database: dict[str, Any], tmp_path: Path
) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    _, token = await new_agent(ada)
    port = urlsplit(running.base).port or 0
    async with started(database, tmp_path, port, MCP_TOKEN=token) as client:
        result = await client.call_tool("slack_post_message", MESSAGE)
    assert result.structured_content["approval"]["status"] == "waiting"


@pytest.mark.parametrize("env", ["development"])
async def test_it_answers_by_itself_where_nothing_runs(
    running: Running, database: dict[str, Any], tmp_path: Path, env: str
) -> None:
    await running.connect(await running.client(), "slack")
    async with started(database, tmp_path, 1, "--user", "ada", ENV=env) as client:
        result = await client.call_tool("list_connections", {})
    assert [entry["provider"] for entry in result.structured_content["connections"]] == ["slack"]
