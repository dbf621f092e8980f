"""Switching on has the provider send what a rule waits for, and what cannot work is not switched on."""

from __future__ import annotations

from typing import Any

import pytest

from fluxstudio.core.webhooks import subscriptions
from fluxstudio.errors import ProviderUnavailable
from fluxstudio.flows import call
from tests.support.automating import RULE, Automating
from tests.support.running import Running

FILE = "TidewaterBookingFlow01"
TEAM_URL = "https://www.figma.com/files/team/1174201358246917205"
HOOKS = "/api/integrations/figma/webhooks"


@pytest.fixture
async def ada(running: Running) -> Automating:
    """Ada has connected Figma and Slack."""
    return await Automating.begin(running)


def about(file: str | None, **do: Any) -> dict[str, Any]:
    conditions = [{"field": "file_key", "is": "equals", "value": file}] if file else []
    arguments = {**RULE["do"]["arguments"], **do}
    return {"when": {**RULE["when"], "conditions": conditions}, "do": {**RULE["do"], "arguments": arguments}}


async def rule(ada: Automating, made: str) -> dict[str, Any]:
    body: dict[str, Any] = (await ada.client.get(f"/api/automations/{made}")).json()
    return body


async def webhooks(ada: Automating) -> list[dict[str, Any]]:
    """What Figma was asked to send to us."""
    actor = await ada.running.actor()
    result = await subscriptions.of_user(ada.running.services.db, actor.user_id)
    return [dict(webhook.details) for webhook in result]


async def test_a_rule_about_a_file_listens_to_that_file(ada: Automating) -> None:  # R68
    made = await rule(ada, await ada.make(about(FILE)))
    assert (made["status"], made["health"]["state"], made["health"]["problem"]) == ("on", "listening", None)
    assert made["health"]["listensTo"] == ["Tidewater · Booking flow"]
    (webhook,) = await webhooks(ada)
    assert (webhook["event_type"], webhook["context"], webhook["context_id"]) == (
        "FILE_COMMENT",
        "file",
        FILE,
    )


async def test_what_a_webhook_covers_is_not_asked_for_again(ada: Automating) -> None:
    await ada.make(about(FILE))
    again = await rule(ada, await ada.make(about(FILE)))
    assert again["status"] == "on"
    assert len(await webhooks(ada)) == 1


async def test_a_teams_webhook_covers_its_files_and_no_others(ada: Automating) -> None:
    team = {"event_type": "FILE_COMMENT", "context": "team", "context_id": "1174201358246917205"}
    assert (await ada.client.post(HOOKS, json=team)).status_code in {200, 201}
    assert (await rule(ada, await ada.make(about(FILE))))["status"] == "on"
    assert [webhook["context"] for webhook in await webhooks(ada)] == ["team"]
    await ada.make(about("PineLabsQuietMode00001"))
    assert sorted(webhook["context"] for webhook in await webhooks(ada)) == ["file", "team"]


async def test_a_rule_about_no_place_says_that_nothing_sends_it_events(ada: Automating) -> None:  # R68
    made = await rule(ada, await ada.make(about(None)))
    assert (made["enabled"], made["status"], made["health"]["state"]) == (True, "waiting", "waiting")
    assert made["health"]["problem"]["code"] == "NOWHERE_CHOSEN"


async def test_what_is_in_the_way_of_listening_is_said(ada: Automating) -> None:  # R68
    made = await rule(ada, await ada.make(about("NoSuchFileAnywhere0001")))
    assert (made["status"], made["health"]["state"]) == ("blocked", "blocked")
    assert made["health"]["problem"]["message"].startswith("Figma could not be asked to send these events.")
    assert made["health"]["problem"]["fix"]


async def test_a_rule_says_when_its_webhook_is_gone(ada: Automating) -> None:  # R68
    made = await ada.make(about(FILE))
    actor = await ada.running.actor()
    (webhook,) = await subscriptions.of_user(ada.running.services.db, actor.user_id)
    await ada.client.request("DELETE", HOOKS, params={"id": webhook.webhook_id})
    result = await rule(ada, made)
    assert (result["status"], result["health"]["problem"]["code"]) == ("waiting", "NOT_LISTENING")
    for enabled in (False, True):
        await ada.client.patch(f"/api/automations/{made}", json={"enabled": enabled})
    assert (await rule(ada, made))["status"] == "on"


async def listen_now(ada: Automating, made: str) -> dict[str, Any]:
    answer = await ada.client.post(f"/api/automations/{made}/listen")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_rule_about_no_place_listens_where_its_account_may_when_asked(ada: Automating) -> None:  # R68
    made = await ada.make(about(None))
    await ada.client.post("/api/integrations/figma/teams", json={"url": TEAM_URL})
    result = await listen_now(ada, made)
    assert (result["status"], result["health"]["state"], result["health"]["problem"]) == (
        "on",
        "listening",
        None,
    )
    assert [webhook["context"] for webhook in await webhooks(ada)] == ["team"]
    await listen_now(ada, made)
    assert len(await webhooks(ada)) == 1, "what is heard already is not asked for again"


