"""A long list in a browser: a search, the next page, and the way back."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.journeys import HOME, card, connect
from tests.support.long_lists import with_channels
from tests.support.running import Running


async def test_a_search_and_a_page_are_in_the_address_and_back_leads_back(
    demo: Running, open_page: OpenPage
) -> None:
    with_channels(demo, 300)
    page = await open_page(demo.base)
    await page.goto(HOME)
    await connect(page, "Slack")
    await page.goto(HOME)
    await card(page, "Slack").get_by_role("link", name="Channels").click()
    rows, count = page.locator("#results .channel"), page.locator("#results .count")
    await expect(count).to_have_text(re.compile(r"^1–50 of 30\d channels$"))
    await expect(rows).to_have_count(50)
    await page.get_by_role("searchbox", name="Find a channel").fill("c-01")
    await expect(count).to_have_text("1–50 of 100 channels that match “c-01”")
    await expect(page).to_have_url(re.compile(r"q=c-01"))
    await page.get_by_role("link", name="Next").click()
    await expect(count).to_have_text("51–100 of 100 channels that match “c-01”")
    await expect(page).to_have_url(re.compile(r"q=c-01.*page=2|page=2.*q=c-01"))
    await page.go_back()
    await expect(count).to_have_text("1–50 of 100 channels that match “c-01”")
    await expect(page.get_by_role("searchbox", name="Find a channel")).to_have_value("c-01")
    await page.get_by_role("button", name="Refresh").click()
    await expect(page.get_by_text("Updated just now")).to_be_visible()
    await expect(count).to_have_text("1–50 of 100 channels that match “c-01”")
