"""Private conversations reach only people who are in them, whatever the app itself may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx2
import pytest

from fluxstudio.core.visibility.conversations import Memberships
from fluxstudio.core.webhooks.events import Events
from fluxstudio.flows.automations.runs import triggers
from fluxstudio.flows.visibility import conversations
from fluxstudio.sdk.simulation import Fault
from tests.support.answers import content_of
from tests.support.conversations import ADA, EVENTS, GROUP_MESSAGE, LAUNCH, MESSAGE, TOMAS, Workspace
from tests.support.running import NO_TLS, Running, Start


@pytest.fixture
async def running(own_running: Running) -> Running:
    """A product of each test's own: here they start it again, and change what it remembers."""
    return own_running


PUBLIC, SLACK = "C0DESIGN01", "/api/integrations/slack"
COPY: dict[str, Any] = {
    "when": {"event": "slack.message"},
    "do": {
        "operation": "slack.message",
        "arguments": {"channel": PUBLIC, "text": "{{ event.event.text }}"},
    },
}
# What happens in a private channel, by its type; Slack says only of some what kind of channel it is.
HAPPENINGS: Mapping[str, dict[str, Any]] = {
    "message": {"channel": LAUNCH, "channel_type": "group", "text": "Keep it in here."},
    "app_mention": {"channel": LAUNCH, "text": "<@U0FLUXHP01> keep it in here."},
    "reaction_added": {"channel": None, "reaction": "eyes", "item": {"type": "message", "channel": LAUNCH}},
    "member_joined_channel": {"channel": LAUNCH, "channel_type": "G", "user": "U0PRIYAN01"},
    "file_shared": {"channel": None, "file_id": "F0SECRET01", "channel_id": LAUNCH},
    "pin_added": {"channel": None, "channel_id": LAUNCH, "item": {"type": "message", "channel": LAUNCH}},
    "somebody_invented_this": {"channel": None, "deep": {"inside": [{"channel_id": LAUNCH}]}},
}


async def test_private_channels_are_listed_for_their_members_only(workspace: Workspace) -> None:  # R62
    names = {}
    for name, client in (("ada", workspace.ada), ("tomas", workspace.tomas), ("again", workspace.ada)):
        answer = await client.get(f"{SLACK}/channels", params={"includePrivate": "true"})
        assert answer.status_code == 200, answer.text
        names[name] = {entry["name"] for entry in answer.json()["channels"] if entry["is_private"]}
    assert names == {"ada": {"tidewater-launch"}, "tomas": set(), "again": {"tidewater-launch"}}


async def test_a_kept_list_loses_a_channel_once_somebody_has_left(workspace: Workspace) -> None:  # R62
    asked = {"includePrivate": "true"}
    assert "tidewater-launch" in (await workspace.ada.get(f"{SLACK}/channels", params=asked)).text
    await workspace.moves(ADA, LAUNCH, member=False)
    await workspace.time_passes(6)
    answer = await workspace.ada.get(f"{SLACK}/channels", params=asked)
    assert answer.json()["cached"]
    assert "tidewater-launch" not in answer.text


@pytest.mark.parametrize("where", [LAUNCH, "#tidewater-launch", MESSAGE, GROUP_MESSAGE])
async def test_nobody_posts_where_they_are_not(workspace: Workspace, where: str) -> None:  # R62
    for path, more in (
        ("message", {"text": "Hello"}),
        ("project-update", {"projectName": "Tidewater", "updateType": "updated"}),
        ("task-notification", {"taskTitle": "Look", "assignee": "Mei"}),
    ):
        refused = await workspace.tomas.post(f"{SLACK}/{path}", json={"channel": where, **more})
        missing = "#no-such-channel" if where.startswith("#") else "C0NOSUCH01"
        unknown = await workspace.tomas.post(f"{SLACK}/{path}", json={"channel": missing, **more})
        assert refused.status_code == unknown.status_code == 404
        assert str(content_of(refused)).replace(where, missing) == str(content_of(unknown))
    file = {"file": ("plan.txt", b"plan", "text/plain")}
    shared = await workspace.tomas.post(f"{SLACK}/files", data={"channel": where}, files=file)
    assert shared.status_code == 404
    assert not workspace.running.seen("slack", "chat.postMessage|files")


