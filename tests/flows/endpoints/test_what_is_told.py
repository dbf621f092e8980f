"""Runs of automations and decisions on agents' calls reach the host product, with a link to the whole."""

from __future__ import annotations

import pytest

from tests.support.agents import agent, decide, new_agent, waiting
from tests.support.automating import RULE, Automating
from tests.support.host_product import delivering, host_product, register
from tests.support.running import Running
from tests.support.stories import BROKEN

MESSAGE = {"channel": "#design", "text": "Hello"}


async def test_a_run_is_told_when_it_ends_with_why_it_failed(running: Running) -> None:
    ada = await Automating.begin(running)
    admin = await running.client("root", role="admin")
    async with host_product() as host, delivering(running) as deliver:
        await register(admin, host, types=["run.finished", "run.failed"])
        for definition in (RULE, BROKEN):
            rule = await ada.make(definition, name="Comments")
            await ada.happens()
            await ada.client.patch(f"/api/automations/{rule}", json={"enabled": False})
        await deliver()
    assert host.types == ["run.finished", "run.failed"]
    finished, failed = (message["data"] for message in host.taken)
    assert (finished["automationName"], finished["userId"], "reason" in finished) == (
        "Comments",
        "ada",
        False,
    )
    assert (failed["reason"], bool(failed["message"])) == ("NOT_FOUND", True)
    assert (await ada.client.get(failed["url"])).json()["id"] == failed["id"]


@pytest.mark.parametrize("decision", ["allow", "deny"])
async def test_an_approval_is_told_when_it_is_asked_for_and_when_it_is_decided(
    running: Running, decision: str
) -> None:
    ada, admin = await running.client(), await running.client("root", role="admin")
    connection = await running.connect(ada, "slack")
    async with host_product() as host, delivering(running) as deliver:
        await register(admin, host, types=["approval.requested", "approval.decided"])
        _, token = await new_agent(ada)
        async with agent(running, token) as client:
            await client.call_tool("slack_post_message", MESSAGE)
        [card] = await waiting(ada)
        await decide(ada, card, decision)
        await deliver()
    assert host.types == ["approval.requested", "approval.decided"]
    requested, decided = (message["data"] for message in host.taken)
    assert requested["id"] == decided["id"] == card["id"]
    assert (requested["operation"], requested["connectionId"]) == ("slack.message", connection)
    assert decided["decision"] == ("allowed" if decision == "allow" else "denied")
    assert "Hello" not in str(host.requests)
    assert (await ada.get(decided["url"])).json()["id"] == card["id"]
