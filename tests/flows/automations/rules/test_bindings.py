"""A rule belongs to the accounts it was made with: it uses no other, and pauses without them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from fluxstudio.flows.automations.runs import triggers
from tests.support.automating import RULE, Automating
from tests.support.running import Running

OURS, THEIRS = "T0HARBOUR1", "T0PINELABS"


@pytest.fixture
async def ada(running: Running) -> Automating:
    """Ada has connected Figma and one Slack workspace."""
    client = await running.client("ada")
    connections = {
        "figma": await running.connect(client, "figma"),
        "slack": await running.connect(client, "slack", choice=OURS),
    }
    return Automating(running, client, connections)


async def second(ada: Automating) -> str:
    """Another company's workspace, connected beside the first."""
    return await ada.running.connect(ada.client, "slack", choice=THEIRS)


async def rule(ada: Automating, made: str) -> dict[str, Any]:
    body: dict[str, Any] = (await ada.client.get(f"/api/automations/{made}")).json()
    return body


async def refused(ada: Automating, definition: Any = RULE) -> dict[str, Any]:
    answer = await ada.client.post("/api/automations", json={"name": "A", "definition": definition})
    assert answer.status_code == 400, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_rule_names_the_accounts_it_was_made_with(ada: Automating) -> None:  # R67
    made = await rule(ada, await ada.make())
    assert made["definition"]["when"]["connection"] == ada.connections["figma"]
    assert made["definition"]["do"]["connection"] == ada.connections["slack"]
    assert made["connections"]["action"] == {
        "id": ada.connections["slack"],
        "provider": "slack",
        "accountName": "Harbour & Pine",
        "status": "connected",
    }


async def test_with_a_second_workspace_it_goes_on_in_its_own(ada: Automating) -> None:  # R67
    made = await ada.make()
    other = await second(ada)
    (run,) = await ada.happens()
    assert (run["status"], run["problem"]) == ("done", None)
    await ada.client.patch(f"/api/automations/{made}", json={"definition": RULE})
    assert (await rule(ada, made))["connections"]["action"]["id"] == ada.connections["slack"] != other


async def test_it_never_posts_into_another_workspace(ada: Automating) -> None:  # R67
    made = await ada.make()
    (waiting,) = await ada.start(await ada.received())
    await second(ada)
    gone = {"connection": ada.connections["slack"]}
    answer = await ada.client.delete("/api/integrations/slack", params=gone)
    assert answer.json()["automations"] == [{"id": made, "name": "A rule", "status": "paused"}]
    assert "“A rule” pauses until it is connected again." in answer.json()["message"]
    assert await ada.start(await ada.received()) == []
    await triggers.run_one(ada.running.services, waiting)
    (run,) = await ada.all_runs()
    assert (run["status"], run["problem"]["code"]) == ("failed", "NOT_CONNECTED")
    assert "Harbour & Pine in Slack is disconnected" in run["problem"]["message"]
    assert not ada.running.seen("slack", "chat.postMessage")


async def test_it_pauses_while_its_account_is_away_and_goes_on_once_it_is_back(  # R67
    ada: Automating,
) -> None:
    made = await ada.make()
    await ada.client.delete("/api/integrations/slack")
    paused = await rule(ada, made)
    assert (paused["enabled"], paused["status"]) == (True, "paused")
    assert paused["health"]["problem"]["code"] == "NOT_CONNECTED"
    assert paused["health"]["problem"]["since"] is not None
    await ada.running.connect(ada.client, "slack", choice=OURS)
    assert (await rule(ada, made))["status"] != "paused"
    (run,) = await ada.happens()
    assert run["status"] == "done"


async def test_the_time_of_a_paused_rule_passes(ada: Automating) -> None:
    schedule = {"schedule": "0 9 * * 1"}
    made = await ada.make(
        {"when": schedule, "do": {**RULE["do"], "arguments": {"channel": "#design", "text": "y"}}}
    )
    await ada.client.delete("/api/integrations/slack")
    await ada.due_at(made, await ada.running.services.db.now())
    assert await triggers.due(ada.running.services) == 0
    assert (await rule(ada, made))["nextAt"] > (await rule(ada, made))["createdAt"]


async def test_an_account_that_has_to_be_reconnected_is_said(ada: Automating) -> None:
    made = await ada.make()
    await ada.running.services.db.execute(
        "UPDATE oauth_tokens SET status = 'reauthorize', problem_since = now() WHERE provider = 'slack'"
    )
    result = await rule(ada, made)
    assert (result["status"], result["health"]["problem"]["code"]) == ("blocked", "REAUTHORIZATION_REQUIRED")
    (run,) = await ada.happens()
    assert (run["status"], run["problem"]["code"]) == ("failed", "REAUTHORIZATION_REQUIRED")


def in_general() -> dict[str, Any]:
    """What the rule does, in a channel that both workspaces have."""
    do: dict[str, Any] = RULE["do"]
    return {**do, "arguments": {**do["arguments"], "channel": "#general"}}


async def test_of_several_accounts_one_has_to_be_named(ada: Automating) -> None:  # R67
    other = await second(ada)
    answer = await refused(ada)
    (place,) = answer["fields"]
    assert place == "definition.do.connection"
    assert {entry["id"] for entry in answer["candidates"][place]} == {ada.connections["slack"], other}
    named = {**RULE, "do": {**in_general(), "connection": other}}
    assert (await rule(ada, await ada.make(named)))["connections"]["action"]["accountName"] == "Pine Labs"


async def test_what_is_not_connected_has_to_be_connected_first(running: Running) -> None:
    ada = await Automating.begin(running, "ada", "figma")
    answer = await refused(ada)
    assert answer["fields"] == {
        "definition.do.connection": "Slack is not connected; connect it in Settings → Integrations first"
    }


async def test_a_version_whose_account_is_gone_asks_for_another(ada: Automating) -> None:
    made = await ada.make()
    other = await second(ada)
    moved = {**RULE, "do": {**in_general(), "connection": other}}
    answer = await ada.client.patch(f"/api/automations/{made}", json={"definition": moved})
    assert answer.status_code == 200, answer.text
    await ada.client.delete("/api/integrations/slack", params={"connection": ada.connections["slack"]})
    answer = await ada.client.post(f"/api/automations/{made}/versions/1/restore")
    assert answer.status_code == 400
    assert "Harbour & Pine is disconnected" in answer.json()["fields"]["definition.do.connection"]


async def test_what_an_older_process_writes_is_bound_as_well(ada: Automating) -> None:
    """It names no connections, and writes the same tables."""
    made, db = UUID(await ada.make()), ada.running.services.db
    async with db.as_user((await ada.running.actor()).user_id) as connected:
        await connected.execute(
            "INSERT INTO automation_versions (automation_id, version, definition) VALUES ($1, 2, $2)",
            made,
            RULE,
        )
        await connected.execute("UPDATE automations SET version = 2 WHERE id = $1", made)
    await second(ada)
    assert (await rule(ada, str(made)))["definition"]["do"]["connection"] == ada.connections["slack"]
    (run,) = await ada.happens()
    assert run["status"] == "done"


async def test_no_rule_is_bound_to_somebody_elses_connection(ada: Automating, running: Running) -> None:
    made = UUID(await ada.make())
    theirs = UUID(await running.connect(await running.client("mei"), "slack"))
    async with running.services.db.as_user((await running.actor()).user_id) as connected:
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await connected.execute(
                "UPDATE automations SET action_connection_id = $2 WHERE id = $1", made, theirs
            )