async def test_members_post_and_read(workspace: Workspace) -> None:
    for where in (LAUNCH, "#tidewater-launch", MESSAGE, GROUP_MESSAGE):
        answer = await workspace.ada.post(f"{SLACK}/message", json={"channel": where, "text": "Hello"})
        assert answer.status_code == 200, answer.text
    history = await workspace.ada.get(f"{SLACK}/channels/{LAUNCH}/history")
    assert history.json()["messages"][0]["text"] == "Hello"


async def test_a_history_kept_for_a_member_is_not_served_to_others(workspace: Workspace) -> None:  # R62
    answer = await workspace.ada.get(f"{SLACK}/channels/{LAUNCH}/history")
    ts = answer.json()["messages"][0]["ts"]
    assert (await workspace.ada.get(f"{SLACK}/channels/{LAUNCH}/threads/{ts}")).status_code == 200
    for path in (f"channels/{LAUNCH}/history", f"channels/{LAUNCH}/threads/{ts}"):
        assert (await workspace.tomas.get(f"{SLACK}/{path}")).status_code == 404
    await workspace.moves(ADA, LAUNCH, member=False)
    await workspace.happens("member_left_channel", channel=LAUNCH, channel_type="G", user=ADA)
    assert (await workspace.ada.get(f"{SLACK}/channels/{LAUNCH}/history")).status_code == 404


@pytest.mark.parametrize("kind", HAPPENINGS)
async def test_what_happens_in_private_is_seen_by_members_only(
    workspace: Workspace, kind: str
) -> None:  # R62
    event = await workspace.happens(kind, **HAPPENINGS[kind])
    assert await workspace.seen_by(workspace.ada) == [str(event)]
    assert await workspace.seen_by(workspace.tomas) == []
    for method, path in (("GET", f"{EVENTS}/{event}"), ("POST", f"{EVENTS}/{event}/replay")):
        assert (await workspace.ada.request(method, path)).status_code == 200
        assert (await workspace.tomas.request(method, path)).status_code == 404


async def test_what_happens_in_public_is_seen_by_everybody(workspace: Workspace) -> None:
    events = [
        await workspace.happens(channel=PUBLIC, channel_type="channel"),
        await workspace.happens("reaction_added", channel=None, item={"type": "message", "channel": PUBLIC}),
        await workspace.happens("member_joined_channel", channel=PUBLIC, channel_type="C"),
    ]
    for client in (workspace.ada, workspace.tomas):
        assert await workspace.seen_by(client) == [str(event) for event in reversed(events)]


async def test_direct_messages_start_rules_of_those_in_them_only(workspace: Workspace) -> None:  # R62
    ids = {}
    for name, client in (("ada", workspace.ada), ("tomas", workspace.tomas)):
        made = await client.post("/api/automations", json={"name": "Copy", "definition": COPY})
        ids[name] = made.json()["id"]
    await workspace.happens(channel=MESSAGE, channel_type="im", text="Between us.")
    runs = {
        name: (await client.get(f"/api/automations/{ids[name]}/runs")).json()["runs"]
        for name, client in (("ada", workspace.ada), ("tomas", workspace.tomas))
    }
    assert (len(runs["ada"]), len(runs["tomas"])) == (1, 0)
    tried = await workspace.tomas.post("/api/dry-run", json={"definition": COPY})
    assert "Between us." not in tried.text
    assert "Between us." in (await workspace.ada.post("/api/dry-run", json={"definition": COPY})).text


