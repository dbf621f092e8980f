from __future__ import annotations

from importlib.resources import files
from typing import Any

import msgspec
import pytest

from fluxstudio.errors import InvalidRequest, NotFound, ScopeMissing
from fluxstudio.providers.slack import buttons, slack
from fluxstudio.providers.slack.simulator import seed
from fluxstudio.sdk import Notifier, Upload
from tests.providers.slack.conftest import (
    ARCHIVED,
    DESIGN,
    LAUNCH,
    LEADERS,
    RANDOM,
    TIDEWATER,
    UNINVITED,
    Sandbox,
    run,
)
from tests.support.direct import Recorded

FIXTURES = msgspec.json.decode(
    files("fluxstudio.providers.slack").joinpath("fixtures/operations.json").read_bytes()
)


async def test_every_operation_has_a_fixture_that_works_on_a_fresh_workspace(sandbox: Sandbox) -> None:
    api = await sandbox.api(scopes=slack.oauth.asked_scopes())
    for fixture in FIXTURES:
        answer = await run(api, fixture["operation"], **fixture["args"])
        assert isinstance(answer, list) == slack[fixture["operation"]].returns_list
        assert answer, fixture
    assert {fixture["operation"] for fixture in FIXTURES} == set(slack.operations)


def test_the_paths_are_those_of_the_public_contract() -> None:
    assert {(entry.method, entry.path, entry.status) for entry in slack.operations.values()} == {
        ("GET", "channels", 200),
        ("GET", "channel", 200),
        ("GET", "channels/{id}/history", 200),
        ("GET", "channels/{id}/threads/{ts}", 200),
        ("POST", "message", 200),
        ("POST", "project-update", 200),
        ("POST", "task-notification", 200),
        ("POST", "files", 200),
        ("GET", "default-channels", 200),
        ("POST", "default-channels", 200),
    }
    assert slack["channels"].list_key == "channels"
    assert slack.identity.alias == "teamId"


def test_every_parameter_says_what_it_is_and_every_stale_name_is_an_operation() -> None:
    for operation in slack.operations.values():
        assert operation.summary.endswith(".")
        assert all(info.description for _, info in operation.parameters.values()), operation.full_name
        assert set(operation.makes_stale) <= set(slack.operations)
        assert set(operation.scopes) <= set(slack.oauth.asked_scopes())
        assert operation.local or operation.limit in slack.http.limits


def test_slack_can_stand_in_as_a_notifier() -> None:
    notifier = slack.capability(Notifier)
    assert notifier is not None
    assert notifier.channels is slack["channels"]
    assert notifier.send is slack["message"]


async def test_channels_have_exactly_the_keys_of_the_contract_and_come_by_name(sandbox: Sandbox) -> None:
    channels = await run(await sandbox.api(), "channels")
    assert set(channels[0]) == {"id", "name", "is_private", "is_archived", "is_member", "num_members"}
    names = [channel["name"] for channel in channels]
    assert names == sorted(names)
    assert not any(channel["is_private"] or channel["is_archived"] for channel in channels)
    by_name = {channel["name"]: channel for channel in channels}
    assert by_name["design"]["is_member"]
    assert not by_name["random"]["is_member"]


