"""The message that asked in a channel says what was decided, by whom and what came of it, without buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from fluxstudio.core.agents.agents import Agents, Caller
from fluxstudio.core.agents.approvals import Approval, Approvals, decide_pressed
from fluxstudio.flows.agents import calling, notice, service
from fluxstudio.flows.agents.approvals import resume_unsent
from fluxstudio.flows.agents.catalog import Catalog
from fluxstudio.sdk.simulation.faults import Fault
from tests.faces.mcp.browsers import browser_of
from tests.support.agents import decide, waiting
from tests.support.forms import form_to
from tests.support.running import Running

TEAM, ADA, ASKED = "T0HARBOUR1", "U0ADAPARK1", "C0DESIGN01"


@dataclass
class Channel:
    """A channel in which Ada is asked about what her agent wants to post."""

    running: Running
    client: httpx2.AsyncClient
    caller: Caller

    async def ask(self, text: str) -> Approval:
        """Have the agent ask to post a text."""
        services, tool = (
            self.running.services,
            Catalog(self.running.services.registry).get("slack_post_message"),
        )
        assert tool is not None
        result = await calling.run(services, self.caller, tool, {"channel": "#general", "text": text})
        assert result.waiting is not None
        assert self.buttons(text) == ["Allow and send", "Deny", "Open"]
        return await Approvals(services.db).one(self.caller.actor.user_id, result.waiting)

    def blocks(self, text: str) -> list[dict[str, Any]]:
        """The message that asks about a text, as it stands in the channel."""
        messages = self.running.simulators["slack"].world.data["messages"][ASKED]
        [blocks] = [message["blocks"] for message in messages if f'"text": "{text}"' in str(message)]
        return list(blocks)

    def buttons(self, text: str) -> list[str]:
        """The labels of its buttons."""
        parts = [part for block in self.blocks(text) for part in block.get("elements", ())]
        return [part["text"]["text"] for part in parts if part["type"] == "button"]

    def outcome(self, text: str) -> str:
        """What it says was decided, where it has no buttons."""
        assert self.buttons(text) == []
        words: str = self.blocks(text)[-1]["elements"][0]["text"]
        return words


@pytest.fixture
async def channel(running: Running) -> Channel:
    client = await running.client()
    connection = await running.connect(client, "slack", choice=TEAM, person=ADA)
    actor = await running.actor()
    await running.services.db.execute("UPDATE users SET name = 'Ada <Park>'")
    await notice.choose(running.services, actor, connection, ASKED)
    agent_id, _ = await service.make(running.services, actor, service.Wish(name="Helper"))
    return Channel(running, client, await Agents(running.services.db).by_id(agent_id))


async def test_it_names_who_decided_wherever_they_did_and_what_came_of_it(channel: Channel) -> None:
    services = channel.running.services
    await channel.ask("by button")
    press = channel.blocks("by button")[1]["elements"][0]["value"]
    async with services.db.transaction() as connected:
        assert await decide_pressed(connected, press, "slack", TEAM, ADA)
    await resume_unsent(services)
    assert channel.outcome("by button") == "Allowed by Ada <Park> · Sent"

    failing = await channel.ask("to a lost channel")
    [shown] = await waiting(channel.client)
    lost = Fault(match="chat.postMessage", status=200, body={"ok": False, "error": "channel_not_found"})
    channel.running.simulators["slack"].faults.active.append(lost)
    assert (await decide(channel.client, shown)).json()["status"] == "failed"
    problem = (await Approvals(services.db).one(failing.user_id, failing.id)).problem
    assert problem is not None
    assert channel.outcome("to a lost channel") == f"Allowed by Ada <Park> · Failed: {problem['message']}"
    channel.running.simulators["slack"].faults.active.clear()

    approval = await channel.ask("on the page")
    browser = await browser_of(channel.running)
    form = form_to((await browser.get("/agents")).text, f"/agents/approvals/{approval.id}")
    answer = await browser.post(form.action, data={**form.fields, "decision": "deny"})
    assert answer.status_code == 303
    assert channel.outcome("on the page") == "Denied by Ada <Park>"


async def test_it_says_that_no_one_decided_or_the_agent_was_ended(channel: Channel) -> None:
    services = channel.running.services
    await channel.ask("too late")
    await services.db.execute("UPDATE agent_approvals SET expires_at = now()")
    await channel.ask("withdrawn")
    await service.finish(services, channel.caller.actor, channel.caller.agent.id)
    await resume_unsent(services)
    assert channel.outcome("too late") == "Expired. No one decided in time."
    assert channel.outcome("withdrawn") == "Withdrawn: Helper was ended."


async def test_a_decision_stands_where_the_message_cannot_be_changed(channel: Channel) -> None:
    await channel.ask("through the API")
    channel.running.simulators["slack"].faults.active.append(Fault(match="chat.update", kind="drop"))
    [approval] = await waiting(channel.client)
    assert (await decide(channel.client, approval, "deny")).json()["status"] == "denied"
    assert channel.running.seen("slack", "chat.update")