async def test_a_run_begun_before_somebody_left_does_nothing(workspace: Workspace) -> None:  # R62
    made = await workspace.ada.post("/api/automations", json={"name": "Copy", "definition": COPY})
    await workspace.happens(channel=LAUNCH, channel_type="group", text="Between us.")
    await workspace.moves(ADA, LAUNCH, member=False)
    await workspace.time_passes(6)
    [run] = (await workspace.ada.get(f"/api/automations/{made.json()['id']}/runs")).json()["runs"]
    await triggers.run_one(workspace.running.services, UUID(run["id"]))
    [run] = (await workspace.ada.get(f"/api/automations/{made.json()['id']}/runs")).json()["runs"]
    assert (run["status"], run["problem"]["code"]) == ("skipped", "EVENT_GONE")
    assert not workspace.running.seen("slack", "chat.postMessage")


@pytest.mark.parametrize("by_event", [True, False])
async def test_leaving_ends_what_one_sees(workspace: Workspace, by_event: bool) -> None:  # R62
    event = await workspace.happens(**HAPPENINGS["message"])
    assert await workspace.seen_by(workspace.ada) == [str(event)]
    await workspace.moves(ADA, LAUNCH, member=False)
    if by_event:
        await workspace.happens("member_left_channel", channel=LAUNCH, channel_type="G", user=ADA)
    else:
        await workspace.time_passes(6)
    assert await workspace.seen_by(workspace.ada) == []


async def test_while_slack_cannot_be_asked_nothing_private_is_shown(workspace: Workspace) -> None:  # R62
    await workspace.happens(**HAPPENINGS["message"])
    await workspace.time_passes()
    faults = workspace.running.simulators["slack"].url("web") + "/_control/faults"
    async with httpx2.AsyncClient(verify=NO_TLS) as slack:
        await slack.post(faults, json={"match": "/api/", "status": 500})
    assert await workspace.seen_by(workspace.ada) == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"status": 403}, (403, "FORBIDDEN")),
        ({"status": 200, "body": {"ok": False, "error": "org_login_required"}}, (403, "FORBIDDEN")),
        # Said of single conversations too: no different from a channel that is not there.
        ({"status": 200, "body": {"ok": False, "error": "access_denied"}}, (404, "NOT_FOUND")),
        ({"status": 200, "body": {"ok": False, "error": "missing_scope"}}, (404, "NOT_FOUND")),
    ],
)
async def test_a_refusal_to_say_who_is_in_a_channel_is_told_unless_it_tells_of_the_channel(  # R62
    workspace: Workspace, fault: Mapping[str, Any], expected: tuple[int, str]
) -> None:
    faults = workspace.running.simulators["slack"].url("web") + "/_control/faults"
    async with httpx2.AsyncClient(verify=NO_TLS) as slack:
        await slack.post(faults, json={"match": "conversations.info", **fault})
        answer = await workspace.ada.get(f"{SLACK}/channels/{LAUNCH}/history")
        assert (answer.status_code, answer.json()["code"]) == expected, answer.text
        private = await workspace.happens(**HAPPENINGS["message"])
        assert str(private) not in await workspace.seen_by(workspace.tomas)
        await slack.delete(faults)
    if expected[0] == 403:
        # What was refused is no answer, and is asked for again.
        assert (await workspace.ada.get(f"{SLACK}/channels/{LAUNCH}/history")).status_code == 200
        assert (await workspace.tomas.get(f"{SLACK}/channels/{LAUNCH}/history")).status_code == 404


async def test_without_the_scope_direct_messages_are_shown_to_nobody(workspace: Workspace) -> None:  # R62
    for token in workspace.running.simulators["slack"].grants.tokens.values():
        token["scopes"] = [scope for scope in token["scopes"] if scope != "im:read"]
    await workspace.happens(channel=MESSAGE, channel_type="im", text="Between us.")
    assert await workspace.seen_by(workspace.ada) == []


