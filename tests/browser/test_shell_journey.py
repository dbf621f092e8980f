"""What stands around every page, as people use it: search and the command palette."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_first_journey import HOME, connect, demo, photograph
from tests.support.axe import violations
from tests.support.running import Running

__all__ = ["demo"]

RULE: dict[str, Any] = {
    "name": "Comments to design",
    "definition": {
        "when": {"event": "figma.FILE_COMMENT"},
        "do": {"operation": "slack.message", "arguments": {"channel": "#design", "text": "A comment"}},
    },
}


async def add_rule(page: Page) -> str:
    """An automation of whoever uses the page; its id."""
    answer = await page.request.post("/api/automations", data=RULE, headers=await csrf(page))
    assert answer.ok, await answer.text()
    made: str = (await answer.json())["id"]
    return made


async def csrf(page: Page) -> dict[str, str]:
    """The header that proves a request comes from our own page."""
    token = await page.locator("input[name=csrf]").first.get_attribute("value")
    return {"x-csrf-token": token or ""}


async def test_the_palette_goes_anywhere_and_finds_everything_by_keyboard(
    demo: Running, open_page: OpenPage
) -> None:
    page = await open_page(demo.base)
    for name in ("Figma", "GitHub", "Slack"):
        await connect(page, name)
    field, options = page.get_by_role("combobox", name="Search pages"), page.get_by_role("option")
    # What has never been read is asked for, and there at the next look.
    await page.goto("/search?q=design")
    await page.goto(HOME)

    await page.keyboard.press("Control+k")
    await expect(field).to_be_focused()
    await expect(options.filter(has_text="Activity")).to_be_visible()
    assert await violations(page) == []
    await photograph(page, "palette")
    await field.fill("design")
    channel = options.filter(has_text="#design").first
    await expect(channel).to_be_visible()
    assert await violations(page) == []
    await photograph(page, "palette-design")
    for _ in range(30):
        chosen = page.locator(f"#{await field.get_attribute('aria-activedescendant')}")
        await expect(chosen).to_have_attribute("aria-selected", "true")
        if "#design" in await chosen.inner_text():
            break
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/integrations/slack/channels.*q=%23design"))
    await expect(page.get_by_text("1 channel matches “#design”")).to_be_visible()

    # What is typed counts, also where Enter comes before the answer.
    await page.keyboard.press("/")
    await expect(field).to_be_focused()
    await field.press_sequentially("activity")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Activity", level=1)).to_be_visible()

    # A slash in a field is a slash, and Escape leaves the focus where it was.
    box = page.get_by_role("searchbox").first
    await box.fill("a")
    await page.keyboard.press("/")
    await expect(field).to_be_hidden()
    await page.keyboard.press("Control+k")
    await expect(field).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(box).to_be_focused()


async def test_search_without_javascript_finds_the_same(demo: Running, open_page: OpenPage) -> None:
    page = await open_page(demo.base, java_script_enabled=False, viewport={"width": 390, "height": 844})
    await connect(page, "Slack")
    await page.get_by_role("link", name="Search").click()
    await page.get_by_role("searchbox").fill("design")
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_role("link", name="#design", exact=True)).to_be_visible()
    await photograph(page, "search-phone")
    await page.get_by_role("searchbox").fill("sign out")
    await page.get_by_role("button", name="Search").click()
    await page.locator("#results").get_by_role("button", name="Sign out").click()
    await expect(page).to_have_url(re.compile("/sign-in|/demo"))
