"""One event for several installations of the app concerns each of them, as Slack Connect has it."""

from __future__ import annotations

from typing import Any

import httpx2
import msgspec
import pytest

from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.webhooks import process
from tests.support.running import Running
from tests.support.webhooks import slack

HARBOUR, LABS = "T0HARBOUR1", "T0PINELABS"
EVENTS = "/api/webhooks/events"


def shared(*teams: str, key: str = "Ev0SHARED01", **event: Any) -> dict[str, Any]:
    """A message in a channel that these workspaces share."""
    message = {"type": "message", "channel": "C0SHARED01", "channel_type": "channel", "user": "U0MEI00001"}
    return {
        "type": "event_callback",
        "team_id": teams[0],
        "api_app_id": "A0FLUX0001",
        "event_id": key,
        "event": {**message, "text": "Ready.", "ts": "1764065000.000100", "event_ts": "1764065000.000100"}
        | event,
        "authorizations": [
            {"enterprise_id": None, "team_id": team, "user_id": f"U0BOT{number}", "is_bot": True}
            for number, team in enumerate(teams)
        ],
    }


@pytest.fixture
async def people(running: Running) -> dict[str, httpx2.AsyncClient]:
    """Ada in one workspace, Tomas in another."""
    ada, tomas = await running.client("ada"), await running.client("tomas")
    await running.connect(ada, "slack", choice=HARBOUR)
    await running.connect(tomas, "slack", choice=LABS)
    return {"ada": ada, "tomas": tomas}


async def arrives(running: Running, payload: dict[str, Any]) -> int:
    """Slack sends it, and everything that is waiting is handled."""
    body, headers = slack(msgspec.json.encode(payload))
    client = await running.client(None)
    answer = await client.post("/api/integrations/slack/webhook", content=body, headers=headers)
    for row in await running.services.db.fetch(
        "SELECT id FROM integration_webhooks WHERE status = 'received'"
    ):
        await process.Processing(running.services, triggers.start_runs).event(row["id"])
    return answer.status_code


async def seen(client: httpx2.AsyncClient) -> list[str]:
    answer = await client.get(EVENTS)
    assert answer.status_code == 200, answer.text
    return [event["eventId"] for event in answer.json()["events"]]


@pytest.mark.parametrize("teams", [(HARBOUR, LABS), (LABS, HARBOUR), ("T0STRANGER", HARBOUR, LABS)])
async def test_an_event_of_a_shared_channel_concerns_every_workspace_it_is_sent_for(
    running: Running, people: dict[str, httpx2.AsyncClient], teams: tuple[str, ...]
) -> None:
    assert await arrives(running, shared(*teams)) == 200
    assert await seen(people["ada"]) == await seen(people["tomas"]) == ["Ev0SHARED01"]


async def test_an_event_of_a_shared_channel_sent_again_is_kept_once_for_each(  # R31
    running: Running, people: dict[str, httpx2.AsyncClient]
) -> None:
    for _ in range(2):
        assert await arrives(running, shared(HARBOUR, LABS)) == 200
    assert await arrives(running, shared(HARBOUR, LABS, key="Ev0SHARED02")) == 200
    assert await seen(people["ada"]) == await seen(people["tomas"]) == ["Ev0SHARED01"]


async def test_an_event_of_one_workspace_stays_there(
    running: Running, people: dict[str, httpx2.AsyncClient]
) -> None:
    assert await arrives(running, shared(HARBOUR)) == 200
    assert (
        await arrives(running, shared(HARBOUR, HARBOUR, "T0NOBODY01", key="Ev0SHARED03", event_ts="2.1"))
        == 200
    )
    assert await seen(people["tomas"]) == []
    stored = await running.services.db.fetchval("SELECT count(*) FROM integration_webhooks")
    assert stored == 2, "nothing is kept for workspaces that nobody has connected"


async def test_a_private_shared_channel_concerns_only_people_who_are_in_it(  # R62
    running: Running, people: dict[str, httpx2.AsyncClient]
) -> None:
    assert await arrives(running, shared(HARBOUR, LABS, channel="C0LEADERS1", channel_type="group")) == 200
    assert await seen(people["ada"]) == await seen(people["tomas"]) == []


@pytest.mark.parametrize(
    "authorizations", [None, {}, "x", [], [None], [{"team_id": 7}], [[]], [{"team_id": "T" * 999}]]
)
async def test_authorizations_of_any_shape_are_read_on(
    running: Running, people: dict[str, httpx2.AsyncClient], authorizations: Any
) -> None:
    payload = {**shared(HARBOUR), "authorizations": authorizations}
    assert await arrives(running, payload) == 200
