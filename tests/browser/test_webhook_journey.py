"""A webhook is added, shown to work, and removed; in any browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.journeys import connect, photograph
from tests.support.running import Running, Start

HERE = "/settings/webhooks"
REPOSITORY = "ada-park/sketchbook"


@pytest.fixture
async def demo(start: Start) -> Running:
    """The product as `make run` starts it, doing its jobs."""
    return await start(demo=True, maintenance=True)


async def add(page: Page) -> None:
    """Have GitHub tell of a repository, from the page of webhooks."""
    await page.goto(HERE)
    await page.get_by_role("link", name="Add a webhook for GitHub").click()
    await page.locator("input[name=where]").fill(REPOSITORY)
    await photograph(page, "webhook-new")
    await page.get_by_role("button", name="Add the webhook").click()
    await expect(page.get_by_text("Events will show up in Activity")).to_be_visible()


async def test_what_a_new_webhook_tells_is_seen_as_it_happens(demo: Running, open_page: OpenPage) -> None:
    page = await open_page(demo.base)
    await connect(page, "GitHub", choice="ada-park")
    await add(page)
    async with page.expect_response("**/api/events/stream"):
        await page.get_by_role("link", name="Activity").first.click()
    demo.simulators["github"].happen({"event": "issues", "repository": REPOSITORY, "title": "Herons at dusk"})
    row = page.locator("[data-event]").first
    await expect(row).to_contain_text("Herons at dusk")
    await expect(row).to_contain_text("Handled")
    await page.goto(HERE)
    await expect(page.get_by_text("last event")).to_be_visible()
    await photograph(page, "webhooks")


async def test_a_webhook_is_removed_in_a_dialog_that_keeps_by_default(
    demo: Running, open_page: OpenPage
) -> None:
    page = await open_page(demo.base)
    await connect(page, "GitHub", choice="ada-park")
    await add(page)
    opener = page.get_by_role("link", name=f"Remove the webhook of {REPOSITORY}")
    await opener.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    await photograph(page, "webhook-remove")
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await opener.click()
    await dialog.get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("The webhook is removed.")).to_be_visible()
    await expect(opener).to_be_hidden()


async def test_webhooks_work_without_javascript(demo: Running, open_page: OpenPage) -> None:
    page = await open_page(demo.base, java_script_enabled=False)
    await connect(page, "GitHub", choice="ada-park")
    await add(page)
    await page.get_by_role("link", name=f"Remove the webhook of {REPOSITORY}").click()
    await page.get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("The webhook is removed.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_activity_and_webhooks_fit_a_phone(demo: Running, open_page: OpenPage, scheme: str) -> None:
    page = await open_page(
        demo.base, viewport={"width": 390, "height": 844}, color_scheme=scheme, has_touch=True
    )
    await connect(page, "GitHub", choice="ada-park")
    await add(page)
    for path in (HERE, "/activity", "/activity?state=dead"):
        await page.goto(path)
        too_wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert too_wide <= 0, f"{path} scrolls sideways by {too_wide} px"
        cut = await page.evaluate(
            "[...document.querySelectorAll('.nav span')].filter(at => at.scrollWidth > at.clientWidth).length"
        )
        assert cut == 0, f"{cut} words of the navigation do not fit"
        await photograph(page, f"phone-{scheme}-{path.rsplit('/', 1)[1]}")