async def test_private_channels_are_listed_on_request_where_the_app_was_invited(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    ids = {channel["id"] for channel in await run(api, "channels", includePrivate="true")}
    assert LAUNCH in ids
    assert LEADERS not in ids


async def test_archived_channels_are_listed_only_on_request(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    assert ARCHIVED not in {channel["id"] for channel in await run(api, "channels")}
    assert ARCHIVED in {channel["id"] for channel in await run(api, "channels", includeArchived=True)}


async def test_a_workspace_of_thousands_of_channels_is_listed_in_few_calls(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    pattern = sandbox.simulator.world.data["channels"][DESIGN]
    for number in range(2500):
        key = f"C9{number:08d}"
        sandbox.simulator.world.data["channels"][key] = {**pattern, "id": key, "name": f"z{number:04d}"}
    channels = await run(api, "channels")
    assert len(channels) == 2507
    assert len({channel["id"] for channel in channels}) == 2507
    assert sandbox.seen("conversations.list") == 3


async def test_an_organisation_is_one_account_with_the_channels_of_all_its_workspaces(
    sandbox: Sandbox,
) -> None:
    api = await sandbox.api(seed.GROUP)
    assert (api.account.id, api.account.name) == (seed.GROUP, "Harbour & Pine Group")
    channels = await run(api, "channels")
    assert {channel["team_id"] for channel in channels} == {seed.HARBOUR, seed.LABS}
    posted = await run(api, "message", channel="#experiments", text="Hello Labs")
    assert posted["channel"] == "C0PLEXPER1"


async def test_the_account_is_the_workspace_whoever_allowed_it(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    assert (api.account.id, api.account.name, api.account.person) == (
        seed.HARBOUR,
        "Harbour & Pine",
        "fluxstudio",
    )
    assert seed.ADA not in str(api.account)


async def test_a_message_reaches_its_channel_by_id_by_name_and_by_bare_name(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    for channel in (DESIGN, "#design", "design"):
        posted = await run(api, "message", channel=channel, text=f"to {channel}")
        assert set(posted) == {"ok", "channel", "ts", "message"}
        assert posted["channel"] == DESIGN
        assert posted["message"]["text"] == f"to {channel}"
        assert sandbox.simulator.world.data["messages"][DESIGN][-1]["ts"] == posted["ts"]


async def test_text_may_be_called_message(sandbox: Sandbox) -> None:
    posted = await run(await sandbox.api(), "message", channel=DESIGN, message="Hello")
    assert posted["message"]["text"] == "Hello"


async def test_a_reply_stays_in_its_thread_unless_it_is_broadcast(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    first = await run(api, "message", channel=DESIGN, text="First")
    quiet = await run(api, "message", channel=DESIGN, text="Quiet", thread_ts=first["ts"])
    loud = await run(api, "message", channel=DESIGN, text="Loud", thread_ts=first["ts"], reply_broadcast=True)
    shown = [message["ts"] for message in (await run(api, "history", id=DESIGN))["messages"]]
    assert quiet["message"]["thread_ts"] == first["ts"]
    assert quiet["ts"] not in shown
    assert shown[:2] == [loud["ts"], first["ts"]]


async def test_updates_and_tasks_can_be_replies(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    first = await run(api, "message", channel=DESIGN, text="Tidewater")
    arguments = {"channel": DESIGN, "thread_ts": first["ts"]}
    await run(api, "project_update", **arguments, projectName="Tidewater", updateType="completed")
    await run(api, "task_notification", **arguments, taskTitle="Celebrate", assignee="Mei Lin")
    thread = await run(api, "thread", id=DESIGN, ts=first["ts"])
    assert [message["text"] for message in thread["messages"]] == [
        "Tidewater",
        "Project completed: Tidewater",
        "Task for Mei Lin: Celebrate",
    ]


async def test_a_thread_is_read_from_its_first_message_on_in_pages(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    first = await run(api, "message", channel=DESIGN, text="0")
    await run(api, "message", channel=DESIGN, text="Beside it")
    for number in range(1, 4):
        await run(api, "message", channel=DESIGN, text=str(number), thread_ts=first["ts"])
    one = await run(api, "thread", id=DESIGN, ts=first["ts"], limit=2)
    two = await run(api, "thread", id=DESIGN, ts=first["ts"], limit=2, cursor=one["next_cursor"])
    assert [message["text"] for page in (one, two) for message in page["messages"]] == ["0", "1", "2", "3"]
    assert (one["has_more"], two["has_more"], two["next_cursor"]) == (True, False, None)


@pytest.mark.parametrize(("name", "arguments"), [("history", {}), ("thread", {"ts": "1760000000.000000"})])
async def test_a_channel_that_cannot_be_read_is_named_with_what_to_do(
    sandbox: Sandbox, name: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequest, match=r"not in #random\. Invite it with /invite @FluxStudio"):
        await run(await sandbox.api(), name, id=RANDOM, **arguments)
    assert sandbox.seen("conversations.join") == 0


async def test_a_thread_that_is_not_there_is_said_so(sandbox: Sandbox) -> None:
    with pytest.raises(NotFound, match=r"no message of that ts in #design\. Take the ts"):
        await run(await sandbox.api(), "thread", id=DESIGN, ts="1.000000")


async def test_nothing_is_posted_where_nobody_can_tell_whether_it_is_private(sandbox: Sandbox) -> None:
    api = await sandbox.api(scopes=("chat:write",))
    with pytest.raises(ScopeMissing, match="channels:read"):
        await run(api, "message", channel=RANDOM, text="Hello")
    assert sandbox.seen("chat.postMessage") == 0


async def test_blocks_without_text_get_a_notification_of_their_first_words(sandbox: Sandbox) -> None:
    blocks = [
        {"type": "divider"},
        {"type": "header", "text": {"type": "plain_text", "text": "Tide & time"}},
    ]
    posted = await run(await sandbox.api(), "message", channel=DESIGN, blocks=blocks)
    assert posted["message"]["text"] == "Tide &amp; time"
    assert [block["type"] for block in posted["message"]["blocks"]] == ["divider", "header"]


async def test_nothing_to_say_is_refused_before_slack_is_asked(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    with pytest.raises(InvalidRequest) as caught:
        await run(api, "message", channel=DESIGN)
    assert caught.value.details["fields"] == {"text": "is empty"}
    assert sandbox.seen("chat.postMessage") == 0


@pytest.mark.parametrize(
    ("channel", "kind", "text"),
    [
        ("#random", InvalidRequest, "not in #random. Invite it with /invite @FluxStudio"),
        (RANDOM, InvalidRequest, "not in #random. Invite it with /invite @FluxStudio"),
        ("#tidewater-2024", InvalidRequest, "#tidewater-2024 is archived"),
        ("#nowhere", NotFound, "does not know #nowhere"),
        ("C0NOWHERE1", NotFound, "does not know that channel"),
        (LEADERS, NotFound, "it is private and the app is not in it"),
    ],
)
async def test_a_channel_that_cannot_be_posted_to_is_explained_with_what_to_do(
    sandbox: Sandbox, channel: str, kind: type[InvalidRequest], text: str
) -> None:
    api = await sandbox.api(scopes=UNINVITED)
    with pytest.raises(kind) as caught:
        await run(api, "message", channel=channel, text="Hello")
    assert text in caught.value.message
    assert caught.value.details["providerError"] in {"not_in_channel", "is_archived", "channel_not_found"}


@pytest.mark.parametrize("channel", [RANDOM, "#random"])
async def test_the_app_joins_a_public_channel_that_is_posted_to_where_it_may(
    sandbox: Sandbox, channel: str
) -> None:
    api = await sandbox.api()
    posted = await run(api, "message", channel=channel, text="Hello")
    assert posted["channel"] == RANDOM
    await run(api, "message", channel=channel, text="And again")
    assert sandbox.seen("conversations.join") == 1


async def test_where_slack_refuses_to_let_the_app_join_the_invitation_is_asked_for(sandbox: Sandbox) -> None:
    api = await sandbox.api(scopes=UNINVITED)
    # Granted as far as we know, and taken back since.
    api.scopes |= {"channels:join"}
    with pytest.raises(InvalidRequest, match=r"not in #random\. Invite it with /invite @FluxStudio"):
        await run(api, "message", channel=RANDOM, text="Hello")


@pytest.mark.parametrize(
    ("channel", "text"),
    [(ARCHIVED, "is_archived"), (LEADERS, "channel_not_found"), ("C0NOWHERE1", "channel_not_found")],
)
async def test_slack_lets_the_app_join_public_channels_only(
    sandbox: Sandbox, channel: str, text: str
) -> None:
    token = (await sandbox.connect()).access_token
    assert (await sandbox.call("conversations.join", token, channel=channel))["error"] == text
    launch = await sandbox.call("conversations.join", token, channel=LAUNCH)
    assert launch["error"] == "method_not_supported_for_channel_type"
    design = await sandbox.call("conversations.join", token, channel=DESIGN)
    assert (design["ok"], design["warning"]) == (True, "already_in_channel")


async def test_what_slack_finds_wrong_with_blocks_is_passed_on(sandbox: Sandbox) -> None:
    with pytest.raises(InvalidRequest, match=r"json-pointer:/blocks/0/text") as caught:
        await run(
            await sandbox.api(),
            "message",
            channel=DESIGN,
            blocks=[{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
        )
    assert caught.value.details["providerError"] == "invalid_blocks"


@pytest.mark.parametrize(
    ("name", "arguments", "wrong"),
    [
        ("message", {"channel": "#two words", "text": "x"}, "channel"),
        ("message", {"channel": "../etc", "text": "x"}, "channel"),
        ("message", {"channel": DESIGN, "text": "x", "thread_ts": "yesterday"}, "thread_ts"),
        ("message", {"channel": DESIGN, "text": "x" * 40_001}, "text"),
        ("message", {"channel": DESIGN, "blocks": [{}] * 51}, "blocks"),
        ("channel", {"name": "two words"}, "name"),
        ("thread", {"id": DESIGN, "ts": "yesterday"}, "ts"),
        ("history", {"id": "#design"}, "id"),
        ("history", {"id": DESIGN, "limit": 1000}, "limit"),
        ("project_update", {"channel": DESIGN, "projectName": " ", "updateType": "created"}, "projectName"),
        ("project_update", {"channel": DESIGN, "projectName": "T", "updateType": "moved"}, "updateType"),
        (
            "task_notification",
            {"channel": DESIGN, "taskTitle": "T", "assignee": "A", "url": "javascript:1"},
            "url",
        ),
    ],
)
def test_arguments_that_cannot_be_right_are_named(
    name: str, arguments: dict[str, Any], wrong: str
) -> None:  # R38
    with pytest.raises(InvalidRequest) as caught:
        slack[name].check(arguments)
    assert wrong in caught.value.details["fields"]


async def test_history_comes_newest_first_in_pages_without_gaps(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    for number in range(5):
        await run(api, "message", channel=TIDEWATER, text=str(number))
    texts: list[str] = []
    cursor = None
    for _ in range(4):
        page = await run(api, "history", id=TIDEWATER, limit=2, cursor=cursor)
        texts += [message["text"] for message in page["messages"]]
        cursor = page["next_cursor"]
        assert page["has_more"] == (cursor is not None)
        if cursor is None:
            break
    assert texts[:5] == ["4", "3", "2", "1", "0"]
    assert len(texts) == 7


async def test_history_can_begin_and_end_at_a_message(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    posted = [await run(api, "message", channel=TIDEWATER, text=str(number)) for number in range(3)]
    page = await run(api, "history", id=TIDEWATER, oldest=posted[0]["ts"], latest=posted[2]["ts"])
    assert [message["text"] for message in page["messages"]] == ["1"]


async def test_private_history_says_which_permission_it_needs(sandbox: Sandbox) -> None:
    api = await sandbox.api(scopes=slack.oauth.asked_scopes())
    with pytest.raises(ScopeMissing) as caught:
        await run(api, "history", id=LAUNCH)
    assert caught.value.details["needed"] == ["groups:history"]
    more = await sandbox.api(scopes=("channels:history", "groups:history"))
    assert (await run(more, "history", id=LAUNCH))["messages"]


async def test_every_method_and_every_channel_posted_to_has_a_budget_of_its_own(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    await run(api, "channels")
    await run(api, "message", channel=DESIGN, text="x")
    await run(api, "message", channel=TIDEWATER, text="x")
    await run(api, "history", id=DESIGN)
    await run(api, "files", channel=DESIGN, file=Upload("a.txt", "text/plain", b"x"))
    assert isinstance(api.budget, Recorded)
    # Whether a channel is private is asked besides, and remembered by the product.
    assert [bucket for bucket in api.budget.spent if bucket != "conversations.info"] == [
        "conversations.list",
        f"chat.postMessage:{DESIGN}",
        f"chat.postMessage:{TIDEWATER}",
        "conversations.history",
        "files.getUploadURLExternal",
        "files.upload",
        "files.completeUploadExternal",
    ]


async def test_a_message_that_asked_keeps_its_text_and_loses_its_buttons(sandbox: Sandbox) -> None:
    api = await sandbox.api()
    parts = buttons.asking("Helper asks", [("Deny", "deny")], "https://flux.example/agents")
    message = buttons.posted(await run(api, "message", channel="#design", text="Asked", **parts))
    await buttons.settle(api, message, "Helper asks", "Denied by <!channel>")
    stored = sandbox.simulator.world.data["messages"][DESIGN][-1]
    assert (stored["ts"], message.channel) == (message.message, DESIGN)
    assert stored["text"] == "Denied by &lt;!channel&gt;"
    section, line = stored["blocks"]
    assert section["text"]["text"] == "Helper asks"
    assert [part["text"] for part in line["elements"]] == ["Denied by <!channel>"]
