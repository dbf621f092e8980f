"""What happens at the providers turns up for whoever looks, where it does not get in their way."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.async_api import Locator, Page, expect

from fluxstudio.core.jobs import queue
from fluxstudio.flows.webhooks.process import Processing
from tests.browser.conftest import OpenPage
from tests.browser.journeys import connect, photograph
from tests.support.receiving import broken, send
from tests.support.running import Running, Start
from tests.support.webhooks import slack_event

ACCOUNT = "SELECT account_id FROM oauth_tokens WHERE provider = 'slack'"
LATEST = "SELECT max(id::text) FROM integration_webhooks"


@pytest.fixture
async def working(start: Start) -> Running:
    """The product as `make run` starts it, doing its jobs."""
    return await start(demo=True, maintenance=True)


@pytest.fixture
async def idle(start: Start) -> Running:
    """The product as `make run` starts it, with nobody who handles events."""
    return await start(demo=True)


async def happen(running: Running, words: str) -> None:
    """Somebody writes in the workspace that is connected."""
    team = await running.services.db.fetchval(ACCOUNT)
    request = slack_event(team=team, text=words)
    assert (await send(await running.client(None), "slack", request)).status_code == 200


async def give_up(running: Running) -> None:
    """Fail at the latest event for the last time."""
    db = running.services.db
    latest = UUID(await db.fetchval(LATEST))
    await db.execute(
        "UPDATE integration_webhooks SET attempts = $2 WHERE id = $1", latest, queue.MOST_ATTEMPTS - 1
    )
    await Processing(running.services, broken).event(latest)


async def following(page: Page, path: str = "/activity") -> None:
    """Open a page and wait until it hears what happens."""
    async with page.expect_response("**/api/events/stream"):
        await page.goto(path)


def rows(page: Page) -> Locator:
    return page.locator("[data-event]")


async def test_what_happens_appears_by_itself_and_says_what_came_of_it(
    working: Running, open_page: OpenPage
) -> None:
    page = await open_page(working.base)
    await connect(page, "Slack")
    await following(page)
    await expect(page.get_by_text("Nothing has happened yet")).to_be_visible()
    await happen(working, "The tide table is calm")
    first = rows(page).first
    await expect(first).to_contain_text("The tide table is calm")
    await expect(first).to_contain_text("Handled")
    await happen(working, "And the ferry is on time")
    await expect(rows(page)).to_have_count(2)
    await expect(first).to_contain_text("And the ferry is on time")
    await photograph(page, "activity")


async def test_what_is_pointed_at_stays_where_it_is_until_one_asks(
    idle: Running, open_page: OpenPage
) -> None:
    page = await open_page(idle.base)
    await connect(page, "Slack")
    await happen(idle, "The first")
    await following(page)
    await rows(page).first.hover()
    before = await rows(page).first.bounding_box()
    await happen(idle, "The second")
    offer = page.get_by_role("button", name="1 new event")
    await expect(offer).to_be_visible()
    await expect(rows(page)).to_have_count(1)
    assert await rows(page).first.bounding_box() == before
    await photograph(page, "activity-offer")
    await offer.click()
    await expect(rows(page)).to_have_count(2)
    await expect(rows(page).first).to_contain_text("The second")
    await expect(offer).to_be_hidden()
    focused = await page.evaluate("document.activeElement.textContent")
    assert "The second" in focused


async def test_what_was_given_up_on_is_replayed_from_the_page(working: Running, open_page: OpenPage) -> None:
    page = await open_page(working.base)
    await connect(page, "Slack")
    await following(page)
    for words in ("The first", "The second"):
        await happen(working, words)
        await expect(rows(page).filter(has_text=words)).to_contain_text("Handled")
        await working.services.db.execute(
            "UPDATE integration_webhooks SET status = 'failed' WHERE id::text = (" + LATEST + ")"
        )
        await give_up(working)
    await page.goto("/activity?state=dead")
    await expect(rows(page)).to_have_count(2)
    await page.get_by_role("link", name="Replay all 2 events").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Replay 2 events?")
    await photograph(page, "activity-replay")
    await dialog.get_by_role("button", name="Replay 2 events").click()
    await expect(page.get_by_text("Replaying 2 events.")).to_be_visible()
    for row in (rows(page).first, rows(page).last):
        await expect(row).to_contain_text("Handled")
        await expect(row).not_to_contain_text("Replaying")


async def test_an_event_says_on_its_own_page_when_it_was_handled(
    working: Running, open_page: OpenPage
) -> None:
    page = await open_page(working.base)
    await connect(page, "Slack")
    await following(page)
    await happen(working, "The only one")
    await rows(page).first.click()
    await expect(page.get_by_text("Attempt 1 succeeded")).to_be_visible()
    await page.get_by_role("button", name="Replay").click()
    await expect(page.get_by_text("Replaying 1 event.")).to_be_visible()
    await expect(page.get_by_text("Attempt 1 succeeded")).to_be_visible()
    await expect(page.locator("[data-live-part=sum]")).to_contain_text("Handled")


async def test_replay_works_without_javascript(idle: Running, open_page: OpenPage) -> None:
    page = await open_page(idle.base, java_script_enabled=False)
    await connect(page, "Slack")
    await happen(idle, "The only one")
    await give_up(idle)
    await page.goto("/activity?state=dead")
    await page.get_by_role("link", name="Replay 1 event").click()
    await expect(page.get_by_text("1 event failed after every retry")).to_be_visible()
    await photograph(page, "activity-replay-page")
    await page.get_by_role("button", name="Replay 1 event").click()
    await expect(page.get_by_text("Replaying 1 event.")).to_be_visible()
    await expect(rows(page).first).to_contain_text("Replaying")
