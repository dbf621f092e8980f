"""Writing to channels: previews, default channels, what is refused, files, and private conversations."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from html import unescape
from urllib.parse import urlencode

import pytest

from fluxstudio.sdk.simulation import Fault
from tests.conftest import NewDatabase
from tests.faces.conftest import UNLIMITED
from tests.support.browsing import Browser, browser_of, fresh_browser
from tests.support.forms import form_to
from tests.support.running import Running, started

COMPOSE = "/integrations/slack/compose"
CHANNELS = "/integrations/slack/channels"
UPDATE = {
    "channel": "#design",
    "projectName": "Tidewater <b>",
    "updateType": "completed",
    "details": "All *done* & <dusted>",
    "fields": "Status: Done\nScreens: 14",
    "url": "https://example.com/tidewater",
}


@pytest.fixture(scope="module")
async def running(
    new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """Ada, with a workspace; and Mei, in the same one."""
    async with started(await new_database(), tmp_path_factory.mktemp("home")) as start:
        product = await start(**UNLIMITED)
        await product.connect(await product.client(), "slack")
        yield product


@pytest.fixture
async def ada(running: Running) -> Browser:
    return await fresh_browser(running)


async def refused(browser: Browser, kind: str, **fields: str) -> str:
    """The page after a message of this kind was not sent."""
    return await page_after(browser, kind, 400, fields)


async def written(browser: Browser, kind: str, **fields: str) -> str:
    """The page after a message of this kind was sent."""
    return await page_after(browser, kind, 200, fields)


async def page_after(browser: Browser, kind: str, status: int, fields: Mapping[str, str]) -> str:
    """What the form of a kind of message is answered with, and this status."""
    form = form_to((await browser.open(f"{COMPOSE}/{kind}")).text, f"/compose/{kind}")
    answer = await browser.client.post(form.action, data={**form.fields, "then": "send", **fields})
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


def messages(running: Running) -> str:
    """Everything that was posted in the simulated workspaces."""
    return str(running.simulators["slack"].world.data)


async def test_each_kind_of_message_is_previewed_as_it_will_look_and_sent(
    running: Running, ada: Browser
) -> None:
    await ada.open(f"{COMPOSE}/message")
    drawn = (
        await ada.send(f"{COMPOSE}/message/preview", text="*Hi* <img src=x> see https://a.example/b.")
    ).text
    assert "<strong>Hi</strong>" in drawn
    assert 'href="https://a.example/b"' in drawn
    assert "<img" not in drawn
    drawn = (await ada.send(f"{COMPOSE}/project_update/preview", **UPDATE)).text
    assert "Tidewater &lt;b&gt;" in drawn
    # Slack sets what stands between asterisks in bold.
    assert "All <strong>done</strong> &amp; &lt;dusted&gt;" in drawn
    assert "<strong>Screens</strong><br>14" in drawn
    assert "Open project" in drawn
    page = await written(ada, "project_update", **UPDATE)
    assert "Sent to #design." in page
    assert re.search(r'href="[^"]+/archives/C[^"]+/p\d{16}"[^>]*>View in Slack', page)
    page = await written(
        ada, "task_notification", channel="#design", taskTitle="Fix it", assignee="Mei", dueDate="2026-12-04"
    )
    assert "Sent to #design." in page
    assert "Friday 4 December 2026" in messages(running)
    without = await ada.client.post(
        f"{COMPOSE}/message",
        data={"csrf": ada.csrf, "then": "preview", "channel": "#design", "text": "_quiet_"},
    )
    assert "<em>quiet</em>" in without.text


async def test_a_kind_of_message_remembers_its_channel_for_this_connection_alone(
    running: Running, ada: Browser
) -> None:
    await written(ada, "message", channel="#driftwood", text="Hello", remember="on")
    again = form_to((await ada.open(f"{COMPOSE}/message")).text, "/compose/message")
    assert again.fields["channel"] == "#driftwood"
    other = form_to((await ada.open(f"{COMPOSE}/project_update")).text, "/compose/project_update")
    assert other.fields["channel"] == ""
    client = await running.client()
    answer = await client.get("/api/integrations/slack/default-channels")
    assert answer.json() == {"message": "#driftwood", "project_update": None, "task_notification": None}
    mei = await running.client("mei")
    await running.connect(mei, "slack")
    answer = await mei.get("/api/integrations/slack/default-channels")
    assert answer.json()["message"] is None
    rows = await running.services.db.fetch("SELECT settings FROM oauth_integration_settings")
    assert {"message": "#driftwood", "project_update": None, "task_notification": None} in [
        row["settings"].get("default_channels") for row in rows
    ]


async def test_all_that_is_wrong_is_said_at_once_and_nothing_is_lost(running: Running, ada: Browser) -> None:
    page = await refused(
        ada,
        "project_update",
        channel="",
        projectName=" ",
        updateType="completed",
        fields="no label",
        details="Kept",
    )
    for words in (
        "Choose a channel from the list, or enter its name like #design.",
        "Enter the project’s name.",
        "Write each fact on a line of its own, like Status: In review.",
    ):
        assert words in page
    assert "Kept</textarea>" in page
    assert "no label</textarea>" in page
    page = await refused(
        ada, "task_notification", channel="#design", taskTitle="T", assignee="A", url="nowhere"
    )
    assert "Enter a web address, like https://example.com." in page
    assert "Write a message of at most 4,000 characters." in await refused(ada, "message", channel="#design")
    for status, body, words in (
        (200, {"ok": False, "error": "not_in_channel"}, "/invite @FluxStudio"),
        (429, None, "Try again in"),
        (503, None, "Try again in a minute."),
        (403, None, "Slack"),
    ):
        await running.services.db.execute("DELETE FROM provider_budgets")
        running.simulators["slack"].faults.active.append(
            Fault(match="chat.postMessage|conversations.join", status=status, body=body)
        )
        page = await refused(ada, "message", channel="#brand", text="Not lost")
        running.simulators["slack"].faults.active.clear()
        assert "Not lost</textarea>" in page, status
        assert words in page[page.index("result-bad") :], page[page.index("result-bad") :][:300]
    assert (await ada.open(f"{COMPOSE}/nothing")).status_code == 404


async def test_a_file_is_shared_by_a_plain_form_and_an_empty_one_is_refused(
    running: Running, ada: Browser
) -> None:
    form = form_to((await ada.open(f"{COMPOSE}/file?to=%23design")).text, "/compose/file")
    assert form.fields["channel"] == "#design"
    fields = {**form.fields, "comment": "For <you>"}
    del fields["file"]
    answer = await ada.client.post(form.action, data=fields, files={"file": ("empty.txt", b"", "text/plain")})
    assert "Choose a file first." in answer.text
    assert "For &lt;you&gt;</textarea>" in answer.text
    shared = await ada.client.post(
        form.action, data=fields, files={"file": ("tide.txt", b"high", "text/plain")}
    )
    assert "Sent to #design." in shared.text, shared.text
    assert "tide.txt" in messages(running)
    stranger = await ada.client.post(
        form.action, data={**fields, "csrf": "wrong"}, files={"file": ("a.txt", b"a", "text/plain")}
    )
    assert stranger.status_code == 403


async def test_private_channels_are_listed_for_the_people_who_are_in_them(
    running: Running, ada: Browser
) -> None:
    data = running.simulators["slack"].world.data["channels"]
    private = next(channel for channel in data.values() if channel["is_private"])
    everybody = re.findall(r'id="channel-([A-Z0-9]+)"', (await ada.open(f"{CHANNELS}?part=results")).text)
    shown = (await ada.open(f"{CHANNELS}?{urlencode({'part': 'results', 'show': 'private'})}")).text
    listed = re.findall(r'id="channel-([A-Z0-9]+)"', shown)
    assert set(listed) <= set(everybody)
    assert all(data[channel]["is_private"] for channel in listed)
    people = await running.services.db.fetch("SELECT person FROM connections WHERE person IS NOT NULL")
    mine = {row["person"] for row in people}
    assert (private["id"] in everybody) == bool(mine & set(private["members"]))
    member = (await ada.open(f"{CHANNELS}?{urlencode({'part': 'results', 'show': 'member'})}")).text
    assert member.count("FluxStudio is a member</span>") == member.count('id="channel-')


async def test_with_two_workspaces_every_page_names_the_one_it_writes_to(
    running: Running, ada: Browser
) -> None:
    client = await running.client("sam")
    connections = [await running.connect(client, "slack", choice=choice) for choice in await choices(running)]
    sam = await browser_of(running, client)
    pages = [
        (await sam.open(f"{COMPOSE}/message?connection={connection}")).text for connection in connections
    ]
    names = [re.search(r"Sent by FluxStudio to ([^<]+)\.</p>", unescape(page)) for page in pages]
    assert len({match[1] for match in names if match}) == 2
    for connection, page in zip(connections, pages, strict=True):
        assert form_to(page, "/compose/message").fields["connection"] == connection
    assert (await ada.open(f"{COMPOSE}/message?connection={connections[0]}")).status_code == 404


async def choices(running: Running) -> list[str]:
    """Two workspaces to install the app in."""
    return [choice.id for choice in running.simulators["slack"].choices()][:2]
