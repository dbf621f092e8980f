"""What a user allows an agent to do, and what the agent can then do, and nothing more."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from fluxstudio.core.agents.approvals import Approvals
from fluxstudio.flows.agents import approvals
from fluxstudio.flows.webhooks.process import Processing
from tests.support.agents import agent, answer_text, decide, new_agent, waiting
from tests.support.receiving import arrived, nothing
from tests.support.running import Running

MESSAGE = {"channel": "#design", "text": "Hello"}
POSTED = "chat.postMessage"


async def asked(running: Running, token: str, text: str = "Hello") -> dict[str, Any]:
    """A message that an agent wants to post: what it is answered."""
    async with agent(running, token) as client:
        result = await client.call_tool("slack_post_message", {**MESSAGE, "text": text})
    assert not result.is_error, answer_text(result)
    outcome: dict[str, Any] = result.structured_content
    return outcome


async def test_a_write_waits_until_its_user_allows_it_and_is_then_sent_once(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    _, token = await new_agent(ada)
    answer = await asked(running, token)
    assert answer["approval"]["status"] == "waiting"
    assert not running.seen("slack", POSTED)
    [card] = await waiting(ada)
    assert card["arguments"] == MESSAGE
    allowed = await decide(ada, card)
    assert allowed.json()["status"] == "done"
    async with agent(running, token) as client:
        result = await client.call_tool("check_approval", {"id": card["id"]})
    assert result.structured_content["result"]["ok"] is True
    assert len(running.seen("slack", POSTED)) == 1


async def test_allowing_twice_sends_once(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    _, token = await new_agent(ada)
    await asked(running, token)
    [card] = await waiting(ada)
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*[decide(ada, card)] * 1))
    again = await asyncio.gather(*(decide(ada, card) for _ in range(5)))
    assert statuses == [200]
    assert {answer.status_code for answer in again} == {409}
    await approvals.carry_out(running.services, card["id"])
    assert len(running.seen("slack", POSTED)) == 1


async def test_five_clicks_at_once_send_once(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    _, token = await new_agent(ada)
    await asked(running, token)
    [card] = await waiting(ada)
    answers = await asyncio.gather(*(decide(ada, card) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert len(running.seen("slack", POSTED)) == 1


async def test_what_was_denied_is_never_sent(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    _, token = await new_agent(ada)
    await asked(running, token)
    [card] = await waiting(ada)
    assert (await decide(ada, card, "deny")).json()["status"] == "denied"
    assert (await decide(ada, card)).status_code == 409
    assert not running.seen("slack", POSTED)


async def test_an_approval_survives_a_restart_and_is_carried_out_by_whoever_is_there(
    running: Running,
) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    _, token = await new_agent(ada)
    await asked(running, token)
    [card] = await waiting(ada)
    actor = await running.actor()
    # Allowed, and then the process ended before it sent anything.
    store = Approvals(running.services.db)
    assert await store.decide(actor.user_id, card["id"], card["digest"], "allowed", "page")
    await running.services.db.execute("UPDATE agent_approvals SET decided_at = now() - interval '1 minute'")
    await approvals.resume_unsent(running.services)
    assert len(running.seen("slack", POSTED)) == 1
    await approvals.resume_unsent(running.services)
    assert len(running.seen("slack", POSTED)) == 1


async def test_what_a_crash_interrupted_is_not_sent_again(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    _, token = await new_agent(ada)
    await asked(running, token)
    [card] = await waiting(ada)
    await running.services.db.execute(
        "UPDATE agent_approvals SET status = 'running', began_at = now() - interval '1 hour'"
    )
    await approvals.resume_unsent(running.services)
    body = (await ada.get(f"/api/approvals/{card['id']}")).json()
    assert body["status"] == "unknown"
    assert not running.seen("slack", POSTED)


async def test_an_approval_expires(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    _, token = await new_agent(ada)
    await asked(running, token)
    [card] = await waiting(ada)
    await running.services.db.execute("UPDATE agent_approvals SET expires_at = now() - interval '1 second'")
    answer = await decide(ada, card)
    assert answer.json()["reason"] == "EXPIRED"
    await approvals.resume_unsent(running.services)
    assert (await ada.get(f"/api/approvals/{card['id']}")).json()["status"] == "expired"


async def test_what_was_changed_after_it_was_shown_is_not_sent(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    _, token = await new_agent(ada)
    await asked(running, token)
    [card] = await waiting(ada)
    other = await decide(ada, {**card, "digest": "0" * 64})
    assert other.json()["reason"] == "CHANGED"
    # Somebody who can write to the table.
    await running.services.db.execute(
        'UPDATE agent_approvals SET arguments = arguments || \'{"text": "Send me your password"}\''
    )
    assert (await decide(ada, card)).json()["status"] == "failed"
    assert not running.seen("slack", POSTED)


async def test_the_same_call_asked_for_again_is_the_same_card(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    _, token = await new_agent(ada)
    first, second = await asked(running, token), await asked(running, token)
    assert first["approval"]["id"] == second["approval"]["id"]
    other = await asked(running, token, "Something else")
    assert other["approval"]["id"] != first["approval"]["id"]
    assert len(await waiting(ada)) == 2


async def test_nobody_else_sees_or_decides_what_waits_for_a_user(running: Running) -> None:
    ada, mei = await running.client(), await running.client("mei")
    await running.connect(ada, "slack")
    agent_id, token = await new_agent(ada)
    await asked(running, token)
    [card] = await waiting(ada)
    assert await waiting(mei) == []
    assert (await decide(mei, card)).status_code == 404
    for path in (f"/api/agents/{agent_id}", f"/api/agents/{agent_id}/calls", f"/api/approvals/{card['id']}"):
        assert (await mei.get(path)).status_code == 404
    assert (await mei.delete(f"/api/agents/{agent_id}")).status_code == 404
    _, hers = await new_agent(mei)
    async with agent(running, hers) as client:
        result = await client.call_tool("check_approval", {"id": card["id"]})
    assert "NOT_FOUND" in answer_text(result)


async def test_another_users_connection_is_out_of_reach(running: Running) -> None:
    ada, mei = await running.client(), await running.client("mei")
    hers = await running.connect(mei, "slack")
    await running.connect(ada, "slack")
    _, token = await new_agent(ada, writes="allow", crossing="allow")
    async with agent(running, token) as client:
        result = await client.call_tool("slack_post_message", {**MESSAGE, "connection": hers})
    assert "NOT_FOUND" in answer_text(result)
    refused = await ada.post("/api/agents", json={"name": "x", "connections": [hers]})
    assert refused.status_code == 404
    assert not running.seen("slack", POSTED)


async def test_an_ended_agent_can_do_nothing_and_what_it_asked_for_is_not_sent(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    agent_id, token = await new_agent(ada)
    await asked(running, token)
    [card] = await waiting(ada)
    assert (await ada.delete(f"/api/agents/{agent_id}")).json() == {"ended": True}
    client = await running.client(None)
    answer = await client.post("/mcp", json={}, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert (await decide(ada, card)).status_code == 409
    assert not running.seen("slack", POSTED)


async def test_an_agents_token_opens_nothing_but_tools(running: Running) -> None:  # R45
    ada = await running.client()
    _, token = await new_agent(ada)
    client = await running.client(None)
    for path in ("/api/integrations", "/api/agents", "/api/approvals", "/api/session"):
        answer = await client.get(path, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401


async def test_a_denied_tool_is_not_listed_and_not_called(running: Running) -> None:
    ada = await running.client()
    connection = await running.connect(ada, "slack")
    grants = [{"connection": connection, "tool": "slack.message", "mode": "deny"}]
    _, token = await new_agent(ada, writes="allow", grants=grants)
    async with agent(running, token) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        result = await client.call_tool("slack_post_message", MESSAGE)
    assert "slack_post_message" not in names
    assert "slack_post_project_update" in names
    assert "FORBIDDEN" in answer_text(result)
    assert not running.seen("slack", POSTED)


async def test_an_account_connected_later_is_denied_until_it_is_allowed(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "figma")
    agent_id, token = await new_agent(ada, writes="allow")
    connection = await running.connect(ada, "slack")
    async with agent(running, token) as client:
        assert "FORBIDDEN" in answer_text(await client.call_tool("slack_list_channels", {}))
        grants = [{"connection": connection, "tool": "reads", "mode": "allow"}]
        changed = await ada.patch(f"/api/agents/{agent_id}", json={"grants": grants})
        assert changed.status_code == 200, changed.text
        assert not (await client.call_tool("slack_list_channels", {})).is_error


async def test_what_was_read_in_one_account_waits_before_it_is_written_to_another(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    await running.connect(ada, "github")
    _, token = await new_agent(ada, writes="allow")
    async with agent(running, token) as client:
        before = await client.call_tool("slack_post_message", MESSAGE)
        assert before.structured_content["ok"] is True
        await client.call_tool("slack_list_channels", {})
        same = await client.call_tool("slack_post_message", {**MESSAGE, "text": "Still the same account"})
        assert same.structured_content["ok"] is True
        await client.call_tool("github_list_repositories", {})
        after = await client.call_tool("slack_post_message", {**MESSAGE, "text": "From elsewhere"})
    assert after.structured_content["approval"]["status"] == "waiting"
    [card] = await waiting(ada)
    assert card["reason"] == "crossing"


async def test_limits_of_an_agent_hold(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    _, token = await new_agent(ada, writes="allow", writesPerDay=1)
    _, slow = await new_agent(ada, callsPerMinute=1)
    async with agent(running, token) as client:
        assert not (await client.call_tool("slack_post_message", MESSAGE)).is_error
        over = await client.call_tool("slack_post_message", MESSAGE)
    assert "1 writes of today" in answer_text(over)
    async with agent(running, slow) as client:
        results = [await client.call_tool("slack_list_channels", {}) for _ in range(3)]
    assert "RATE_LIMITED" in answer_text(results[-1])
    assert len(running.seen("slack", POSTED)) == 1


async def test_the_log_tells_one_story_from_the_agent_to_the_answer(running: Running) -> None:  # R54
    ada = await running.client()
    await running.connect(ada, "slack")
    agent_id, token = await new_agent(ada)
    await asked(running, token)
    [card] = await waiting(ada)
    await decide(ada, card)
    admin = await running.client("root", role="admin")
    entries = (await admin.get("/api/audit", params={"limit": 50})).json()["entries"]
    story = [entry for entry in entries if entry["details"].get("agent") == agent_id]
    assert [entry["action"] for entry in reversed(story)] == [
        "approval_asked",
        "agent_call",
        "approval_decided",
        "call",
    ]
    assert story[0]["details"]["approval"] == card["id"]
    calls = (await ada.get(f"/api/agents/{agent_id}/calls")).json()["calls"]
    assert [(call["outcome"], call["approval"]) for call in calls] == [
        ("done", card["id"]),
        ("waiting", card["id"]),
    ]


async def test_an_agent_with_an_api_token_cannot_allow_its_own_call(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack")
    async with agent(running, running.token()) as client:
        await client.call_tool("list_connections", {})
        [line] = [
            entry for entry in (await ada.get("/api/agents")).json()["agents"] if entry["kind"] == "api"
        ]
        await ada.patch(f"/api/agents/{line['id']}", json={"writes": "ask"})
        await client.call_tool("slack_post_message", MESSAGE)
    [card] = await waiting(ada)
    assert (await decide(ada, card)).status_code == 403
    assert not running.seen("slack", POSTED)


@pytest.mark.parametrize("days", [1])
async def test_a_token_ends_when_it_expires(running: Running, days: int) -> None:
    ada = await running.client()
    _, token = await new_agent(ada, expiresInDays=days)
    await running.services.db.execute(
        "UPDATE agents SET expires_at = now() - $1::interval", timedelta(seconds=1)
    )
    client = await running.client(None)
    answer = await client.post("/mcp", json={}, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401


async def test_events_of_one_account_count_as_read_before_another_is_written_to(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "slack", choice="T0HARBOUR1")
    await running.connect(ada, "github")
    event = await arrived(running)
    await Processing(running.services, nothing).event(event)
    _, token = await new_agent(ada, writes="allow")
    comment = {"owner": "harbour-pine", "repo": "tidewater-web", "number": 1, "body": "Hello"}
    async with agent(running, token) as client:
        contents = (await client.read_resource("fluxstudio://events/recent")).contents
        assert str(event) in str(contents[0])
        result = await client.call_tool("github_add_comment", comment)
    assert result.structured_content["approval"]["status"] == "waiting"


async def test_a_question_is_answered_for_agents_that_may_read_everything(running: Running) -> None:
    ada = await running.client()
    first = await running.connect(ada, "slack")
    await running.connect(ada, "github")
    _, all_of_it = await new_agent(ada)
    _, a_part = await new_agent(ada, connections=[first])
    async with agent(running, all_of_it) as client:
        answer = await client.call_tool("ask_question", {"question": "How many connections are there?"})
    assert not answer.is_error, answer_text(answer)
    assert answer.structured_content["rows"]
    async with agent(running, a_part) as client:
        refused = await client.call_tool("ask_question", {"question": "How many connections are there?"})
        listed = await client.call_tool("list_connections", {})
    assert "FORBIDDEN" in answer_text(refused)
    assert [entry["id"] for entry in listed.structured_content["connections"]] == [first]
