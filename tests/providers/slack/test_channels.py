"""A channel by its name: found quickly, remembered, and never mistaken for long."""

from __future__ import annotations

import pytest

from fluxstudio.errors import NotFound, ProviderRateLimited
from fluxstudio.providers.slack import slack
from fluxstudio.providers.slack.simulator import seed
from fluxstudio.sdk import Api
from tests.providers.slack.conftest import ARCHIVED, DESIGN, LAUNCH, TIDEWATER, Sandbox, run
from tests.support.direct import Answered
from tests.support.running import Start


@pytest.fixture
async def api(sandbox: Sandbox) -> Api:
    """A workspace whose answers are kept."""
    api = await sandbox.api()
    api.answers = Answered()
    return api


def crowd(sandbox: Sandbox, *, ahead: int = 0, behind: int = 0) -> None:
    """Put so many channels before and behind those there are."""
    channels = sandbox.simulator.world.data["channels"]
    there, pattern = dict(channels), channels[DESIGN]
    channels.clear()
    for number in range(ahead + behind):
        if number == ahead:
            channels.update(there)
        key = f"C9{number:08d}"
        channels[key] = {**pattern, "id": key, "name": f"z{number:05d}"}
    channels.update(there)


async def test_a_channel_is_found_by_its_name_with_and_without_a_sharp(api: Api) -> None:
    for name in ("#design", "design", "#Design"):
        assert (await run(api, "channel", name=name))["id"] == DESIGN


async def test_a_name_in_capitals_is_no_id(api: Api) -> None:
    for name in ("GENERAL", "DESIGN", "#DESIGN"):
        posted = await run(api, "message", channel=name, text="Here")
        assert posted["channel"] in {DESIGN, "C0GENERAL1"}


async def test_a_person_is_written_to_by_their_id(sandbox: Sandbox, api: Api) -> None:
    first = await run(api, "message", channel=seed.MEI, text="For you")
    again = await run(api, "task_notification", channel=seed.MEI, taskTitle="One", assignee=seed.MEI)
    assert first["channel"] == again["channel"]
    assert first["channel"].startswith("D")
    with pytest.raises(NotFound, match="knows nobody"):
        await run(api, "message", channel="U0NOBODY99", text="Hello")


async def test_private_and_archived_channels_are_found(api: Api) -> None:
    assert (await run(api, "channel", name="tidewater-launch"))["id"] == LAUNCH
    assert (await run(api, "channel", name="tidewater-2024"))["id"] == ARCHIVED


async def test_no_page_is_asked_for_behind_the_one_with_the_name(sandbox: Sandbox, api: Api) -> None:
    crowd(sandbox, ahead=1100, behind=8000)
    posted = await run(api, "message", channel="#design", text="Here")
    assert posted["channel"] == DESIGN
    assert sandbox.seen("conversations.list") == 2


async def test_a_name_is_looked_up_once_for_many_messages(sandbox: Sandbox, api: Api) -> None:
    for number in range(5):
        await run(api, "message", channel="#design", text=str(number))
    assert sandbox.seen("conversations.list") == 1


async def test_a_list_that_is_kept_saves_the_looking_up(sandbox: Sandbox, api: Api) -> None:
    for wide in (False, True):
        await api.ask("channels", includePrivate=wide)
    asked = sandbox.seen("conversations.list")
    await run(api, "message", channel="#tidewater-launch", text="From the list")
    await run(api, "message", channel="#tidewater", text="From the list")
    assert sandbox.seen("conversations.list") == asked


async def test_a_name_that_has_moved_to_another_channel_is_followed(sandbox: Sandbox, api: Api) -> None:
    await run(api, "message", channel="#design", text="Before")
    channels = sandbox.simulator.world.data["channels"]
    channels[TIDEWATER]["name"] = channels.pop(DESIGN)["name"]
    posted = await run(api, "message", channel="#design", text="After")
    assert posted["channel"] == TIDEWATER


async def test_a_name_that_is_gone_is_said_to_be_gone(sandbox: Sandbox, api: Api) -> None:
    await run(api, "message", channel="#design", text="Before")
    del sandbox.simulator.world.data["channels"][DESIGN]
    with pytest.raises(NotFound, match="does not know #design"):
        await run(api, "message", channel="#design", text="After")


async def test_an_unknown_name_costs_one_listing(sandbox: Sandbox, api: Api) -> None:
    with pytest.raises(NotFound, match="does not know #nowhere"):
        await run(api, "message", channel="#nowhere", text="Hello")
    assert sandbox.seen("conversations.list") == 1


async def test_in_an_organisation_workspaces_behind_the_right_one_are_left_alone(sandbox: Sandbox) -> None:
    api = await sandbox.api(seed.GROUP)
    assert (await run(api, "channel", name="#design"))["team_id"] == seed.HARBOUR
    assert sandbox.seen("conversations.list") == 1


async def test_calls_and_processes_share_what_was_found_until_an_event_makes_it_stale(start: Start) -> None:
    one = await start()
    two = await start(simulators=one.simulators)
    connection = await one.connect(await one.client(), "slack")
    post = {"channel": "#design", "text": "Hello"}
    for running in (one, two):
        answer = await (await running.client()).post("/api/integrations/slack/message", json=post)
        assert answer.json()["channel"] == DESIGN
    assert len(one.seen("slack", "conversations.list$")) == 1
    grant = (await one.grant_of(connection))["id"]
    await one.services.cache.outdate(grant, ["slack.channel", "slack.channels"])
    await (await two.client()).post("/api/integrations/slack/message", json=post)
    assert len(one.seen("slack", "conversations.list$")) == 2


async def test_a_limit_on_the_way_to_a_name_is_told(sandbox: Sandbox, api: Api) -> None:
    crowd(sandbox, ahead=3000)
    await sandbox.control("limits", bucket="conversations.list", calls=1, seconds=60)
    with pytest.raises(ProviderRateLimited) as caught:
        await run(api, "message", channel="#design", text="Hello")
    assert caught.value.retry_after > 0


def test_what_happens_to_channels_makes_names_and_lists_stale() -> None:
    assert slack.webhooks is not None
    for event in ("channel_rename", "channel_archive", "channel_deleted", "group_rename"):
        assert {"channel", "channels"} <= set(slack.webhooks.makes_stale[event])
    assert {"history", "thread"} <= set(slack.webhooks.makes_stale["message"])