async def test_what_keeps_a_rule_from_listening_anywhere_is_said_when_asked(ada: Automating) -> None:  # R68
    result = await listen_now(ada, await ada.make(about(None)))
    assert result["health"]["state"] == "blocked"
    assert result["health"]["problem"]["message"] == "Figma lists nothing that Ada Park may listen to."
    assert "Settings → Webhooks" in result["health"]["problem"]["fix"]


async def test_a_rule_whose_webhook_was_removed_listens_again_when_asked(ada: Automating) -> None:  # R68
    made = await ada.make(about(FILE))
    (webhook,) = await subscriptions.of_user(ada.running.services.db, (await ada.running.actor()).user_id)
    await ada.client.request("DELETE", HOOKS, params={"id": webhook.webhook_id})
    assert (await listen_now(ada, made))["status"] == "on"


async def test_a_rule_that_is_off_does_not_listen(ada: Automating) -> None:
    made = await ada.make(about(FILE), enabled=False)
    answer = await ada.client.post(f"/api/automations/{made}/listen")
    assert (answer.status_code, answer.json()["reason"]) == (409, "switched_off")
    assert await webhooks(ada) == []


async def test_nobody_elses_rule_is_made_to_listen(ada: Automating) -> None:  # R26
    made = await ada.make(about(None))
    other = await ada.running.client("tomas")
    assert (await other.post(f"/api/automations/{made}/listen")).status_code == 404


@pytest.mark.parametrize(
    ("channel", "what"),
    [
        ("#no-such-channel", "there is no channel #no-such-channel that the app can see"),
        ("C0RANDOM01", "the app is not in #random; write /invite @FluxStudio there"),
        ("C0ARCHIVE1", "is archived; choose another channel"),
    ],
)
async def test_a_channel_that_cannot_be_written_to_is_not_switched_on(  # R68
    ada: Automating, channel: str, what: str
) -> None:
    body = {"name": "A", "definition": about(None, channel=channel)}
    answer = await ada.client.post("/api/automations", json=body)
    assert answer.status_code == 400
    assert what in answer.json()["fields"]["definition.do.arguments.channel"]
    assert (await ada.client.post("/api/automations", json={**body, "enabled": False})).status_code == 201
    trial = await ada.client.post("/api/dry-run", json={"definition": body["definition"]})
    assert what[1:] in trial.json()["problem"]


async def test_switching_on_joins_a_public_channel_where_the_workspace_lets_the_app(  # R68
    ada: Automating,
) -> None:
    await ada.running.give_scopes("slack", "channels:join")
    body = {"name": "A", "definition": about(None, channel="C0RANDOM01"), "enabled": False}
    made = (await ada.client.post("/api/automations", json=body)).json()["id"]
    trial = await ada.client.post("/api/dry-run", json={"definition": body["definition"]})
    assert "/invite @FluxStudio" in trial.json()["problem"], "trying it out changes nothing"
    on = await ada.client.patch(f"/api/automations/{made}", json={"enabled": True})
    assert (on.status_code, on.json()["enabled"]) == (200, True)
    listed = (await ada.client.get("/api/integrations/slack/channels")).json()["channels"]
    assert {entry["id"]: entry["is_member"] for entry in listed}["C0RANDOM01"]


async def test_a_private_channel_is_never_joined(ada: Automating) -> None:  # R62
    await ada.running.give_scopes("slack", "channels:join")
    body = {"name": "A", "definition": about(None, channel="C0LEADERS1")}
    answer = await ada.client.post("/api/automations", json=body)
    assert answer.status_code == 400
    assert "/invite @FluxStudio" in answer.json()["fields"]["definition.do.arguments.channel"]


async def test_a_provider_that_is_down_keeps_nobody_from_switching_on(
    ada: Automating, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*_: Any, **__: Any) -> None:
        raise ProviderUnavailable("Slack is not working right now.")

    monkeypatch.setattr(call, "run", down)
    await ada.make(about(None, channel="#no-such-channel"))


async def test_a_second_rule_about_a_repository_has_its_webhook_tell_of_that_too(running: Running) -> None:
    """GitHub refuses a second webhook for one address, so the one that is there tells of more."""
    ada = await Automating.begin(running, "ada", "github", "slack")
    condition = {"field": "repository.full_name", "is": "equals", "value": "ada-park/sketchbook"}
    for kind in ("issues", "release"):
        definition = {"when": {"event": f"github.{kind}", "conditions": [condition]}, "do": RULE["do"]}
        made = await rule(ada, await ada.make(definition))
        assert (made["status"], made["health"]["problem"]) == ("on", None)
    [webhook] = await webhooks(ada)
    assert {"issues", "release"} <= set(webhook["events"])
    hooks = running.simulators["github"].world.data["hooks"].values()
    [hook] = [hook for hook in hooks if hook["url"].startswith(running.base)]
    assert set(hook["events"]) == set(webhook["events"])
