"""What the simulated GitHub sends of its own accord, held against GitHub's own document."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest

from fluxstudio.errors import NotFound
from fluxstudio.providers.github.webhooks.webhook import verify
from fluxstudio.sdk import BadSignature
from tests.providers.github.conftest import Sandbox, run
from tests.providers.github.simulator.calls import control, token_of
from tests.support.direct import Remembered
from tests.support.inbox import Inbox, Received, inbox
from tests.support.pins import github_document
from tests.support.schemas import Schemas, explained

SKETCHBOOK, DRIFTWOOD = "/repos/ada-park/sketchbook", "/repos/harbour-pine/driftwood"
PLACE = {"owner": "ada-park", "repo": "sketchbook"}
SECRET = "not-a-real-webhook-secret"


@pytest.fixture
async def box() -> AsyncIterator[Inbox]:
    async with inbox() as opened:
        yield opened


async def hooked(
    sandbox: Sandbox,
    box: Inbox,
    *events: str,
    repository: str = SKETCHBOOK,
    login: str = "ada-park",
    **config: str,
) -> int:
    """A webhook that leads to the inbox; its id."""
    body = {
        "name": "web",
        "events": events or ("*",),
        "config": {"url": box.url, "content_type": "json", "secret": SECRET, **config},
    }
    token = await token_of(sandbox, login)
    answer = await sandbox.raw(token, f"{repository}/hooks", method="POST", json=body)
    assert answer.status == 201, answer.content
    await sandbox.simulator.deliveries.settled()
    return int(answer.json()["id"])


async def happen(sandbox: Sandbox, event: str, repository: str = "ada-park/sketchbook", **about: Any) -> None:
    answer = await control(sandbox, "events", event=event, repository=repository, **about)
    assert answer.status_code == 200, answer.text
    await sandbox.simulator.deliveries.settled()


async def deliveries(sandbox: Sandbox, hook: int, query: str = "") -> Any:
    token = await token_of(sandbox)
    return (await sandbox.raw(token, f"{SKETCHBOOK}/hooks/{hook}/deliveries{query}")).json()


def named(box: Inbox, *events: str) -> list[Received]:
    return [entry for entry in box.received if entry.headers["x-github-event"] in events]


def problems_of(entry: Received) -> list[str]:
    """What does not fit the document, which has a schema for each event and action."""
    kind, action = entry.headers["x-github-event"], entry.payload.get("action")
    name = "-".join(part.replace("_", "-") for part in (f"webhook-{kind}", action) if part)
    validator = Schemas(github_document().document).validator({"$ref": f"#/components/schemas/{name}"})
    return [line for error in validator.iter_errors(entry.payload) for line in explained(error)]


async def test_a_new_webhook_is_pinged_and_its_secret_never_shown(sandbox: Sandbox, box: Inbox) -> None:
    hook = await hooked(sandbox, box, "issues")
    [ping] = box.received
    assert (ping.headers["x-github-event"], ping.payload["hook_id"]) == ("ping", hook)
    assert ping.headers["x-github-hook-id"] == str(hook)
    assert ping.headers["x-github-hook-installation-target-type"] == "repository"
    assert ping.headers["x-github-hook-installation-target-id"] == "404418"
    verify(ping.body, ping.headers, SECRET, 0)
    assert problems_of(ping) == []
    listed = await sandbox.raw(await token_of(sandbox), f"{SKETCHBOOK}/hooks")
    assert SECRET not in (listed.content + ping.body).decode()
    one = (await sandbox.raw(await token_of(sandbox), f"{SKETCHBOOK}/hooks/{hook}")).json()
    assert one["last_response"] == {"code": 200, "status": "active", "message": "OK"}


@pytest.mark.parametrize(
    ("event", "about"),
    [
        ("push", {"message": "Draw a heron"}),
        ("issues", {"title": "Herons"}),
        ("pull_request", {"title": "Herons"}),
    ],
)
async def test_what_is_made_to_happen_has_the_shape_of_githubs_document(
    sandbox: Sandbox, box: Inbox, event: str, about: dict[str, str]
) -> None:
    await hooked(sandbox, box, event)
    await happen(sandbox, event, **about)
    [entry] = named(box, event)
    assert problems_of(entry) == []
    assert entry.payload["sender"]["login"] == "ada-park"


@pytest.mark.parametrize("action", ["merged", "closed"])
async def test_a_pull_request_is_merged_or_closed(sandbox: Sandbox, box: Inbox, action: str) -> None:
    await hooked(sandbox, box, "pull_request")
    await happen(sandbox, "pull_request", title="Herons")
    number = named(box, "pull_request")[0].payload["number"]
    await happen(sandbox, "pull_request", action=action, number=number)
    closed = named(box, "pull_request")[1]
    assert (closed.payload["action"], closed.payload["pull_request"]["merged"]) == (
        "closed",
        action == "merged",
    )
    assert problems_of(closed) == []


async def test_what_is_written_through_the_api_is_told(sandbox: Sandbox, box: Inbox) -> None:
    await hooked(sandbox, box, "issues", "issue_comment")
    api = await sandbox.api("ada-park")
    issue = await run(api, "create_issue", **PLACE, title="Herons", body="At the pond")
    number = issue["number"]
    await run(api, "update_issue", **PLACE, number=number, title="Grey herons")
    await run(api, "update_issue", **PLACE, number=number, state="closed")
    await run(api, "update_issue", **PLACE, number=number, state="open")
    await run(api, "add_comment", **PLACE, number=number, body="Seen one today.")
    await sandbox.simulator.deliveries.settled()
    text = named(box, "issues", "issue_comment")
    actions = {entry.payload["action"] for entry in text}
    assert actions == {"opened", "edited", "closed", "reopened", "created"}
    assert len(text) == 5
    for entry in text:
        assert problems_of(entry) == []
        verify(entry.body, entry.headers, SECRET, 0)
    edited = next(entry.payload for entry in text if entry.payload["action"] == "edited")
    assert edited["changes"] == {"title": {"from": "Herons"}}


async def test_an_organisations_repository_names_it(sandbox: Sandbox, box: Inbox) -> None:
    sandbox.simulator.world.data["repositories"]["401877"]["roles"]["ada-park"] = "admin"
    await hooked(sandbox, box, "issues", repository=DRIFTWOOD)
    await happen(sandbox, "issues", "harbour-pine/driftwood")
    [entry] = named(box, "issues")
    assert entry.payload["organization"]["login"] == "harbour-pine"
    assert problems_of(entry) == []


async def test_any_other_event_is_sent_as_it_is_told(sandbox: Sandbox, box: Inbox) -> None:
    await hooked(sandbox, box)
    await happen(sandbox, "release", action="published", payload={"release": {"tag_name": "v2"}})
    [entry] = named(box, "release")
    assert (entry.payload["action"], entry.payload["release"]) == ("published", {"tag_name": "v2"})
    for wanted in ({"event": "push", "repository": "no/where"}, {"event": "push"}, {}):
        assert (await control(sandbox, "events", **wanted)).status_code == 400


async def test_a_webhook_hears_only_what_it_asked_for_and_only_while_active(
    sandbox: Sandbox, box: Inbox
) -> None:
    hook = await hooked(sandbox, box, "push")
    token = await token_of(sandbox)
    path = f"{SKETCHBOOK}/hooks/{hook}"
    await happen(sandbox, "issues")
    assert named(box, "issues") == []
    changed = await sandbox.raw(token, path, method="PATCH", json={"add_events": ["issues"]})
    assert changed.json()["events"] == ["push", "issues"]
    await happen(sandbox, "issues")
    await sandbox.raw(token, path, method="PATCH", json={"active": False})
    await happen(sandbox, "issues")
    assert len(named(box, "issues")) == 1
    await sandbox.raw(token, path, method="DELETE")
    assert (await sandbox.raw(token, path)).status == 404


async def test_the_secret_that_is_set_now_signs(sandbox: Sandbox, box: Inbox) -> None:
    hook = await hooked(sandbox, box, "issues")
    token, path = await token_of(sandbox), f"{SKETCHBOOK}/hooks/{hook}"
    config = {"url": box.url, "content_type": "form", "secret": "another-not-real-secret"}
    await sandbox.raw(token, path, method="PATCH", json={"config": config})
    await sandbox.raw(token, f"{path}/pings", method="POST")
    await sandbox.simulator.deliveries.settled()
    ping = box.received[-1]
    verify(ping.body, ping.headers, "another-not-real-secret", 0)
    with pytest.raises(BadSignature):
        verify(ping.body, ping.headers, SECRET, 0)
    assert msgspec.json.decode(parse_qs(ping.body.decode())["payload"][0])["zen"]


async def test_nothing_is_sent_again_by_itself_but_is_when_asked_and_under_the_same_id(
    sandbox: Sandbox, box: Inbox
) -> None:
    hook = await hooked(sandbox, box, "issues")
    box.status = 503
    await happen(sandbox, "issues")
    await control(sandbox, "clock", advance=86_400)
    await sandbox.simulator.deliveries.settled()
    [lost] = named(box, "issues")
    [failed, _] = await deliveries(sandbox, hook)
    assert (failed["guid"], failed["status_code"]) == (lost.headers["x-github-delivery"], 503)
    assert failed["status"] == "Invalid HTTP Response: 503"
    box.status = 200
    path = f"{SKETCHBOOK}/hooks/{hook}/deliveries/{failed['id']}"
    detail = (await sandbox.raw(await token_of(sandbox), path)).json()
    assert detail["request"]["payload"]["issue"]["id"] == lost.payload["issue"]["id"]
    assert (await sandbox.raw(await token_of(sandbox), f"{path}/attempts", method="POST")).status == 202
    await sandbox.simulator.deliveries.settled()
    [first, again] = named(box, "issues")
    assert again.headers["x-github-delivery"] == first.headers["x-github-delivery"]
    assert again.body == first.body
    [latest, *_] = await deliveries(sandbox, hook)
    assert (latest["redelivery"], latest["status"]) == (True, "OK")


async def test_deliveries_come_in_pages_by_a_cursor_and_by_their_outcome(
    sandbox: Sandbox, box: Inbox
) -> None:
    hook = await hooked(sandbox, box, "issues")
    await control(sandbox, "deliveries/troubles", match="issues", times=2, status=None)
    for _ in range(4):
        await happen(sandbox, "issues")
    token, path = await token_of(sandbox), f"{SKETCHBOOK}/hooks/{hook}/deliveries?per_page=2"
    results = []
    while path:
        answer = await sandbox.raw(token, path)
        results += [entry["id"] for entry in answer.json()]
        link = answer.headers.get("link", "").partition(">")[0].removeprefix("<")
        path = link.removeprefix(sandbox.simulator.url("api"))
    assert results == sorted(results, reverse=True)
    assert len(results) == 5
    failed = await deliveries(sandbox, hook, "?status=failure")
    assert [(entry["status_code"], entry["status"]) for entry in failed] == [(504, "timed out")] * 2
    assert len(await deliveries(sandbox, hook, "?status=success")) == 3
    await control(sandbox, "clock", advance=3 * 86_400)
    assert await deliveries(sandbox, hook) == []


async def test_only_who_administers_a_repository_finds_its_webhooks(sandbox: Sandbox) -> None:
    token = await token_of(sandbox)
    assert (await sandbox.raw(token, f"{DRIFTWOOD}/hooks")).status == 404
    poor = await token_of(sandbox, scopes=("read:user",))
    assert (await sandbox.raw(poor, f"{SKETCHBOOK}/hooks")).status == 404


@pytest.mark.parametrize(
    "body",
    [
        {"config": {"url": "nowhere"}},
        {"config": {}},
        {"config": {"url": "https://flux.example/hook"}, "events": ["never_heard_of"]},
        {"config": {"url": "https://flux.example/hook", "content_type": "xml"}},
    ],
)
async def test_a_webhook_that_cannot_be_is_refused(loose: Sandbox, body: Any) -> None:
    token = await token_of(loose)
    answer = await loose.raw(token, f"{SKETCHBOOK}/hooks", method="POST", json=body)
    assert answer.status == 422


async def test_the_same_webhook_twice_is_refused(sandbox: Sandbox, box: Inbox) -> None:
    await hooked(sandbox, box, "issues")
    token = await token_of(sandbox)
    body = {"events": ["issues", "push"], "config": {"url": box.url}}
    answer = await sandbox.raw(token, f"{SKETCHBOOK}/hooks", method="POST", json=body)
    assert (answer.status, answer.json()["errors"][0]["message"]) == (
        422,
        "Hook already exists on this repository",
    )


async def test_each_webhook_we_make_has_a_secret_of_its_own_that_proves_its_events(  # R30
    sandbox: Sandbox, box: Inbox
) -> None:
    api = await sandbox.api("ada-park")
    api.public_url = box.url.removesuffix("/hook")
    first = await run(api, "create_hook", **PLACE, events=["star"])
    second = await run(api, "create_hook", **PLACE)
    await sandbox.simulator.deliveries.settled()
    assert isinstance(api.memory, Remembered)
    stored = {number: secret for number, (secret, _) in api.memory.webhooks.items()}
    assert set(stored) == {str(first["id"]), str(second["id"])}
    assert len(set(stored.values())) == 2
    assert all(len(secret) >= 43 for secret in stored.values())
    for ping in box.received:
        verify(ping.body, ping.headers, stored[ping.headers["x-github-hook-id"]], 0)
    shown = await run(api, "hooks", **PLACE)
    assert not any(secret in str([first, second, shown]) for secret in stored.values())
    assert second["events"] == ["issues", "issue_comment", "pull_request", "push"]
    await run(api, "delete_hook", **PLACE, id=first["id"])
    assert set(api.memory.webhooks) == {str(second["id"])}
    with pytest.raises(NotFound):
        await run(api, "delete_hook", **PLACE, id=first["id"])


async def test_missed_deliveries_are_listed_once_each_and_sent_again(sandbox: Sandbox, box: Inbox) -> None:
    hook = await hooked(sandbox, box, "issues")
    await control(sandbox, "deliveries/troubles", match="issues", times=3)
    for _ in range(2):
        await happen(sandbox, "issues")
    api = await sandbox.api("ada-park")
    missed = await run(api, "missed_deliveries", **PLACE, id=hook)
    assert len({entry["key"] for entry in missed}) == 2
    assert {entry["eventType"] for entry in missed} == {"issues"}
    for _ in range(2):
        await run(api, "redeliver", **PLACE, id=hook, delivery=missed[0]["id"])
        await sandbox.simulator.deliveries.settled()
    assert [entry.headers["x-github-delivery"] for entry in named(box, "issues")] == [missed[0]["key"]]
    assert len(await run(api, "missed_deliveries", **PLACE, id=hook)) == 2


async def test_a_ping_that_came_too_early_is_not_missed(sandbox: Sandbox, box: Inbox) -> None:
    await control(sandbox, "deliveries/troubles", match="ping")
    hook = await hooked(sandbox, box, "issues")
    assert named(box, "ping") == []
    assert await run(await sandbox.api("ada-park"), "missed_deliveries", **PLACE, id=hook) == []
