"""Syncs beside everything else: an operation for agents and automations, a message, and webhooks."""

from __future__ import annotations

from typing import Any

from tests.support.running import Running
from tests.support.token_syncs import (
    REPOSITORY,
    SYNCS,
    connected,
    made,
    number_of,
    paint,
    ran,
    repository_of,
)

RUN = "/api/integrations/github/token-syncs/run"


def messages_of(product: Running) -> list[str]:
    """What was posted about pull requests."""
    simulator: Any = product.simulators["slack"]
    every = (entry for entries in simulator.world.data["messages"].values() for entry in entries)
    return [str(entry.get("text", "")) for entry in every if "/pull/" in str(entry.get("text", ""))]


async def test_an_agents_call_runs_a_sync_and_says_what_came_of_it(running: Running) -> None:
    ada, eve = await connected(running), await running.client("eve")
    await running.connect(eve, "github")
    sync = await made(ada)
    answer = await ada.post(RUN, json={"sync": sync["id"]})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["outcome"], body["proposal"]["html_url"]) == ("pull_request", body["url"])
    assert body["summary"].endswith("design tokens changed in Figma.")
    assert body["proposal"]["repository"] == REPOSITORY
    github = await repository_of(running)
    await github("PUT", f"/pulls/{number_of(body)}/merge")
    quiet = (await ada.post(RUN, json={})).json()
    assert (quiet["outcome"], quiet["proposal"], quiet["url"]) == ("nothing", None, None)
    assert (await eve.post(RUN, json={"sync": sync["id"]})).status_code == 404
    assert (await eve.post(RUN, json={})).json()["outcome"] == "nothing"
    await made(ada)
    assert (await ada.post(RUN, json={})).status_code == 400


async def test_a_new_proposal_is_posted_once_where_a_sync_says(running: Running) -> None:
    ada = await connected(running)
    sync = await made(ada)
    refused = await ada.patch(f"{SYNCS}/{sync['id']}", json={"notify": {"channel": "#design"}})
    assert (refused.status_code, "Connect Slack" in refused.json()["error"]) == (400, True)
    await running.connect(ada, "slack")
    changed = await ada.patch(f"{SYNCS}/{sync['id']}", json={"notify": {"channel": "#design"}})
    assert changed.json()["notify"]["channel"] == "#design"
    first = await ran(ada, sync)
    [message] = messages_of(running)
    assert first["url"] in message
    assert "changed in Figma" in message
    await ran(ada, sync)
    assert len(messages_of(running)) == 1
    paint(running, "Coral/500", 0.2)
    await ran(ada, sync)
    assert len(messages_of(running)) == 2
    silent = await ada.patch(f"{SYNCS}/{sync['id']}", json={"notify": {"channel": None}})
    assert silent.json()["notify"] is None


async def test_making_a_sync_adds_its_webhooks_once_and_says_what_is_in_the_way(running: Running) -> None:
    ada = await connected(running)
    [problem] = (await made(ada))["problems"]
    assert (problem["provider"], bool(problem["fix"])) == ("GitHub", True)
    github: Any = running.simulators["github"]
    repositories = github.world.data["repositories"].values()
    driftwood = next(entry for entry in repositories if entry["name"] == REPOSITORY.partition("/")[2])
    driftwood["roles"] = dict.fromkeys(driftwood["roles"], "admin")
    assert (await made(ada))["problems"] == []
    assert (await made(ada))["problems"] == []
    figma: Any = running.simulators["figma"]
    hooks = figma.world.data["webhooks"].values()
    types = [hook["event_type"] for hook in hooks if hook["endpoint"].startswith(running.base)]
    assert sorted(types) == ["FILE_UPDATE", "LIBRARY_PUBLISH"]
    repository = await repository_of(running)
    assert len([hook for hook in await repository("GET", "/hooks") if "push" in hook["events"]]) == 1