async def test_an_unknown_person_sees_public_things_only(workspace: Workspace) -> None:  # R62
    """Such as whoever connected before it was kept who they are."""
    await workspace.running.services.db.execute("UPDATE connections SET person = NULL")
    private = await workspace.happens(**HAPPENINGS["message"])
    public = await workspace.happens(channel=PUBLIC, channel_type="channel")
    assert await workspace.seen_by(workspace.ada) == [str(public)]
    answer = await workspace.ada.get(f"{SLACK}/channels", params={"includePrivate": "true"})
    assert {entry["is_private"] for entry in answer.json()["channels"]} == {False}
    posted = await workspace.ada.post(f"{SLACK}/message", json={"channel": PUBLIC, "text": "Hello"})
    assert posted.status_code == 200
    integrations = (await workspace.ada.get("/api/integrations")).json()["integrations"]
    assert [entry["seesPrivate"] for entry in integrations] == [False]
    assert "Reconnect to see private channels" in (await page_of(workspace.ada, "/settings/integrations"))
    await workspace.running.connect(workspace.ada, "slack", choice="T0HARBOUR1", person=ADA)
    assert str(private) in await workspace.seen_by(workspace.ada)


async def page_of(client: httpx2.AsyncClient, path: str) -> str:
    """A page, as somebody sees it who is signed in."""
    assert (await client.post("/api/session")).status_code < 300
    page = await client.get(path, headers={"accept": "text/html"})
    assert page.status_code == 200, page.text
    return page.text


async def test_administrators_see_that_something_happened_and_no_more(workspace: Workspace) -> None:  # R62
    root = await workspace.running.client("root", role="admin")
    event = await workspace.happens(**HAPPENINGS["message"])
    assert await workspace.seen_by(root) == [str(event)]
    for answer in (await root.get(EVENTS), await root.get(f"{EVENTS}/{event}")):
        assert answer.status_code == 200
        assert "Keep it in here" not in answer.text
        assert LAUNCH not in answer.text
    assert (await root.get(f"{EVENTS}/{event}")).json()["withheld"] is True
    assert (await root.get(f"{EVENTS}/{event}/payload")).status_code == 404
    for path in ("/activity", f"/activity/{event}"):
        page = await page_of(root, path)
        assert "private conversation" in page
        assert "Keep it in here" not in page


async def test_a_stream_tells_members_only(workspace: Workspace) -> None:  # R62
    services = workspace.running.services
    async with (
        services.event_stream.subscribe(await workspace.running.actor("ada")) as ada,
        services.event_stream.subscribe(await workspace.running.actor("tomas")) as tomas,
    ):
        private = await workspace.happens(**HAPPENINGS["message"])
        public = await workspace.happens(channel=PUBLIC, channel_type="channel")
        texts: dict[str, set[str]] = {"ada": set(), "tomas": set()}
        for name, reader in (("ada", ada), ("tomas", tomas)):
            while str(public) not in texts[name]:
                texts[name] |= {piece.id for piece in await reader.take(5)}
        assert (str(private) in texts["ada"], str(private) in texts["tomas"]) == (True, False)


async def test_older_events_are_shown_once_it_is_determined_whom_they_concern(workspace: Workspace) -> None:
    private = await workspace.happens(**HAPPENINGS["message"])
    public = await workspace.happens("reaction_added", channel=None, item={"channel": PUBLIC})
    await workspace.running.services.db.execute("UPDATE integration_webhooks SET audience = '?'")
    await workspace.time_passes()
    assert await workspace.seen_by(workspace.ada) == []
    assert await conversations.determine_older(workspace.running.services) == 2
    assert await workspace.seen_by(workspace.ada) == [str(public), str(private)]
    assert await workspace.seen_by(workspace.tomas) == [str(public)]


