"""The pages of the shell as everybody has them: in both themes, on a phone, by keyboard, light to load."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.journeys import connect, photograph
from tests.support.axe import violations
from tests.support.running import Running

MAX_COLD_KILOBYTES = 150
PAGES = (
    *("/", "/search?q=s", "/settings", "/settings/notifications", "/settings/audit", "/settings/account"),
    *(
        "/settings/account/access-tokens/new",
        "/settings/account/delete",
        "/settings/people",
        "/settings/setup",
    ),
    *("/settings/integrations", "/settings/webhooks", "/settings/endpoints", "/activity", "/automations"),
    *("/automations/gallery", "/automations/new", "/insights", "/agents", "/ask", "/design-tokens"),
)
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True},
}


@pytest.mark.parametrize("look", LOOKS)
async def test_every_page_is_accessible_and_fits(demo: Running, open_page: OpenPage, look: str) -> None:
    page = await open_page(demo.base, **LOOKS[look])
    for name in ("Figma", "Slack"):
        await connect(page, name)
    # Another theme has the same elements in other colours.
    rules = ["color-contrast"] if look == "dark" else []
    for path in PAGES:
        await page.goto(path)
        assert await violations(page, *rules) == [], path
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        await photograph(page, f"shell-{look}-{re.sub(r'[^a-z]+', '-', path).strip('-') or 'home'}")


async def test_a_page_is_light_when_nothing_is_kept_yet(demo: Running, open_page: OpenPage) -> None:
    for path in ("/", "/settings/integrations", "/activity", "/automations/new", "/api/docs"):
        page = await open_page(demo.base)
        network = await page.context.new_cdp_session(page)
        await network.send("Network.enable")
        sizes: list[float] = []
        network.on(
            "Network.loadingFinished", lambda event, sizes=sizes: sizes.append(event["encodedDataLength"])
        )
        await page.goto(path, wait_until="networkidle")
        assert sizes
        assert sum(sizes) <= MAX_COLD_KILOBYTES * 1024, path


async def press_until(page: Page, label: str) -> None:
    """Move on with Tab until what has this name has the focus."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        name = await page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
        )
        if name.startswith(label):
            return
    raise AssertionError(f"Tab never comes to {label}")


async def test_notifications_are_set_by_keyboard_alone_and_a_test_is_two_clicks_away(
    demo: Running, open_page: OpenPage
) -> None:
    page = await open_page(demo.base)
    await connect(page, "Slack")
    await page.goto("/")
    await press_until(page, "Send a test")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Channels", level=1)).to_be_visible()

    await page.keyboard.press("Control+k")
    await page.keyboard.type("notif")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Notifications", level=1)).to_be_visible()
    await press_until(page, "Channel")
    await page.keyboard.type("#design")
    await press_until(page, "An automation starts to fail")
    await page.keyboard.press("Space")
    await press_until(page, "Save")
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast")).to_contain_text("Notifications saved.")
    await expect(page.get_by_role("textbox", name="Channel", exact=True)).to_have_value("#design")
    await expect(page.get_by_role("switch", name="An automation starts to fail")).not_to_be_checked()
