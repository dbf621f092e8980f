"""A repository's page: its lists, its issues read and written, and whether it sends its events."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest

from fluxstudio.sdk.simulation import Fault
from tests.conftest import NewDatabase
from tests.faces.conftest import UNLIMITED
from tests.support.browsing import Browser, browser_of, fresh_browser, page_of
from tests.support.forms import form_to
from tests.support.running import Running, started

REPOSITORIES = "/integrations/github/repositories"
REPO = f"{REPOSITORIES}/harbour-pine/tidewater-web"
OWN = f"{REPOSITORIES}/ada-park/sketchbook"
API = ".*/repos/harbour-pine/tidewater-web"
HOSTILE = "<script>alert(1)</script> & “quotes”"


@pytest.fixture(scope="module")
async def running(
    new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """Ada, who administers one repository and only reads others."""
    async with started(await new_database(), tmp_path_factory.mktemp("home")) as start:
        product = await start(**UNLIMITED)
        await product.connect(await product.client(), "github")
        yield product


@pytest.fixture
async def ada(running: Running) -> Browser:
    return await fresh_browser(running)


async def test_each_list_of_a_repository_has_a_page(ada: Browser) -> None:
    listed = await page_of(ada, REPOSITORIES)
    assert 'href="/integrations/github/repositories/harbour-pine/tidewater-web?connection=' in listed
    page = await page_of(ada, REPO)
    assert "Booking summary shows two different totals" in page
    assert "Default branch</dt>" in page
    assert "Seen as ada-park." in page
    closed = await page_of(ada, REPO, state="closed")
    assert "Date picker jumps to today" in closed
    assert "Booking summary shows two different totals" not in closed
    assert "/pull/" in await page_of(ada, f"{REPO}/pulls", state="closed")
    assert re.search(r"/commit/[0-9a-f]{40}", await page_of(ada, f"{REPO}/commits"))
    assert "/tree/main" in await page_of(ada, f"{REPO}/branches")
    assert (await ada.open(f"{REPO}/nothing")).status_code == 404


async def test_an_issue_is_created_commented_closed_and_reopened(running: Running, ada: Browser) -> None:
    created = await ada.send_form(
        form_to(await page_of(ada, REPO), "/issues"), title=HOSTILE, body="* one\n* `two`"
    )
    assert created.status_code == 303, created.text
    issue = created.headers["location"].partition("?")[0]
    raw = (await ada.open(f"{issue}?part=results")).text
    assert "<script>alert" not in raw
    assert HOSTILE in unescape(raw)
    assert "<li><p>one</p></li>" in raw
    comment = await ada.send_form(
        form_to(raw, "/comments"), body="**Bold** [x](javascript:alert(1)) <b>raw</b>"
    )
    assert re.search(r"#comment-\d+$", comment.headers["location"])
    raw = (await ada.open(f"{issue}?part=results")).text
    assert "<strong>Bold</strong>" in raw
    assert 'href="javascript' not in raw
    for state, word in (("closed", "Reopen issue"), ("open", "Close issue")):
        changed = await ada.send_form(form_to(raw, "/state"), state=state)
        assert changed.status_code == 303, changed.text
        raw = (await ada.open(f"{issue}?part=results")).text
        assert word in raw
    assert HOSTILE in await page_of(ada, REPO)


async def test_what_was_written_is_kept_where_it_cannot_be_sent(running: Running, ada: Browser) -> None:
    faults = running.simulators["github"].faults.active
    page = await page_of(ada, REPO)
    empty = (await ada.send_form(form_to(page, "/issues"), title=" ", body="Not lost")).text
    assert "Give it a title" in empty
    assert "Not lost</textarea>" in empty
    issue = await page_of(ada, f"{REPO}/issues/9")
    for status in (403, 404, 429, 500):
        await running.services.db.execute("DELETE FROM provider_budgets")
        faults.append(Fault(match=f"POST {API}/issues", status=status, body={"message": "No"}))
        stored = unescape(
            (await ada.send_form(form_to(page, "/issues"), title="Not lost", body="Nor this")).text
        )
        assert 'value="Not lost"' in stored, status
        assert "Nor this</textarea>" in stored
        assert "GitHub" in stored[stored.index("field-error") :]
        stored = unescape((await ada.send_form(form_to(issue, "/comments"), body="Not lost either")).text)
        faults.clear()
        assert "Not lost either</textarea>" in stored, status
        assert "GitHub" in stored[stored.index("field-error") :]
    assert "Write a comment first." in (await ada.send_form(form_to(issue, "/comments"), body=" ")).text


async def test_live_events_are_switched_on_and_off_with_their_health(running: Running, ada: Browser) -> None:
    assert "Only the repository’s admins can turn on live events." in await page_of(ada, REPO)
    page = await page_of(ada, OWN)
    assert 'aria-checked="false"' in page
    answer = await ada.send_form(form_to(page, "/events"))
    assert answer.status_code == 303, answer.text[answer.text.index("field-error") :][:400]
    page = await page_of(ada, OWN)
    assert 'aria-checked="true"' in page
    assert "Active" in page
    hooks = await (await running.client()).get(
        "/api/integrations/github/repositories/ada-park/sketchbook/hooks"
    )
    assert len(hooks.json()["hooks"]) >= 1
    assert (await ada.send_form(form_to(page, "/events"))).status_code == 303
    assert 'aria-checked="false"' in await page_of(ada, OWN)
    running.simulators["github"].faults.active.append(
        Fault(match="POST .*/repos/ada-park/sketchbook/hooks", status=404)
    )
    refused = unescape((await ada.send_form(form_to(page, "/events"), on="yes")).text)
    assert "GitHub" in refused[refused.index("field-error") :]


async def test_ghosts_nulls_and_strange_shapes_do_no_harm(running: Running, ada: Browser) -> None:
    faults = running.simulators["github"].faults.active
    issue = {"number": 5, "title": None, "user": None, "body": None, "labels": ["plain", {"name": None}]}
    commit = {"sha": "a" * 40, "commit": {"message": "", "author": None}, "author": None}
    faults.append(Fault(match=f"GET {API}/issues/5$", status=200, body=issue))
    faults.append(
        Fault(match=f"GET {API}/issues/5/comments", status=200, body=[issue | {"body": "x" * 65_000}])
    )
    faults.append(Fault(match=f"GET {API}/issues$", status=200, body=[issue]))
    faults.append(Fault(match=f"GET {API}/commits", status=200, body=[commit]))
    page = await page_of(ada, f"{REPO}/issues/5")
    assert "ghost" in page
    assert "No description." in page
    assert "Read the rest" in page
    assert "#5 by ghost" in await page_of(ada, REPO)
    assert "No message" in await page_of(ada, f"{REPO}/commits")


async def test_what_cannot_be_read_says_so_and_a_stranger_sees_nothing(
    running: Running, ada: Browser
) -> None:
    for path in (f"{REPOSITORIES}/harbour-pine/no-such", f"{REPO}/issues/9999", f"{REPOSITORIES}/%2e%2e/x"):
        assert "banner-attention" in await page_of(ada, path), path
    running.simulators["github"].faults.active.append(Fault(match=f"GET {API}/pulls", status=503))
    page = await page_of(ada, f"{REPO}/pulls")
    assert "Try again in a minute." in page
    assert "Default branch</dt>" in page
    mei = await browser_of(running, await running.client("mei"))
    stranger = await page_of(mei, REPO)
    assert "Booking summary" not in stranger
    assert "Open Integrations" in stranger