async def test_the_database_itself_shows_private_events_to_members_only(workspace: Workspace) -> None:  # R62
    await workspace.happens(**HAPPENINGS["message"])
    counts = []
    for name in ("ada", "tomas"):
        actor = await workspace.running.actor(name)
        counts.append(len(await Events(workspace.running.services.db).page(actor.user_id, limit=10)))
    assert counts == [1, 0]


async def test_a_restart_forgets_nothing(workspace: Workspace, start: Start) -> None:
    event = await workspace.happens(**HAPPENINGS["message"])
    again = await start(simulators=workspace.running.simulators)
    ada, tomas = await again.client("ada"), await again.client("tomas")
    assert await workspace.seen_by(ada) == [str(event)]
    assert await workspace.seen_by(tomas) == []


async def test_public_channels_are_known_from_their_list_once_single_ones_may_not_be_asked_about(  # R62
    workspace: Workspace,
) -> None:
    await workspace.running.services.db.execute(
        "INSERT INTO provider_budgets (grant_id, bucket, blocked_until) "
        "SELECT id, 'conversations.info', now() + interval '1 minute' FROM oauth_tokens"
    )
    before = len(workspace.running.seen("slack", "conversations.list"))
    for where, status in ((PUBLIC, 200), ("C0TIDEWTR1", 200), (LAUNCH, 429)):
        answer = await workspace.tomas.post(f"{SLACK}/message", json={"channel": where, "text": "Hello"})
        assert answer.status_code == status, answer.text
    assert len(workspace.running.seen("slack", "conversations.list")) == before + 1


async def test_a_channel_that_became_private_is_not_taken_from_a_list_of_before(  # R62
    workspace: Workspace,
) -> None:
    services = workspace.running.services
    await services.db.execute(
        "INSERT INTO provider_budgets (grant_id, bucket, blocked_until) "
        "SELECT id, 'conversations.info', now() + interval '1 minute' FROM oauth_tokens"
    )
    answer = await workspace.tomas.post(f"{SLACK}/message", json={"channel": "C0TIDEWTR1", "text": "Hello"})
    assert answer.status_code == 200
    [account] = await services.db.fetch("SELECT account_id FROM oauth_tokens")
    await Memberships(services.db).forget("slack", account["account_id"], PUBLIC)
    refused = await workspace.tomas.post(f"{SLACK}/message", json={"channel": PUBLIC, "text": "Hello"})
    assert refused.status_code == 429


async def test_a_refusal_to_list_private_channels_is_not_kept_for_an_answer(  # R62
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"includePrivate": "true"}
    simulator = workspace.running.simulators["slack"]
    refusal = Fault(match="users.conversations", status=200, body={"ok": False, "error": "access_denied"})
    simulator.faults.active.append(refusal)
    assert "tidewater-launch" not in (await workspace.ada.get(f"{SLACK}/channels", params=asked)).text
    simulator.faults.active.remove(refusal)
    again = await workspace.ada.get(f"{SLACK}/channels", params=asked)
    assert "tidewater-launch" not in again.text, "it is not asked for at each turn"
    conversations._refusals.clear()
    await workspace.running.services.db.execute("DELETE FROM provider_cache")
    assert "tidewater-launch" in (await workspace.ada.get(f"{SLACK}/channels", params=asked)).text


async def test_a_refusal_to_say_who_is_in_a_channel_ends_when_somebody_joins(
    workspace: Workspace,
) -> None:  # R62
    simulator = workspace.running.simulators["slack"]
    refusal = Fault(
        match="conversations.(info|members)", status=200, body={"ok": False, "error": "access_denied"}
    )
    simulator.faults.active.append(refusal)
    history = f"{SLACK}/channels/{LAUNCH}/history"
    assert (await workspace.tomas.get(history)).status_code != 200
    simulator.faults.active.remove(refusal)
    await workspace.moves(TOMAS, LAUNCH, member=True)
    conversations._refusals.clear()
    assert (await workspace.tomas.get(history)).status_code == 200
