"""A replay counts for whoever asks for it, forgets nothing, and says what it did."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx2

from fluxstudio.core.jobs import queue
from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.webhooks.process import Processing
from tests.support.receiving import arrived, broken, team_of
from tests.support.running import Running

EVENTS = "/api/webhooks/events"
RULE = {
    "name": "A rule",
    "definition": {
        "when": {"event": "slack.message"},
        "do": {"operation": "slack.message", "arguments": {"channel": "C0DESIGN01", "text": "Replayed"}},
    },
}


async def given_up(running: Running, team: str) -> UUID:
    """An event that could not be handled, with its last attempt on record."""
    event = await arrived(running, team=team)
    most = "UPDATE integration_webhooks SET attempts = $2 WHERE id = $1"
    await running.services.db.execute(most, event, queue.MOST_ATTEMPTS - 1)
    await Processing(running.services, broken).event(event)
    return event


async def members(running: Running) -> tuple[dict[str, httpx2.AsyncClient], str, dict[str, str]]:
    """Two members of one workspace, each with a rule."""
    clients = {name: await running.client(name) for name in ("ada", "mei")}
    for client in clients.values():
        team = await team_of(running, await running.connect(client, "slack"))
    rules = {
        name: str((await client.post("/api/automations", json=RULE)).json()["id"])
        for name, client in clients.items()
    }
    return clients, team, rules


async def runs_of(client: httpx2.AsyncClient, rule: str) -> int:
    return len((await client.get(f"/api/automations/{rule}/runs")).json()["runs"])


async def detail(client: httpx2.AsyncClient, event: UUID) -> dict[str, Any]:
    body: dict[str, Any] = (await client.get(f"{EVENTS}/{event}")).json()
    return body


async def test_a_members_replay_starts_nobody_elses_rules(running: Running) -> None:  # R63
    clients, team, rules = await members(running)
    event = await given_up(running, team)
    answer = (await clients["ada"].post(f"{EVENTS}/{event}/replay")).json()
    assert (answer["replayed"], answer["forEveryone"], answer["started"]) == (1, 0, 1)
    assert [await runs_of(clients[name], rules[name]) for name in ("ada", "mei")] == [1, 0]
    again = (await clients["ada"].post(f"{EVENTS}/{event}/replay")).json()
    assert again["started"] == 0
    assert (await detail(clients["mei"], event))["status"] == "dead"


async def test_a_replay_forgets_no_attempt_and_numbers_on(running: Running) -> None:  # R69
    clients, team, _ = await members(running)
    admin = await running.client("root", role="admin")
    event = await given_up(running, team)
    await clients["ada"].post(f"{EVENTS}/{event}/replay")
    assert (await admin.post(f"{EVENTS}/{event}/replay")).json()["forEveryone"] == 1
    await Processing(running.services, triggers.start_runs).event(event)
    seen = await detail(admin, event)
    attempts = [(attempt["attempt"], attempt["outcome"]) for attempt in seen["deliveries"]]
    most = queue.MOST_ATTEMPTS
    assert attempts == [(most, "dead"), (most + 1, "replayed"), (most + 2, "done")]
    assert (seen["status"], seen["attempts"]) == ("handled", most + 2)


async def test_an_administrators_replay_counts_for_everyone_unless_asked_otherwise(  # R54
    running: Running,
) -> None:
    clients, team, rules = await members(running)
    admin = await running.client("root", role="admin")
    event = await given_up(running, team)
    mine = (await admin.post(f"{EVENTS}/{event}/replay", params={"scope": "mine"})).json()
    assert (mine["forEveryone"], mine["started"]) == (0, 0)
    await admin.post(f"{EVENTS}/{event}/replay", params={"scope": "everyone"})
    await Processing(running.services, triggers.start_runs).event(event)
    assert [await runs_of(clients[name], rules[name]) for name in ("ada", "mei")] == [1, 1]
    refused = await clients["ada"].post(f"{EVENTS}/{event}/replay", params={"scope": "everyone"})
    assert (refused.status_code, refused.json()["code"]) == (403, "ADMIN_REQUIRED")


async def test_a_replay_of_ones_own_event_handles_it_again(running: Running) -> None:
    ada = await running.client("ada")
    event = await given_up(running, await team_of(running, await running.connect(ada, "slack")))
    assert (await ada.post(f"{EVENTS}/{event}/replay")).json()["forEveryone"] == 1
    await Processing(running.services, triggers.start_runs).event(event)
    assert (await detail(ada, event))["status"] == "handled"


async def test_every_replay_is_audited_with_what_it_did(running: Running) -> None:  # R54
    clients, team, _ = await members(running)
    event = await given_up(running, team)
    await clients["ada"].post(f"{EVENTS}/{event}/replay")
    await clients["mei"].post("/api/webhooks/replay")
    query = "SELECT details FROM audit_log WHERE action = 'replay' ORDER BY at"
    logged = await running.services.db.fetch(query)
    details = [(row["details"]["events"], row["details"]["started"]) for row in logged]
    assert details == [(1, 1), (1, 1)]
