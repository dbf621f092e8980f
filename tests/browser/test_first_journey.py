"""What a stranger does in the first minute."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

import pytest
from playwright.async_api import Error, Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.browser.journeys import HOME, card, connect_by_hand, photograph
from tests.support.running import Running


async def test_a_stranger_connects_three_accounts_and_uses_them(demo: Running, open_page: OpenPage) -> None:
    page = await open_page(demo.base)
    await page.goto("/")
    await expect(page.get_by_role("heading", name="Welcome, Ada", level=1)).to_be_visible()
    await page.get_by_role("link", name="Connect", exact=True).click()
    await expect(page.get_by_role("heading", name="Integrations", level=1)).to_be_visible()
    await photograph(page, "integrations-empty")
    for name in ("Figma", "GitHub", "Slack"):
        await connect_by_hand(page, name)
    await photograph(page, "integrations-connected")

    await card(page, "Figma").get_by_role("link", name="Files").click()
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="Open Figma").click()
    figma = await opened.value
    await photograph(figma, "simulated-figma")
    address = await figma.get_by_role("link", name="Harbour & Pine").first.get_attribute("href")
    await figma.close()
    await page.get_by_label("Team, project or file address").fill(address or "")
    await page.get_by_role("button", name="Add").click()
    pictures = page.locator("#results img")
    await expect(pictures.first).to_be_visible()
    assert await pictures.count() >= 4
    for number in range(await pictures.count()):
        picture = pictures.nth(number)
        await picture.scroll_into_view_if_needed()
        await expect(picture).to_have_js_property("complete", True)
        assert await picture.evaluate("image => image.naturalWidth") > 100
    await photograph(page, "files")

    await page.goto(HOME)
    await card(page, "GitHub").get_by_role("link", name="Repositories").click()
    await expect(page.get_by_text(re.compile("tidewater", re.IGNORECASE)).first).to_be_visible()
    await photograph(page, "repositories")


async def test_a_test_message_arrives_in_slack(demo: Running, open_page: OpenPage) -> None:
    page = await open_page(demo.base)
    await connect_by_hand(page, "Slack")
    await card(page, "Slack").get_by_role("link", name="Channels").click()
    row = page.locator("#results").get_by_role("listitem").filter(has_text="design").first
    await row.get_by_text("Send a test").click()
    composer = page.locator("#composer")
    await expect(composer.get_by_label("Channel")).to_have_value("#design")
    await composer.get_by_label("Message").fill("Tokens are in, please have a look")
    await composer.get_by_role("button", name="Send").click()
    await expect(composer.get_by_text("Sent to #design.")).to_be_visible()
    await photograph(page, "channels-sent")
    world = demo.simulators["slack"].world.data
    assert "Tokens are in, please have a look" in str(world)
    await _what_was_typed_last_is_found_however_slow_the_answers_are(page)


async def _what_was_typed_last_is_found_however_slow_the_answers_are(page: Page) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        asked.set()
        await answer.wait()
        with suppress(Error):
            await route.continue_()

    await page.route(re.compile(r"q=r&|q=r$"), hold)
    search = page.get_by_role("searchbox")
    await search.fill("r")
    await asked.wait()
    for words in ("ra", "design"):
        await search.fill(words)
        # Longer than the pause after which a search begins.
        await page.wait_for_timeout(400)
    answer.set()
    rows = page.locator("#results").get_by_role("listitem")
    await expect(rows.filter(has_text="design").first).to_be_visible()
    await expect(rows.filter(has_not_text="design")).to_have_count(0)


async def test_a_second_workspace_stands_beside_the_first_and_one_can_go(
    demo: Running, open_page: OpenPage
) -> None:
    page = await open_page(demo.base)
    await connect_by_hand(page, "Slack", choice="Harbour & Pine 5")
    await connect_by_hand(page, "Slack", choice="Pine Labs", button="Add another workspace")
    slack = card(page, "Slack")
    rows = slack.locator(".connection-name")
    await expect(rows).to_have_text([re.compile("Harbour & Pine"), re.compile("Pine Labs")])
    await photograph(page, "two-workspaces")

    await page.goto(HOME)
    await slack.locator("summary[aria-label='More for Pine Labs']").click()
    await photograph(page, "menu")
    await slack.get_by_role("link", name="Disconnect").last.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    await photograph(page, "disconnect-dialog")
    await dialog.get_by_role("button", name=re.compile("Disconnect")).click()
    await expect(page.get_by_text("Slack is disconnected")).to_be_visible()
    await expect(rows).to_have_text([re.compile("Harbour & Pine")])


async def test_declining_changes_nothing_and_says_so(demo: Running, open_page: OpenPage) -> None:
    page = await open_page(demo.base)
    await page.goto(HOME)
    await card(page, "GitHub").get_by_role("button", name="Connect GitHub").click()
    await page.get_by_role("button", name=re.compile("Deny|Cancel")).click()
    await expect(page.get_by_text("You did not connect GitHub")).to_be_visible()
    await expect(card(page, "GitHub").get_by_role("button", name="Connect GitHub")).to_be_visible()
    await photograph(page, "declined")


async def test_a_provider_that_never_sends_people_back_leaves_nobody_waiting(
    demo: Running, open_page: OpenPage
) -> None:
    page = await open_page(demo.base)
    await page.goto(HOME)
    await card(page, "Figma").get_by_role("button", name="Connect Figma").click()
    await page.get_by_role("button", name=re.compile("Deny|Cancel")).click()
    await page.goto(HOME)
    figma = card(page, "Figma")
    await expect(figma.get_by_role("button", name=re.compile("Start again"))).to_be_visible()
    await photograph(page, "never-came-back")
    await figma.get_by_role("button", name=re.compile("Start again")).click()
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_text("Figma is connected to")).to_be_visible()


async def test_a_connection_that_died_is_shown_and_reconnected(demo: Running, open_page: OpenPage) -> None:
    page = await open_page(demo.base)
    await connect_by_hand(page, "Slack")
    demo.simulators["slack"].grants.remove()
    await card(page, "Slack").get_by_role("link", name="Channels").click()
    await expect(page.get_by_text("Reconnect it in Settings")).to_be_visible()
    await page.goto(HOME)
    slack = card(page, "Slack")
    await expect(slack.get_by_role("button", name="Reconnect")).to_be_visible()
    await photograph(page, "broken")
    await slack.get_by_role("button", name="Reconnect").first.click()
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_text("Slack is connected to")).to_be_visible()
    await expect(slack.get_by_text("Connected", exact=False).first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everything_fits_a_phone_in_light_and_dark(
    demo: Running, open_page: OpenPage, scheme: str
) -> None:
    page = await open_page(
        demo.base, viewport={"width": 390, "height": 844}, color_scheme=scheme, has_touch=True
    )
    for name in ("Figma", "GitHub", "Slack"):
        await connect_by_hand(page, name)
    for path in (HOME, "/integrations/slack/channels", "/integrations/github/repositories"):
        await page.goto(path)
        too_wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert too_wide <= 0, f"{path} scrolls sideways by {too_wide} px"
        await photograph(page, f"phone-{scheme}-{path.rsplit('/', 1)[1]}")
    page = await open_page(demo.base, color_scheme=scheme)
    await page.goto(HOME)
    await photograph(page, f"desktop-{scheme}")


async def test_connect_and_disconnect_work_without_javascript(demo: Running, open_page: OpenPage) -> None:
    page = await open_page(demo.base, java_script_enabled=False)
    await page.goto(HOME)
    await card(page, "GitHub").get_by_role("button", name="Connect GitHub").click()
    await page.get_by_role("button", name=re.compile("Allow|Authorize")).click()
    await expect(page.get_by_text("GitHub is connected to")).to_be_visible()
    link = card(page, "GitHub").locator("a[href*='/disconnect?']").first
    await page.goto(await link.get_attribute("href") or "")
    await photograph(page, "disconnect-page")
    await page.get_by_role("button", name=re.compile("Disconnect")).click()
    await expect(page.get_by_text("GitHub is disconnected")).to_be_visible()


async def test_connecting_works_by_keyboard_alone(demo: Running, open_page: OpenPage) -> None:
    page = await open_page(demo.base)
    await page.goto(HOME)
    button = card(page, "GitHub").get_by_role("button", name="Connect GitHub")
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await button.evaluate("element => element === document.activeElement"):
            break
    ring = await button.evaluate("element => getComputedStyle(element).outlineStyle")
    assert ring != "none", "the focused button shows no ring"
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Simulated GitHub")).to_be_visible()
