"""What stands around every page, as people use it: search and the command palette."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.journeys import HOME, connect, connect_by_hand, photograph
from tests.support.axe import violations
from tests.support.running import Running

RULE: dict[str, Any] = {
    "name": "Posts to design",
    "definition": {
        "when": {"event": "slack.message"},
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
    await page.goto(HOME)
    await page.get_by_role("link", name="Search").click()
    await page.get_by_role("searchbox").fill("design")
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_role("link", name="#design", exact=True)).to_be_visible()
    await photograph(page, "search-phone")
    await page.get_by_role("searchbox").fill("sign out")
    await page.get_by_role("button", name="Search").click()
    await page.locator("#results").get_by_role("button", name="Sign out").click()
    await expect(page).to_have_url(re.compile("/sign-in|/demo"))


async def test_what_was_done_is_said_once_and_can_be_taken_back(demo: Running, open_page: OpenPage) -> None:
    page = await open_page(demo.base, timezone_id="Europe/Lisbon")
    await page.goto("/")
    toast = page.locator(".toast")
    await page.get_by_role("button", name="Hide").click()
    await expect(toast).to_contain_text("First steps hidden.")
    assert await violations(page) == []
    await expect(page).to_have_url(f"{demo.base}/")
    await toast.get_by_role("button", name="Undo").click()
    await expect(page.get_by_text("0 of 4 done")).to_be_visible()

    await connect_by_hand(page, "Slack")
    await expect(page).to_have_url(f"{demo.base}{HOME}")
    made = await add_rule(page)
    await page.goto("/automations")
    await page.get_by_role("switch", name="Posts to design").click()
    await expect(toast).to_contain_text("“Posts to design” is off.")
    await toast.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("switch", name="Posts to design")).to_have_attribute("aria-checked", "true")
    await page.goto(f"/automations/{made}/delete")
    await page.get_by_role("main").get_by_role("button", name=re.compile("Delete")).click()
    await expect(toast).to_contain_text("Automation deleted.")
    await toast.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("switch", name="Posts to design")).to_have_attribute("aria-checked", "true")

    # Times are offered in the browser's own zone.
    await page.goto("/automations/new")
    await page.get_by_role("combobox", name="Trigger").fill("schedule")
    await page.keyboard.press("Enter")
    await expect(page.locator("select[name='when.timeZone']")).to_have_value("Europe/Lisbon")

    # A form that comes back with what is wrong is no form to send once more.
    page = await page.context.new_page()
    await page.goto("/settings/account/access-tokens/new")
    await page.get_by_label("Name").fill("Release")
    await page.get_by_label("Read").uncheck()
    await page.get_by_role("button", name="Create token").click()
    await expect(page.get_by_text("Choose what it may do.")).to_be_visible()
    await expect(page.get_by_label("Name")).to_have_value("Release")
    await page.goto("/activity")
    await page.go_back()
    await expect(page.get_by_role("heading", name="New access token", level=1)).to_be_visible()


async def test_errors_and_dialogs_leave_people_where_they_are(demo: Running, open_page: OpenPage) -> None:
    page = await open_page(demo.base, viewport={"width": 800, "height": 900})
    await connect(page, "GitHub")
    await page.goto(HOME)
    row = page.locator(".connection")
    name, pages = await row.locator(".connection-name").bounding_box(), row.locator(".connection-pages")
    below = await pages.bounding_box()
    assert name is not None
    assert below is not None
    assert below["y"] > name["y"] + name["height"], "buttons squeeze the account's name"

    more = row.locator("summary[aria-label^='More for']")
    await more.click()
    await row.get_by_role("link", name="Disconnect").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(more).to_be_focused()

    # The console notes the 404.
    page = await page.context.new_page()
    answer = await page.goto("/nothing/here")
    assert answer is not None
    assert answer.status == 404
    await expect(page.get_by_role("heading", name="Page not found", level=1)).to_be_visible()
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    await expect(page.get_by_text(answer.headers["x-request-id"])).to_be_visible()
    assert await violations(page) == []
