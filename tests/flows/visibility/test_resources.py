"""Webhooks made by hand: an event concerns whoever may see what it is about, and nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from fluxstudio.core.jobs.queue import Retry
from fluxstudio.core.visibility.resources import ResourceAccess
from fluxstudio.core.webhooks import unknown_shapes
from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.visibility import concern
from fluxstudio.flows.webhooks.process import Processing
from fluxstudio.sdk.simulation.faults import Fault
from tests.support.running import Running
from tests.support.sources import EVENTS, ISSUES, POST, deliver, hook_of, issue, rule, runs_of, seen, signed
from tests.support.webhooks import figma_event, github_event

LAST = "SELECT id FROM integration_webhooks ORDER BY id DESC LIMIT 1"
JOBS = "DELETE FROM jobs WHERE kind = 'concern' RETURNING payload"
IOS = "harbour-pine/tidewater-ios"
HARBOUR = {"login": "harbour-pine", "id": 80012, "type": "Organization"}


async def repository(client: httpx2.AsyncClient, name: str = "harbour-pine/tidewater-web") -> dict[str, Any]:
    """A repository of the organisation's, as somebody who may see it gets it."""
    answer = await client.get(f"/api/integrations/github/repositories/{name}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def about(result: Mapping[str, Any], number: int = 5, **further: Any) -> dict[str, Any]:
    """An issue in it, told by a webhook of the organisation."""
    place = {"id": result["id"], "full_name": result["full_name"], "private": True, "owner": HARBOUR}
    return {**issue(number), "repository": {**place, **further}, "organization": HARBOUR}


async def arrives(running: Running, payload: Mapping[str, Any], kind: str = "issues") -> UUID:
    """It is signed with the app's own secret, comes by a webhook nobody here has made, and is handled."""
    body, headers = github_event(kind, payload)
    await deliver(running, (body, {**headers, "x-github-hook-id": "4242"}))
    return await work(running)


async def work(running: Running) -> UUID:
    event_id: UUID = await running.services.db.fetchval(LAST)
    await Processing(running.services, triggers.start_runs).event(event_id)
    for row in await running.services.db.fetch(JOBS):
        await concern.ask(running.services, UUID(bytes=row["payload"][:16]), UUID(bytes=row["payload"][16:]))
    return event_id


@pytest.fixture
async def people(running: Running) -> dict[str, httpx2.AsyncClient]:
    """Ada and Jonah, each connected as themselves. Jonah may not see harbour-pine/tidewater-ios."""
    clients = {}
    for name, login in (("ada", "ada-park"), ("jonah", "jonah-reed")):
        clients[name] = await running.client(name)
        await running.connect(clients[name], "github", choice=login)
        await running.connect(clients[name], "slack")
    return clients


def roles(running: Running, result: Mapping[str, Any]) -> dict[str, str]:
    """Who may do what in a repository, at the simulated GitHub."""
    held: dict[str, str] = running.simulators["github"].world.data["repositories"][str(result["id"])]["roles"]
    return held


async def time_passes(running: Running, minutes: int = 20) -> None:
    """What was asked of providers lies so many minutes back."""
    await running.services.db.execute(
        "UPDATE resource_access SET checked_at = checked_at - make_interval(mins => $1)", minutes
    )


async def test_a_webhook_of_an_organisation_starts_the_rules_of_whoever_sees_the_repository(
    running: Running, people: dict[str, httpx2.AsyncClient]
) -> None:
    result = await repository(people["ada"], IOS)
    rules = {name: await rule(client) for name, client in people.items()}
    await arrives(running, about(result))
    await arrives(running, about(result, 6))
    assert [await runs_of(people[name], rules[name]) for name in people] == [2, 0]
    assert [len(await seen(people[name])) for name in people] == [2, 0]


async def test_an_event_is_shown_without_any_rule_to_whoever_may_see_what_it_is_about(
    running: Running, people: dict[str, httpx2.AsyncClient]
) -> None:
    result = await repository(people["ada"], IOS)
    body, headers = github_event("issues", about(result))
    await deliver(running, (body, {**headers, "x-github-hook-id": "4242"}))
    await Processing(running.services, triggers.start_runs).event(await running.services.db.fetchval(LAST))
    [event] = await seen(people["ada"])
    assert await seen(people["jonah"]) == []
    detail = f"/api/webhooks/events/{event['id']}"
    assert (await people["ada"].get(detail)).status_code == 200
    for address in (detail, f"{detail}/payload"):
        assert (await people["jonah"].get(address)).status_code == 404


async def test_whoever_may_no_longer_see_a_repository_sees_its_events_no_longer(
    running: Running, people: dict[str, httpx2.AsyncClient]
) -> None:
    result = await repository(people["ada"], IOS)
    automation = await rule(people["ada"])
    await arrives(running, about(result))
    assert len(await seen(people["ada"])) == 1
    del roles(running, result)["ada-park"]
    await time_passes(running)
    await arrives(running, about(result, 6))
    assert await seen(people["ada"]) == []
    assert await runs_of(people["ada"], automation) == 1


async def test_who_may_see_a_repository_is_asked_again_at_once_when_its_members_change(
    running: Running, people: dict[str, httpx2.AsyncClient]
) -> None:
    result = await repository(people["ada"], IOS)
    await rule(people["ada"])
    await arrives(running, about(result))
    assert len(await seen(people["ada"])) == 1
    del roles(running, result)["ada-park"]
    changed = {name: value for name, value in about(result).items() if name != "issue"}
    await arrives(
        running, {**changed, "action": "removed", "member": {"login": "ada-park", "id": 58301}}, "member"
    )
    assert await seen(people["ada"]) == []


async def test_a_repository_that_took_over_a_name_shows_nothing_of_the_one_before(
    running: Running, people: dict[str, httpx2.AsyncClient]
) -> None:
    result = await repository(people["ada"], IOS)
    automation = await rule(people["ada"])
    await arrives(running, about({**result, "id": 99}))
    assert await seen(people["ada"]) == []
    assert await runs_of(people["ada"], automation) == 0


async def test_what_a_users_own_secret_proves_concerns_nobody_else_who_sees_the_repository(
    running: Running, people: dict[str, httpx2.AsyncClient]
) -> None:
    result = await repository(people["ada"])
    rules = {name: await rule(client) for name, client in people.items()}
    secret = await hook_of(running, "jonah", "72")
    await deliver(running, signed("issues", about(result), "72", secret))
    await work(running)
    assert [await runs_of(people[name], rules[name]) for name in people] == [0, 1]
    assert [len(await seen(people[name])) for name in people] == [0, 1]


async def test_a_rule_starts_once_however_often_a_provider_has_to_be_asked(
    running: Running, people: dict[str, httpx2.AsyncClient]
) -> None:
    result = await repository(people["ada"], IOS)
    automation = await rule(people["ada"])
    body, headers = github_event("issues", about(result))
    await deliver(running, (body, headers))
    await Processing(running.services, triggers.start_runs).event(await running.services.db.fetchval(LAST))
    grants = "SELECT id FROM oauth_tokens WHERE provider = 'github' AND account_id = '58301'"
    event_id, grant_id = await running.services.db.fetchval(LAST), await running.services.db.fetchval(grants)
    queued = [row["payload"] for row in await running.services.db.fetch(JOBS)]
    assert event_id.bytes + grant_id.bytes in queued
    question = (running.services, event_id, grant_id)
    faults = running.simulators["github"].faults
    faults.active.append(Fault(match="/repos/", status=503))
    with pytest.raises(Retry):
        await concern.ask(*question)
    assert await runs_of(people["ada"], automation) == 0
    faults.active.clear()
    for _ in range(3):
        await concern.ask(*question)
    assert await runs_of(people["ada"], automation) == 1


@pytest.mark.parametrize(("login", "number", "concerned"), [("harbour-pine", 80012, 1), ("elsewhere", 99, 0)])
async def test_an_event_of_an_organisation_itself_is_for_its_members(
    running: Running, people: dict[str, httpx2.AsyncClient], login: str, number: int, concerned: int
) -> None:
    organization = {"login": login, "id": number, "type": "Organization"}
    body = {"action": "member_added", "membership": {}, "organization": organization, "sender": {"id": 1}}
    await arrives(running, body, "organization")
    assert len(await seen(people["ada"])) == concerned


async def test_a_repository_that_is_not_private_is_open_to_members_of_its_organisation(
    running: Running, people: dict[str, httpx2.AsyncClient]
) -> None:
    automation = await rule(people["jonah"])
    results = {"id": 402311, "full_name": IOS}
    await arrives(running, about(results, private=True))
    assert await runs_of(people["jonah"], automation) == 0
    await arrives(running, about({**results, "full_name": "harbour-pine/open"}, 6, private=False))
    assert await runs_of(people["jonah"], automation) == 1


PUBLIC = {"id": 405572, "full_name": "jonah-reed/slipway", "owner": {"login": "jonah-reed"}}


async def public_event(running: Running, number: int) -> None:
    """Something happens in a repository that everybody on GitHub may read."""
    await arrives(running, {**issue(number), "repository": {**PUBLIC, "private": False}})


@pytest.mark.parametrize(
    "how", ["reads", "watches", "triages", "has a rule about it", "has a rule about all"]
)
async def test_a_public_repository_concerns_whoever_takes_part_and_not_everybody_who_could_read_it(
    running: Running, people: dict[str, httpx2.AsyncClient], how: str
) -> None:
    stored = running.simulators["github"].world.data["repositories"]["405572"]
    stored["roles"] = {"ada-park": "triage"} if how == "triages" else {}
    stored["watched_by"] = ["ada-park"] if how == "watches" else []
    automation = ""
    if how == "has a rule about all":
        automation = await rule(people["ada"])
    elif how == "has a rule about it":
        condition = {"field": "repository.full_name", "is": "equals", "value": "Jonah-Reed/slipway"}
        made = await people["ada"].post(
            "/api/automations",
            json={
                "name": "A rule",
                "definition": {"when": {**ISSUES["when"], "conditions": [condition]}, "do": POST},
            },
        )
        automation = made.json()["id"]
    await public_event(running, 5)
    concerned = how not in {"reads", "has a rule about all"}
    assert len(await seen(people["ada"])) == concerned
    if how == "has a rule about it":
        # The condition compares exactly, as it always does.
        assert await runs_of(people["ada"], automation) == 0


async def test_figmas_events_by_the_shared_secret_start_rules_of_whoever_sees_the_file(
    running: Running,
) -> None:
    ada = await running.client("ada")
    await running.connect(ada, "figma")
    await running.connect(ada, "slack")
    definition = {"when": {"event": "figma.FILE_COMMENT"}, "do": POST}
    made = await ada.post("/api/automations", json={"name": "A rule", "definition": definition})
    files = running.simulators["figma"].world.data["files"]
    for key in (next(iter(files)), "nobodysfile"):
        await deliver(running, figma_event(webhook_id="4242", file_key=key, comment_id="7"), "figma")
        await work(running)
    assert await runs_of(ada, made.json()["id"]) == 1
    events = (await ada.get("/api/webhooks/events", params={"provider": "figma"})).json()["events"]
    assert len(events) == 1


async def test_an_event_that_concerns_nobody_is_listed_and_explained_to_administrators(
    running: Running, people: dict[str, httpx2.AsyncClient]
) -> None:
    result = await repository(people["ada"], IOS)
    await arrives(running, about(result))
    await arrives(running, about({**result, "id": 99, "full_name": "harbour-pine/elsewhere"}, 6))
    await arrives(running, {"zen": "Keep it simple.", "hook_id": 4242}, "ping")
    boss = await running.client("boss", role="admin")
    nobody = {"concerns": "nobody", "type": "issues"}
    listed = (await boss.get(EVENTS, params=nobody)).json()["events"]
    assert ["#6" in event["text"] for event in listed] == [True]
    assert (await people["ada"].get(EVENTS, params=nobody)).status_code == 403
    rows = await ResourceAccess(running.services.db).unconcerned(["github"], ["ping"])
    assert [(row.name, row.events, row.connected) for row in rows] == [("harbour-pine/elsewhere", 1, True)]


async def test_one_event_for_two_peoples_webhooks_is_listed_once_for_an_administrator(  # R64
    running: Running, people: dict[str, httpx2.AsyncClient]
) -> None:
    result, delivery = await repository(people["ada"]), str(uuid4())
    for name, hook in (("ada", "71"), ("jonah", "72")):
        secret = await hook_of(running, name, hook)
        await deliver(running, signed("issues", about(result), hook, secret, delivery=delivery))
    boss = await running.client("boss", role="admin")
    for client in (*people.values(), boss):
        assert [event["eventId"] for event in await seen(client)] == [delivery]


async def test_a_known_type_in_an_unknown_shape_is_said_to_administrators(
    running: Running, people: dict[str, httpx2.AsyncClient]
) -> None:
    event_id = await arrives(running, {**issue(), "issue": {"number": 5}})
    await arrives(running, {**issue(6), "issue": {"number": 6, "title": None}})
    [shape] = await unknown_shapes.lately(running.services.db)
    assert (shape.event_type, shape.missing, shape.events) == ("issues", "issue.title", 1)
    boss = await running.client("boss", role="admin")
    detail = (await boss.get(f"{EVENTS}/{event_id}")).json()
    assert (
        detail["unknownShape"] == "GitHub sent this issues event in a shape we do not know: no issue.title."
    )
