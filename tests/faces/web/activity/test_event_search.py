"""Activity is searched by the words that it shows, in what somebody may see and nothing else."""

from __future__ import annotations

import re

import httpx2
import pytest

from fluxstudio.flows import directory
from tests.faces.web.activity.pages import HERE, connected, following, shown
from tests.support.browsing import browser_of, words
from tests.support.receiving import arrived, send, team_of
from tests.support.running import Running
from tests.support.webhooks import github_event

EVENTS = "/api/webhooks/events"
LIMIT = "fluxstudio.flows.webhooks.search.MAX_SEARCHED_EVENTS"
BATCH = "fluxstudio.flows.webhooks.search.SEARCH_BATCH_SIZE"


async def matches(client: httpx2.AsyncClient, q: str, **further: str) -> list[str]:
    answer = await client.get(EVENTS, params={"q": q, **further})
    assert answer.status_code == 200, answer.text
    return [event["id"] for event in answer.json()["events"]]


async def test_events_are_found_by_sentence_type_provider_and_account(running: Running) -> None:
    admin = await running.client("root", role="admin")
    team = await team_of(running, await running.connect(admin, "slack"))
    calm = str(await arrived(running, team=team, text="The tide table is CALM"))
    storm = str(await arrived(running, team=team, text="Storm ahead"))
    await send(await running.client(None), "github", github_event("pull_request", {"action": "opened"}))
    assert await matches(admin, "calm tide") == [calm]
    assert await matches(admin, "harbour") == [storm, calm]
    assert len(await matches(admin, "pull request github")) == 1
    assert await matches(admin, "slack", type="pull_request") == []
    assert await matches(admin, "calm storm") == []
    assert (await admin.get(EVENTS, params={"q": "x" * 101})).status_code == 400


async def test_a_search_finds_nothing_of_others(running: Running) -> None:  # R26
    ada, mei = await running.client("ada"), await running.client("mei")
    team = await team_of(running, await running.connect(ada, "slack"))
    mine = str(await arrived(running, team=team, text="The tide table is calm"))
    await arrived(running, team="T0ELSEWHERE", text="The tide table is calm")
    assert await matches(ada, "calm") == [mine]
    assert await matches(mei, "calm") == []


async def test_events_are_found_by_the_names_that_stand_in_them(running: Running) -> None:
    ada = await running.client("ada")
    team = await team_of(running, await running.connect(ada, "slack"))
    event = str(await arrived(running, team=team, channel_type="channel"))
    assert await matches(ada, "#design") == []
    await directory.look_up(running.services)
    assert await matches(ada, "#design") == [event]


async def test_a_search_looks_at_so_many_events_and_goes_on_from_there(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LIMIT, 2)
    monkeypatch.setattr(BATCH, 1)
    admin = await running.client("root", role="admin")
    oldest = str(await arrived(running, text="Needle"))
    hay = [str(await arrived(running, text="Hay")) for _ in range(3)]
    first = (await admin.get(EVENTS, params={"q": "needle"})).json()
    assert (first["events"], first["nextCursor"]) == ([], hay[1])
    rest = (await admin.get(EVENTS, params={"q": "needle", "cursor": hay[1]})).json()
    assert [event["id"] for event in rest["events"]] == [oldest]

    browser = await browser_of(running, admin)
    page = await browser.open(f"{HERE}?q=needle")
    assert shown(page) == []
    assert "Searched back to" in words(page.text)
    assert shown(await browser.open(following(page, "Search older events"))) == [oldest]


async def test_matches_come_in_pages_without_one_twice_or_missing(running: Running) -> None:
    admin = await running.client("root", role="admin")
    calm = [str(await arrived(running, text=f"{word} sea")) for word in ("Calm", "Calm", "Rough", "Calm")]
    seen, cursor = list[str](), dict[str, str]()
    for _ in range(4):
        page = (await admin.get(EVENTS, params={"q": "calm", "limit": "1", **cursor})).json()
        seen += [event["id"] for event in page["events"]]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert seen == [calm[3], calm[1], calm[0]]


async def test_the_page_is_searched_by_a_form_and_stays_narrowed(running: Running) -> None:
    ada, team = await connected(running)
    calm = str(await arrived(running, team=team, text="The tide table is calm"))
    await arrived(running, team=team, text="Storm ahead")
    [form] = re.findall(r'<form class="filter".*?</form>', (await ada.open(f"{HERE}?from=slack")).text, re.S)
    assert f'method="get" action="{HERE}"' in form
    assert '<input type="hidden" name="from" value="slack">' in form
    assert "hx-" not in form
    assert "no-js" not in form
    page = await ada.open(f"{HERE}?from=slack&q=tide")
    assert shown(page) == [calm]
    assert 'value="tide"' in page.text
    assert following(page, "Handled") == f"{HERE}?from=slack&state=handled&q=tide"
    nothing = await ada.open(f"{HERE}?q=<b>submarine</b>")
    assert "Nothing matches “<b>submarine</b>”" in words(nothing.text)
    assert "<b>submarine" not in nothing.text
