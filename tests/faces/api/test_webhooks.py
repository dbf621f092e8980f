"""What happened can be read by those it concerns, and handled anew."""

from __future__ import annotations

from fluxstudio.core.jobs import queue
from fluxstudio.flows.webhooks.process import Processing
from tests.support.receiving import arrived, broken, send, team_of
from tests.support.running import Running
from tests.support.webhooks import github_event

EVENTS = "/api/webhooks/events"


async def test_a_user_sees_events_of_their_accounts_and_an_admin_all(running: Running) -> None:  # R26
    ada, mei, admin = (
        await running.client("ada"),
        await running.client("mei"),
        await running.client("root", role="admin"),
    )
    team = await team_of(running, await running.connect(ada, "slack"))
    mine = await arrived(running, team=team)
    await arrived(running, team="T0ELSEWHERE")
    seen = [(await client.get(EVENTS)).json()["events"] for client in (ada, mei, admin)]
    assert [len(events) for events in seen] == [1, 0, 2]
    assert seen[0][0]["id"] == str(mine)
    detail = (await ada.get(f"{EVENTS}/{mine}")).json()
    assert detail["payload"]["team_id"] == team
    assert detail["deliveries"] == []
    for path in (f"{EVENTS}/{mine}", f"{EVENTS}/{mine}/replay"):
        method = "POST" if path.endswith("replay") else "GET"
        assert (await mei.request(method, path)).status_code == 404


async def test_events_come_in_pages_and_by_provider_type_and_status(running: Running) -> None:
    admin = await running.client("root", role="admin")
    for number in range(5):
        await send(await running.client(None), "github", github_event("issues", {"n": number}))
    await arrived(running)
    first = (await admin.get(EVENTS, params={"provider": "github", "limit": 3})).json()
    rest = (await admin.get(EVENTS, params={"provider": "github", "cursor": first["nextCursor"]})).json()
    assert [len(page["events"]) for page in (first, rest)] == [3, 2]
    assert rest["nextCursor"] is None
    assert len({event["id"] for page in (first, rest) for event in page["events"]}) == 5
    for query, count in (({"type": "message"}, 1), ({"status": "dead"}, 0), ({"status": "received"}, 6)):
        assert len((await admin.get(EVENTS, params=query)).json()["events"]) == count


async def test_events_of_several_accounts_come_in_one_order(running: Running) -> None:
    ada = await running.client("ada")
    teams = [
        await team_of(running, await running.connect(ada, "slack", choice=choice))
        for choice in ("T0HARBOUR1", "T0PINELABS")
    ]
    happened = [str(await arrived(running, team=teams[number % 2])) for number in range(5)]
    await arrived(running, team="T0ELSEWHERE")
    first = (await ada.get(EVENTS, params={"limit": 3})).json()
    rest = (await ada.get(EVENTS, params={"cursor": first["nextCursor"]})).json()
    assert [event["id"] for page in (first, rest) for event in page["events"]] == happened[::-1]
    assert rest["nextCursor"] is None


async def given_up(running: Running, **event: str) -> None:
    """An event that could not be handled however often it was tried."""
    event_id = await arrived(running, **event)
    most = "UPDATE integration_webhooks SET attempts = $2 WHERE id = $1"
    await running.services.db.execute(most, event_id, queue.MOST_ATTEMPTS)
    await Processing(running.services, broken).event(event_id)


async def test_what_was_given_up_on_is_replayed_in_bulk_by_whom_it_concerns(running: Running) -> None:  # R54
    ada, admin = await running.client("ada"), await running.client("root", role="admin")
    team = await team_of(running, await running.connect(ada, "slack"))
    await given_up(running, team=team)
    await given_up(running, team="T0ELSEWHERE")
    replayed = [
        (await client.post("/api/webhooks/replay")).json()["replayed"] for client in (ada, admin, ada, admin)
    ]
    assert replayed == [1, 1, 0, 0]
    logged = (await admin.get("/api/audit", params={"action": "replay"})).json()["entries"]
    assert len(logged) == 4
