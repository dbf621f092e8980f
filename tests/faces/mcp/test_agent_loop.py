"""A whole task: an agent finds a design file, writes about it, waits for its user, and learns the outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mcp import Client

from tests.support.agents import agent, answer_text, decide, new_agent, waiting
from tests.support.running import Running

TEAM = "https://www.figma.com/files/team/1174201358246917205/Harbour-Pine"


@dataclass
class ScriptedModel:
    """Stands in for a language model: what it calls next follows from what it has read."""

    read: dict[str, Any] = field(default_factory=dict)

    def next(self) -> tuple[str, Mapping[str, Any]] | None:
        """The next tool to call, None once the task is done."""
        read = self.read
        if "search_tools" not in read:
            return "search_tools", {"query": "design files"}
        if "figma_list_files" not in read:
            assert "figma_list_files" in [tool["name"] for tool in read["search_tools"]["tools"]]
            return "figma_list_files", {}
        file = read["figma_list_files"]["files"][0]
        if "figma_list_comments" not in read:
            return "figma_list_comments", {"fileKey": file["key"]}
        if "slack_post_message" not in read:
            count = len(read["figma_list_comments"]["comments"])
            text = f"{file['name']} has {count} comments: https://www.figma.com/design/{file['key']}"
            return "slack_post_message", {"channel": "#design", "text": text}
        if "check_approval" not in read:
            return "check_approval", {
                "id": read["slack_post_message"]["approval"]["id"],
                "wait_seconds": 50,
            }
        return None


async def work(client: Client, model: ScriptedModel) -> None:
    """The loop of an agent: ask the model, call the tool, tell the model what it answered."""
    while (step := model.next()) is not None:
        name, arguments = step
        result = await client.call_tool(name, dict(arguments))
        assert not result.is_error, answer_text(result)
        model.read[name] = result.structured_content


async def test_a_design_file_becomes_a_message_once_its_user_allows_it(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "figma")
    await running.connect(ada, "slack")
    followed = await ada.post("/api/integrations/figma/teams", json={"url": TEAM})
    assert followed.status_code == 200, followed.text
    # It may write; but what it read in one account is carried to another.
    agent_id, token = await new_agent(ada, writes="allow")
    model = ScriptedModel()
    async with agent(running, token) as client:
        task = asyncio.create_task(work(client, model))
        while not (cards := await waiting(ada)):
            assert not task.done()
            await asyncio.sleep(0.05)
        assert not running.seen("slack", "chat.postMessage")
        assert cards[0]["reason"] == "crossing"
        assert "figma.com/design/" in cards[0]["arguments"]["text"]
        await decide(ada, cards[0])
        await task
    assert model.read["check_approval"]["result"]["ok"] is True
    assert len(running.seen("slack", "chat.postMessage")) == 1
    calls = (await ada.get(f"/api/agents/{agent_id}/calls")).json()["calls"]
    assert [(call["tool"], call["outcome"]) for call in reversed(calls)] == [
        ("figma_list_files", "done"),
        ("figma_list_comments", "done"),
        ("slack_post_message", "waiting"),
        ("slack_post_message", "done"),
    ]
