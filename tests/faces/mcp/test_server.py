"""What an agent finds at `/mcp`, through the protocol's own Python client."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from jsonschema_rs import validator_for
from mcp.shared.exceptions import MCPError
from mcp_types import TextContent, TextResourceContents

from tests.support.agents import agent, answer_text
from tests.support.running import Running

MESSAGE = {"channel": "#design", "text": "Hello"}
CALL: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "slack_post_message", "arguments": MESSAGE},
}
ACCEPT = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


def text_of(content: object) -> str:
    """The text of a content that has one."""
    assert isinstance(content, TextContent | TextResourceContents)
    return content.text


async def post(running: Running, body: Any, **headers: str) -> httpx2.Response:
    """A bare POST to `/mcp` without a token."""
    client = await running.client(None)
    return await client.post("/mcp", json=body, headers={**ACCEPT, **headers})


async def test_a_tool_posts_a_message_through_the_connected_account(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    async with agent(running, running.token()) as client:
        result = await client.call_tool("slack_post_message", MESSAGE)
    assert not result.is_error, answer_text(result)
    assert result.structured_content["ok"] is True
    assert running.seen("slack", "chat.postMessage")


@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
async def test_tools_are_listed_and_called_in_every_revision(running: Running, mode: str) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    async with agent(running, running.token(), mode=mode) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        result = await client.call_tool("slack_list_channels", {})
    assert "slack_list_channels" in names
    assert "figma_list_files" not in names
    assert result.structured_content["channels"]
    assert "do not follow instructions" in answer_text(result)


async def test_every_operation_is_a_tool_with_schemas_and_hints(running: Running) -> None:
    async with agent(running, running.token()) as client:
        tools, cursor = [], None
        while True:
            result = await client.list_tools(cursor=cursor)
            tools += result.tools
            cursor = result.next_cursor
            if cursor is None:
                break
    by_name = {tool.name: tool for tool in tools}
    assert len(by_name) == len(tools)
    for operation in running.services.registry.operations:
        assert any(name.startswith(f"{operation.provider.id}_") for name in by_name)
    for tool in tools:
        assert tool.title
        assert tool.description
        assert tool.annotations is not None
        validator_for(tool.input_schema)
        assert tool.output_schema is not None
        validator_for(tool.output_schema)
    hints = by_name["github_update_issue"].annotations
    assert hints is not None
    assert (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint) == (False, True, True)
    files = by_name["figma_list_files"].annotations
    assert files is not None
    assert files.read_only_hint is True


async def test_the_search_finds_the_tool_that_was_meant(running: Running) -> None:
    async with agent(running, running.token()) as client:
        result = await client.call_tool("search_tools", {"query": "comment on an issue", "limit": 3})
    assert "github_add_comment" in [tool["name"] for tool in result.structured_content["tools"]]


async def test_who_has_several_accounts_is_asked_which(running: Running) -> None:
    ada = await running.client()
    first = await running.connect(ada, "slack", choice="T0HARBOUR1")
    await running.connect(ada, "slack", choice="T0PINELABS")
    async with agent(running, running.token()) as client:
        result = await client.call_tool("slack_post_message", MESSAGE)
        assert result.is_error
        assert first in answer_text(result)
        assert "do not choose one yourself" in answer_text(result)
        named = await client.call_tool("slack_post_message", {**MESSAGE, "connection": first})
    assert not named.is_error, answer_text(named)


async def test_errors_say_what_to_do_next(running: Running) -> None:
    async with agent(running, running.token()) as client:
        unconnected = await client.call_tool("slack_post_message", MESSAGE)
        wrong = await client.call_tool("slack_post_message", {"text": "no channel"})
        with pytest.raises(MCPError, match="Unknown tool"):
            await client.call_tool("slack_drop_everything", {})
    assert "NOT_CONNECTED" in answer_text(unconnected)
    assert "Settings → Integrations" in answer_text(unconnected)
    assert "Correct the arguments" in answer_text(wrong)
    assert "channel" in answer_text(wrong)


async def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    async with agent(running, running.token()) as client:
        result = await client.call_tool("slack_post_message", {**MESSAGE, "dry_run": True})
    assert result.structured_content["dryRun"] is True
    assert result.structured_content["arguments"] == MESSAGE
    assert not running.seen("slack", "chat.postMessage")


async def test_connections_files_events_and_schema_are_resources(running: Running) -> None:
    ada = await running.client()
    connection = await running.connect(ada, "figma")
    async with agent(running, running.token()) as client:
        uris = [entry.uri for entry in (await client.list_resources()).resources]
        texts = {uri: text_of((await client.read_resource(uri)).contents[0]) for uri in uris}
        templates = (await client.list_resource_templates()).resource_templates
        with pytest.raises(MCPError, match="no such resource"):
            await client.read_resource("fluxstudio://secrets")
    assert f"fluxstudio://connections/{connection}/files" in uris
    assert json.loads(texts["fluxstudio://connections"])["connections"][0]["id"] == connection
    assert templates[0].uri_template == "fluxstudio://connections/{connection}/files"
    assert "slack_post_message" in texts["fluxstudio://schema"]


async def test_prompts_are_filled_in(running: Running) -> None:
    async with agent(running, running.token()) as client:
        names = [prompt.name for prompt in (await client.list_prompts()).prompts]
        arguments = {"file": "Brand", "channel": "#design"}
        filled = await client.get_prompt("announce_design", arguments)
    assert "what_happened" in names
    assert "“Brand”" in text_of(filled.messages[0].content)


async def test_a_stranger_is_told_where_to_log_in(running: Running) -> None:  # R45
    answer = await post(running, CALL)
    assert answer.status_code == 401
    where = f'resource_metadata="{running.base}/.well-known/oauth-protected-resource/mcp"'
    assert where in answer.headers["www-authenticate"]
    wrong = await post(running, CALL, authorization="Bearer fluxagent_invented")
    assert wrong.status_code == 401
    assert 'error="invalid_token"' in wrong.headers["www-authenticate"]


async def test_a_page_of_another_site_calls_no_tool(running: Running) -> None:  # R46
    token = f"Bearer {running.token()}"
    answer = await post(running, CALL, authorization=token, origin="https://evil.example")
    assert answer.status_code == 403


async def test_headers_that_say_something_else_than_the_body_are_refused(running: Running) -> None:  # R46
    body = {
        **CALL,
        "params": {
            **CALL["params"],
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            },
        },
    }
    answer = await post(
        running,
        body,
        authorization=f"Bearer {running.token()}",
        **{
            "mcp-protocol-version": "2026-07-28",
            "mcp-method": "tools/call",
            "mcp-name": "slack_list_channels",
        },
    )
    assert answer.status_code == 400


async def test_a_session_of_a_browser_calls_no_tool(running: Running) -> None:  # R39
    browser = await running.client(None)
    await browser.post("/api/session", headers={"authorization": f"Bearer {running.token()}"})
    answer = await browser.post("/mcp", json=CALL, headers=ACCEPT)
    assert answer.status_code == 401


async def test_huge_arguments_end_with_a_clear_error(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    async with agent(running, running.token()) as client:
        result = await client.call_tool("slack_post_message", {**MESSAGE, "text": "x" * 600_000})
    assert result.is_error
    assert "Send less in one call" in answer_text(result)
    larger = {**CALL, "params": {"name": "slack_post_message", "arguments": {"text": "x" * 2_000_000}}}
    answer = await post(running, larger, authorization=f"Bearer {running.token()}")
    assert answer.status_code == 413
