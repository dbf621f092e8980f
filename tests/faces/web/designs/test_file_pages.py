"""A design file's page: what is in it, comments read and written, frames exported, and what watches it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest

from fluxstudio.sdk.simulation import Fault
from tests.conftest import NewDatabase
from tests.faces.conftest import UNLIMITED
from tests.support.browsing import Browser, browser_of, fresh_browser, page_of
from tests.support.forms import form_to, forms_of
from tests.support.long_lists import TEAM
from tests.support.running import Running, started

FILES = "/integrations/figma/files"
FILE = f"{FILES}/TidewaterBookingFlow01"
LIBRARY = f"{FILES}/DriftwoodComponents001"
API = ".*/v1/files/TidewaterBookingFlow01"
HOSTILE = "<img src=x onerror=alert(1)> & “quotes”"


@pytest.fixture(scope="module")
async def running(
    new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """Ada, who follows a team and has a workspace to tell of it."""
    async with started(await new_database(), tmp_path_factory.mktemp("home")) as start:
        product = await start(**UNLIMITED)
        client = await product.client()
        for provider in ("figma", "slack"):
            await product.connect(client, provider)
        assert (await client.post("/api/integrations/figma/teams", json={"url": TEAM})).status_code == 200
        yield product


@pytest.fixture
async def ada(running: Running) -> Browser:
    return await fresh_browser(running)


async def test_a_file_is_shown_with_its_preview_last_change_comments_and_budget(ada: Browser) -> None:
    listed = await page_of(ada, FILES)
    assert re.search(r'class="tile" href="/integrations/figma/files/TidewaterBookingFlow01', listed)
    page = await page_of(ada, FILE)
    assert "Preview of Tidewater · Booking flow" in page
    assert re.search(r"Last change</dt><dd><time.*?</time> by Tomas Ruiz", page)
    assert "The button jumps when the tide card grows." in page
    assert "20 of 20 full file reads left this minute" in page
    assert "Updated <time" in page
    assert "/design/TidewaterBookingFlow01" in page


async def test_each_tab_shows_what_the_file_has(ada: Browser) -> None:
    versions = await page_of(ada, f"{FILE}/versions")
    assert "?version-id=" in versions
    assert re.search(r"<summary>.*?\d+ autosaves by [^<]+</span></summary>", versions)
    assert "Autosave" in versions
    components = await page_of(ada, f"{LIBRARY}/components")
    assert "Button/Primary" in components
    result = await page_of(ada, f"{LIBRARY}/components", q="danger")
    assert ("Button/Danger" in result, "Button/Primary" in result) == (True, False)
    assert "1 component matches “danger”" in result
    styles = await page_of(ada, f"{FILES}/DriftwoodFoundations01/styles")
    assert ">Colors</h2>" in styles
    assert "No styles published" in await page_of(ada, f"{FILE}/styles")
    assert (await ada.open(f"{FILE}/nothing")).status_code == 404


async def test_a_frame_is_exported_as_png_and_svg_and_the_budget_says_what_it_cost(ada: Browser) -> None:
    page = await page_of(ada, f"{FILE}/export")
    frame = re.search(r'<option value="([^"]+)"[^>]*>Pick a day \(', page)
    assert frame
    for kind in ("png", "svg"):
        page = await page_of(ada, f"{FILE}/export", frame=frame[1], format=kind, scale="2")
        assert f"Open {kind.upper()}" in page
        assert re.search(r'<img src="http[^"]+" alt="Pick a day \(', page)
    assert re.search(r"1\d of 20 full file reads left this minute", page)
    unknown = await page_of(ada, f"{FILE}/export", frame="9:9", format="bmp", scale="900")
    assert "Choose a frame to see it here." in unknown


async def test_a_comment_and_a_reply_are_written_from_the_page(running: Running, ada: Browser) -> None:
    page = await page_of(ada, FILE)
    answer = await ada.send_form(form_to(page, "/comments"), message=HOSTILE)
    assert answer.status_code == 303
    assert "#comment-" in answer.headers["location"]
    raw = (await ada.open(f"{FILE}?part=results")).text
    assert "<img src=x" not in raw
    assert HOSTILE in unescape(raw)
    reply = next(form for form in forms_of(raw) if form.fields.get("comment_id"))
    assert (await ada.send_form(reply, message="It is fixed now")).status_code == 303
    page = await page_of(ada, FILE)
    thread = page[page.index(HOSTILE) :]
    assert "It is fixed now" in thread[: thread.index("</details>")]


async def test_what_was_written_is_kept_where_it_cannot_be_sent(running: Running, ada: Browser) -> None:
    simulator = running.simulators["figma"]
    page = await page_of(ada, FILE)
    form = form_to(page, "/comments")
    reply = next(entry for entry in forms_of(page) if entry.fields.get("comment_id"))
    assert "Write a comment first." in (await ada.send_form(form, message="  ")).text
    assert (
        "Shorten the comment to 10,000 characters." in (await ada.send_form(form, message="x" * 10_001)).text
    )
    for status, words in ((403, "Figma"), (404, "Figma"), (429, "asks us to wait"), (500, "Figma")):
        await running.services.db.execute("DELETE FROM provider_budgets")
        simulator.faults.active.append(Fault(match=f"POST {API}/comments$", status=status))
        stored = unescape((await ada.send_form(reply, message="Not lost")).text)
        assert re.search(r'aria-invalid="true"[^>]*>\nNot lost</textarea>', stored), status
        assert words in stored[stored.index("field-error") :]
        simulator.faults.active.clear()


async def test_a_file_that_cannot_be_read_says_so_with_the_way_on(running: Running, ada: Browser) -> None:
    missing = await page_of(ada, f"{FILES}/NoSuchFile")
    assert "banner-attention" in missing
    assert "<title>Design file" in missing
    assert (await ada.open(f"{FILES}/..%2f..%2fme?part=results")).status_code in {200, 404}
    simulator = running.simulators["figma"]
    simulator.faults.active.append(Fault(match=f"GET {API}/versions", status=503))
    page = await page_of(ada, f"{FILE}/versions")
    simulator.faults.active.clear()
    assert "Tidewater · Booking flow</h1>" in page
    assert "Try again in a minute." in page


async def test_a_slow_provider_leaves_a_skeleton_that_asks_again(running: Running, ada: Browser) -> None:
    faults = running.simulators["figma"].faults.active
    faults.append(Fault(match=f"GET {API}/comments", kind="latency", delay=1))
    skeleton = unescape((await ada.open(FILE)).text)
    faults.clear()
    pending = re.search(r'aria-busy="true" hx-get="([^"]+)"', skeleton)
    assert pending
    assert f'<noscript><p><a class="button button-quiet" href="{pending[1]}">' in skeleton
    assert "The button jumps" in (await ada.open(pending[1])).text


async def test_deleted_people_missing_pictures_and_strange_names_do_no_harm(
    running: Running, ada: Browser
) -> None:
    simulator = running.simulators["figma"]
    nobody = {"name": HOSTILE, "last_touched_by": None, "thumbnail_url": None, "last_touched_at": "never"}
    comments = [
        {"id": "1", "message": "By nobody", "user": None, "created_at": "2026-11-20T10:00:00Z"},
        {
            "id": "2",
            "parent_id": "404",
            "message": "Reply to a deleted comment",
            "user": {},
            "created_at": None,
        },
    ]
    simulator.faults.active.append(Fault(match=f"{API}/meta", status=200, body={"file": nobody}))
    simulator.faults.active.append(Fault(match=f"{API}/comments", status=200, body={"comments": comments}))
    raw = (await ada.open(f"{FILE}?part=results")).text
    simulator.faults.active.clear()
    assert "<img src=x" not in raw
    assert "Deleted user" in raw
    assert "Reply to a deleted comment" in raw
    assert HOSTILE in unescape(raw)


async def test_watch_leads_to_an_automation_with_the_file_chosen_and_shows_it_afterwards(
    running: Running, ada: Browser
) -> None:
    page = await page_of(ada, FILE)
    assert "Nothing yet" in page
    watch = re.search(r'class="button button-primary" href="([^"]+)"', page)
    assert watch
    form = form_to((await ada.open(f"{watch[1]}&part=form")).text, "/comment-to-channel")
    assert form.fields["file"] == "TidewaterBookingFlow01"
    made = await ada.send_form(form, channel="#design", then="keep")
    assert made.status_code == 303, made.text
    page = await page_of(ada, FILE)
    assert "Comments to a channel: Tidewater · Booking flow</a>" in page
    assert made.headers["location"].partition("?")[0] in page


async def test_an_address_is_pasted_once_listed_sorted_unfollowed_and_followed_again(ada: Browser) -> None:
    page = await page_of(ada, FILES)
    assert "Following 1 team" in page
    answer = await ada.send_form(
        form_to(page, "/sources"), url="https://www.figma.com/design/PineLabsIcons000000001/Pine-icons"
    )
    page = unescape((await ada.open(f"{answer.headers['location']}&part=results")).text)
    assert "Added the file Pine icons." in page
    assert "Following 1 team, 1 file" in page
    edited = await page_of(ada, FILES, sort="edited")
    order = re.findall(r'class="tile-name">([^<]+)<', edited)
    assert order[0] == "Tidewater · Booking flow"
    assert sorted(order, key=str.lower) == re.findall(
        r'class="tile-name">([^<]+)<', await page_of(ada, FILES, sort="name")
    )
    own = await page_of(ada, f"{FILES}/PineLabsIcons000000001")
    answer = await ada.send_form(form_to(own, "/sources/remove"))
    page = unescape((await ada.open(f"{answer.headers['location']}&part=results")).text)
    assert "No longer following it." in page
    assert "Pine icons</span>" not in page
    undo = next(form for form in forms_of(page) if "PineLabsIcons" in form.fields.get("url", ""))
    await ada.send_form(undo)
    assert "Pine icons</span>" in await page_of(ada, FILES)


async def test_a_refresh_asks_again_and_a_stranger_sees_nothing(running: Running, ada: Browser) -> None:
    page = await page_of(ada, FILE)
    await running.services.db.execute("UPDATE provider_cache SET fetched_at = now() - interval '1 minute'")
    asked = len(running.seen("figma", f"GET {API}/comments"))
    answer = await ada.send_form(form_to(page, "/refresh"))
    assert answer.status_code == 303
    assert len(running.seen("figma", f"GET {API}/comments")) == asked + 1
    mei = await browser_of(running, await running.client("mei"))
    stranger = await page_of(mei, FILE)
    assert "Tidewater · Booking flow" not in stranger
    assert "Open Integrations" in stranger
