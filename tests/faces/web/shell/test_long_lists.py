"""Long lists: 50 rows, search and page in the address, one composer, Refresh."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import urlencode

import httpx2
import pytest

from tests.conftest import NewDatabase
from tests.faces.conftest import UNLIMITED
from tests.support.browsing import Browser, browser_of
from tests.support.forms import form_to
from tests.support.long_lists import TEAM, with_channels, with_files, with_repositories
from tests.support.running import Running, started

CHANNELS = "/integrations/slack/channels"
FILES = "/integrations/figma/files"
REPOSITORIES = "/integrations/github/repositories"
LARGEST_PAGE = 150_000


@pytest.fixture(scope="module")
async def running(
    new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """Ada, whose accounts hold a lot."""
    async with started(await new_database(), tmp_path_factory.mktemp("home")) as start:
        product = await start(**UNLIMITED)
        with_channels(product, 2000)
        with_files(product, 510)
        with_repositories(product, 1000)
        client = await product.client()
        for provider in ("slack", "figma", "github"):
            await product.connect(client, provider)
        answer = await client.post("/api/integrations/figma/teams", json={"url": TEAM})
        assert answer.status_code in {200, 201}, answer.text
        yield product


@pytest.fixture
async def ada(running: Running) -> Browser:
    return await browser_of(running, await running.client())


async def followed(browser: Browser, address: str) -> str:
    """Where a link leads, with its results in it."""
    return unescape((await browser.open(f"{address}&part=results")).text)


async def shown(browser: Browser, path: str, **query: str) -> str:
    """A page with its results in it."""
    answer = await browser.open(f"{path}?{urlencode({**query, 'part': 'results'})}")
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def count_of(page: str) -> str:
    match = re.search(r'<p class="count"[^>]*>(.*?)</p>', page)
    assert match, page
    return match[1]


def link(page: str, rel: str) -> str | None:
    match = re.search(rf'<a [^>]*rel="{rel}" href="([^"]+)"', page)
    return match[1] if match else None


@pytest.mark.parametrize(
    ("path", "row", "words"),
    [
        (CHANNELS, 'id="channel-', "1–50 of 2,008 channels"),
        (FILES, 'class="tile"', "1–50 of 517 files"),
        (REPOSITORIES, 'class="row repository"', "1–50 of more than 1,000 repositories"),
    ],
)
async def test_a_page_has_fifty_rows_however_long_the_list(
    ada: Browser, path: str, row: str, words: str
) -> None:
    page = await shown(ada, path)
    assert page.count(row) == 50
    assert count_of(page) == words
    assert len(page.encode()) <= LARGEST_PAGE


@pytest.mark.parametrize("path", [CHANNELS, FILES, REPOSITORIES])
async def test_pages_lead_on_and_back_by_links_that_can_be_shared(ada: Browser, path: str) -> None:
    page, seen = await shown(ada, path), []
    while True:
        seen.append(page)
        following = link(page, "next")
        if following is None or len(seen) == 3:
            break
        assert "part=" not in following
        page = await followed(ada, following)
    assert len(seen) == 3
    assert link(seen[0], "prev") is None
    back = link(seen[1], "prev")
    assert back is not None
    assert count_of(await followed(ada, back)) == count_of(seen[0])
    assert count_of(seen[1]).startswith("51–100 of ")
    assert "connection=" in back


async def test_the_last_page_holds_what_is_left_and_a_page_beyond_it_is_the_last(ada: Browser) -> None:
    for number in ("41", "999", "99999999999"):
        page = await shown(ada, CHANNELS, page=number)
        expected = "2,001–2,008 of 2,008 channels" if len(number) < 7 else "1–50 of 2,008 channels"
        assert count_of(page) == expected
    assert link(await shown(ada, CHANNELS, page="41"), "next") is None


@pytest.mark.parametrize(
    ("path", "search", "words"),
    [
        (CHANNELS, "c-12", "1–50 of 100 channels that match “c-12”"),
        (CHANNELS, "#design", "1 channel matches “#design”"),
        (CHANNELS, "  C-0001 ", "1 channel matches “C-0001”"),
        (FILES, "screen 04", "1–50 of 100 files that match “screen 04”"),
        (FILES, "driftwood", "2 files match “driftwood”"),
        (REPOSITORIES, "r-012", "10 repositories match “r-012”. Only the first 1,000 are searched."),
    ],
)
async def test_a_search_goes_through_the_whole_list(ada: Browser, path: str, search: str, words: str) -> None:
    page = await shown(ada, path, q=search)
    assert count_of(page) == words
    following = link(page, "next")
    if following is not None:
        assert "q=" in following
        assert "that match" in count_of(await followed(ada, following))


async def test_a_page_of_repositories_reads_little_of_each_and_the_api_gives_all(
    running: Running, ada: Browser
) -> None:
    page = await shown(ada, REPOSITORIES)
    brief, whole = await running.services.db.fetch(
        "SELECT length(body::text) AS size FROM provider_cache WHERE operation = 'github.repositories' "
        "ORDER BY length(body::text)"
    )
    assert brief["size"] * 4 < whole["size"]
    # What is shown is the brief form: a change to it shows, and the API does not know of it.
    await running.services.db.execute(
        "UPDATE provider_cache SET body = replace(body::text, '\"language\"', '\"lang\"')::jsonb, "
        "fetched_at = now() WHERE operation = 'github.repositories' AND length(body::text) = $1",
        brief["size"],
    )
    assert "TypeScript" in page
    assert "TypeScript" not in await shown(ada, REPOSITORIES)
    api = await (await running.client()).get("/api/integrations/github/repositories")
    assert (api.json()["cached"], api.json()["repositories"][0]["owner"]["id"] > 0) == (True, True)
    await older(running, 60)
    await refreshed(running, ada, REPOSITORIES)
    assert "TypeScript" in await shown(ada, REPOSITORIES), "both forms are renewed together"


async def test_nothing_that_matches_says_so(ada: Browser) -> None:
    for path in (CHANNELS, FILES, REPOSITORIES):
        page = await shown(ada, path, q="no such thing")
        assert "matches “no such thing”" in page


async def test_one_composer_sends_to_any_channel_without_a_script(running: Running, ada: Browser) -> None:
    page = await shown(ada, CHANNELS)
    assert page.count("<textarea") == 1
    assert page.count("<option") == 50
    form = form_to(page, "/message")
    answer = await ada.client.post(
        form.action, data={**form.fields, "channel": "#design", "text": "A test of one composer"}
    )
    assert "Sent to #design." in answer.text
    assert "A test of one composer" in str(running.simulators["slack"].world.data)


async def test_a_row_leads_to_the_composer_with_its_channel_filled_in(ada: Browser) -> None:
    page = await shown(ada, CHANNELS, q="design")
    match = re.search(r'href="([^"]+#composer)" data-compose="#design"', page)
    assert match
    filled = await followed(ada, match[1].partition("#")[0])
    assert re.search(r'<details class="composer" id="composer" open>', filled)
    assert form_to(filled, "/message").fields["channel"] == "#design"


async def test_what_is_wrong_with_a_message_stands_beside_it(ada: Browser) -> None:
    form = form_to(await shown(ada, CHANNELS), "/message")
    for channel, words in (
        ("", "Choose a channel"),
        ("#no-such-place", "#no-such-place"),
        ("a b", "Choose a"),
    ):
        answer = await ada.client.post(form.action, data={**form.fields, "channel": channel, "text": "Hi"})
        assert answer.status_code == 400
        composer = re.search(r'<details class="composer".*?</details>', unescape(answer.text), re.DOTALL)
        assert composer
        beside = re.search(r'class="(?:field-error|result )[^>]*>.*?</p>', composer[0], re.DOTALL)
        assert beside
        assert words in beside[0]


async def test_suggestions_are_fifty_at_most_and_found_by_a_few_letters(
    running: Running, ada: Browser
) -> None:
    async def asked(provider: str, ask: str, q: str) -> list[dict[str, str]]:
        answer = await ada.client.get(f"/integrations/{provider}/suggestions", params={"ask": ask, "q": q})
        result: list[dict[str, str]] = answer.json()["suggestions"]
        return result

    assert len(await asked("slack", "channel", "")) == 50
    assert await asked("slack", "channel", "#c-1999") == [{"value": "#c-1999", "words": "#c-1999"}]
    assert (await asked("slack", "channelId", "c-1999"))[0]["value"] == "C0LONG01999"
    assert (await asked("github", "repository", "r-0777"))[0]["value"].endswith("/r-0777")
    assert (await asked("figma", "file", "screen 0510"))[0]["value"] == "LongListFile00000510"
    assert await asked("slack", "nonsense", "") == []
    stranger = await Browser.new(running)
    assert (await stranger.client.get("/integrations/slack/suggestions?ask=channel")).status_code != 200


async def test_a_blank_with_thousands_of_answers_offers_fifty_and_takes_any(ada: Browser) -> None:
    page = unescape((await ada.open("/automations/gallery/comment-to-channel?part=form")).text)
    assert page.count("<option") <= 110
    assert 'data-suggest="/integrations/slack/suggestions?ask=channel' in page


async def refreshed(running: Running, browser: Browser, path: str) -> httpx2.Response:
    form = form_to(await shown(browser, path, q="tide", page="1"), "/refresh")
    return await browser.client.post(form.action, data=form.fields)


async def older(running: Running, seconds: int) -> None:
    """As if the kept answers had been given so much earlier."""
    await running.services.db.execute(
        "UPDATE provider_cache SET fetched_at = fetched_at - make_interval(secs => $1)", seconds
    )


@pytest.mark.parametrize(
    ("provider", "path", "request_seen"),
    [
        ("slack", CHANNELS, "conversations.list"),
        ("figma", FILES, "/v1/teams/.*/projects"),
        ("github", REPOSITORIES, "/user/repos"),
    ],
)
async def test_refresh_asks_the_provider_although_the_answer_is_fresh(
    running: Running, ada: Browser, provider: str, path: str, request_seen: str
) -> None:
    await shown(ada, path)
    await older(running, 60)
    before = len(running.seen(provider, request_seen))
    answer = await refreshed(running, ada, path)
    assert answer.status_code == 303
    assert "q=tide" in answer.headers["location"]
    asked = len(running.seen(provider, request_seen))
    assert asked > before
    assert "Updated" in await followed(ada, answer.headers["location"])
    # What is only seconds old is as good as new.
    assert (await refreshed(running, ada, path)).status_code == 303
    assert len(running.seen(provider, request_seen)) == asked


async def test_refresh_says_when_the_limit_is_used_up_and_shows_what_is_kept(
    running: Running, ada: Browser
) -> None:
    await shown(ada, CHANNELS)
    await older(running, 60)
    await running.services.db.execute(
        "INSERT INTO provider_budgets (grant_id, bucket, blocked_until) "
        "SELECT id, 'conversations.list', now() + interval '5 minutes' FROM oauth_tokens "
        "WHERE provider = 'slack' "
        "ON CONFLICT (grant_id, bucket) DO UPDATE SET blocked_until = excluded.blocked_until"
    )
    before = len(running.seen("slack", "conversations.list"))
    answer = await refreshed(running, ada, CHANNELS)
    await running.services.db.execute("DELETE FROM provider_budgets WHERE bucket = 'conversations.list'")
    assert answer.status_code == 200
    reason = re.search(r'class="freshness-reason"[^>]*>([^<]+)<', unescape(answer.text))
    assert reason
    assert re.search(r"limit|Try again", reason[1])
    assert "tidewater" in answer.text
    assert len(running.seen("slack", "conversations.list")) == before


async def test_another_account_cannot_be_refreshed_or_searched(running: Running) -> None:  # R26
    mei = await browser_of(running, await running.client("mei"))
    mine = await running.client()
    listed = (await mine.get("/api/integrations")).json()["integrations"]
    connection = next(entry["id"] for entry in listed if entry["provider"] == "slack")
    await mei.open("/settings/integrations")
    answer = await mei.send("/integrations/slack/refresh", list="channels", connection=connection)
    assert answer.status_code == 404
    result = await mei.client.get(
        "/integrations/slack/suggestions", params={"ask": "channel", "connection": connection}
    )
    assert result.json() == {"suggestions": []}


async def test_automations_come_fifty_to_a_page_and_are_found_by_name(running: Running) -> None:
    client = await running.client("priya")
    await client.get("/api/session")
    rule = {"when": {"schedule": "0 9 * * 1"}, "do": {"operation": "slack.message", "arguments": {}}}
    await running.services.db.execute(
        "WITH made AS (INSERT INTO automations (user_id, name, enabled) "
        "SELECT u.id, 'Rule ' || lpad(n::text, 3, '0'), false FROM users u, generate_series(1, 120) n "
        "WHERE u.email = 'priya@example.com' RETURNING id) "
        "INSERT INTO automation_versions (automation_id, version, definition) SELECT id, 1, $1 FROM made",
        rule,
    )
    browser = await browser_of(running, client)
    page = unescape((await browser.open("/automations")).text)
    assert (page.count('id="automation-'), count_of(page)) == (50, "1–50 of 120 automations")
    following = link(page, "next")
    assert following == "/automations?page=2"
    page = unescape((await browser.open("/automations?q=rule+11")).text)
    assert count_of(page) == "10 automations match “rule 11”"
    page = unescape((await browser.open("/automations?q=nothing+like+it")).text)
    assert "No automation matches “nothing like it”" in page
