"""Servers of others, and those we bring: listed, called, restarted, and kept in their bounds."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from fluxstudio.core.agents.server_settings import read_servers
from fluxstudio.kit.serving import listening_socket, serving
from tests.support import mcp_child
from tests.support.hosting import call, servers
from tests.support.running import Running, Start

CHILD = {"command": sys.executable, "args": [str(Path(mcp_child.__file__))]}


async def test_a_server_over_stdio_is_listed_and_called_by_administrators_only(start: Start) -> None:
    running = await start(mcp_servers=servers(child=CHILD))
    admin, member = await running.client("root", role="admin"), await running.client()
    listed = (await member.get("/api/mcp/tools")).json()
    assert listed["available"] is True
    assert {tool["name"] for tool in listed["tools"]["child"]} == {"environment", "add", "die"}
    answer = await call(admin, "child", "add", a=1, b=2)
    assert answer.json()["structuredContent"] == {"result": 3}
    assert (await call(member, "child", "add", a=1, b=2)).status_code == 403
    assert (await call(admin, "child", "nothing")).status_code == 404


async def test_a_child_gets_only_the_environment_it_is_named(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JWT_SECRET_OF_OURS", "not-for-others")
    running = await start(mcp_servers=servers(child={**CHILD, "env": {"NAMED": "yes"}}))
    admin = await running.client("root", role="admin")
    names = (await call(admin, "child", "environment")).json()["content"][0]["text"].split(",")
    # Python may set one of its own.
    assert set(names) - {"LC_CTYPE"} == {"NAMED", "PATH"}


async def test_a_server_that_dies_is_started_again(start: Start) -> None:
    running = await start(mcp_servers=servers(child=CHILD))
    admin = await running.client("root", role="admin")
    assert (await call(admin, "child", "die")).status_code == 503
    async with asyncio.timeout(60):
        while (await call(admin, "child", "add", a=2, b=2)).status_code != 200:
            await asyncio.sleep(0.1)
    [status] = [
        entry for entry in (await admin.get("/api/mcp/status")).json()["servers"] if entry["name"] == "child"
    ]
    assert (status["state"], status["restarts"]) == ("connected", 1)


async def test_a_server_that_cannot_be_started_is_told_and_harms_nobody(start: Start) -> None:
    running = await start(mcp_servers=servers(broken={"command": "/no/such/program"}, child=CHILD))
    admin = await running.client("root", role="admin")
    listed = (await admin.get("/api/mcp/tools")).json()["tools"]
    assert "child" in listed
    assert "broken" not in listed
    assert (await call(admin, "broken", "anything")).status_code == 503


async def test_a_server_over_http_is_called(start: Start) -> None:
    app = mcp_child.server.streamable_http_app()
    with listening_socket("127.0.0.1", 0) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        async with app.router.lifespan_context(app), serving(app, listening):
            running = await start(mcp_servers=servers(web={"url": address}))
            admin = await running.client("root", role="admin")
            answer = await call(admin, "web", "add", a=20, b=22)
            assert answer.json()["structuredContent"] == {"result": 42}
            await running.services.hosted_servers.close()


async def test_our_own_postgres_reads_and_never_writes(start: Start) -> None:  # R47 R48
    running = await start()
    ada = await running.client()
    await running.connect(ada, "slack")
    views = (await call(ada, "postgres", "schema")).json()["structuredContent"]["views"]
    assert views
    count = await call(ada, "postgres", "query", sql=f"SELECT count(*) AS n FROM {views[0]}")
    assert count.status_code == 200, count.text
    for sql in (
        "DELETE FROM agents",
        "SELECT * FROM oauth_tokens",
        "COMMIT; DROP TABLE users",
        "SELECT pg_read_file('/etc/passwd')",
    ):
        assert (await call(ada, "postgres", "query", sql=sql)).status_code == 400


async def test_designs_are_read_through_the_users_own_account(running: Running) -> None:
    ada, mei = await running.client(), await running.client("mei")
    await running.connect(ada, "figma")
    assert (await call(ada, "figma", "figma_list_files")).status_code == 200
    assert (await call(mei, "figma", "figma_list_files")).status_code == 409
    assert (await call(ada, "figma", "figma_post_comment", fileKey="x", message="y")).status_code == 404


async def test_while_off_the_calls_answer_as_promised(start: Start) -> None:
    running = await start(mcp_postgres_enabled=False, mcp_figma_enabled=False)
    ada, admin = await running.client(), await running.client("root", role="admin")
    assert (await ada.get("/api/mcp/tools")).json() == {"tools": {}, "available": False}
    assert (await call(ada, "postgres", "query", sql="SELECT 1")).json()["code"] == "UNAVAILABLE"
    assert (await ada.get("/api/mcp/status")).status_code == 403
    assert (await admin.get("/api/mcp/status")).status_code == 503
    stranger = await running.client(None)
    for answer in (await stranger.get("/api/mcp/tools"), await call(stranger, "postgres", "query")):
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"a": {}}',
        '{"a": {"command": "x", "url": "http://x"}}',
        '{"a b": {"command": "x"}}',
        '{"a": {"url": "file:///etc/passwd"}}',
    ],
)
def test_a_setting_that_names_no_servers_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_servers(text)


def test_servers_are_read_as_other_clients_write_them() -> None:
    assert read_servers('{"mcpServers": {"a": {"command": "x"}}}')["a"].command == "x"
