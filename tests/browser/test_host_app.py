"""What people do in a host product on another origin: the example app, with nothing unsafe in its policy."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.host_app import HostApp, host_app
from tests.support.running import Start

# Much longer than it takes: a window that is closed is asked about for a while first.
expect.set_options(timeout=30_000)


@pytest.fixture
async def host(start: Start, tmp_path: Path) -> AsyncIterator[HostApp]:
    async with host_app(start, tmp_path) as app:
        yield app


def card(page: Page, name: str) -> Locator:
    """A provider's card in the element's shadow root."""
    return page.get_by_role("region", name=name, exact=True)


async def opened(page: Page, button: Locator) -> Page:
    """The pop-up that a button opens, once the consent page is in it."""
    async with page.context.expect_page() as pages:
        await button.click()
    popup = await pages.value
    await expect(popup.get_by_role("button", name="Allow")).to_be_visible()
    return popup


async def connected(page: Page, popup: Page, name: str, *, choice: str | None = None) -> None:
    """Allow, and see the window close and the account appear."""
    if choice is not None:
        await popup.get_by_role("radio", name=re.compile(choice)).check()
    async with popup.expect_event("close"):
        await popup.get_by_role("button", name="Allow").click()
    await expect(card(page, name).get_by_text("Connected", exact=True).first).to_be_visible()


async def sign_in(page: Page, origin: str) -> None:
    await page.goto(origin)
    await page.get_by_role("button", name="Mei Tan").click()
    await expect(card(page, "Figma").get_by_role("button", name="Connect Figma")).to_be_visible()


async def test_people_connect_everything_in_a_host_product_on_another_site(
    host: HostApp, open_page: OpenPage
) -> None:
    page = await open_page(host.other_site)
    await sign_in(page, host.other_site)
    # Two at once, in a browser that has never been here.
    slack = await opened(page, card(page, "Slack").get_by_role("button", name="Connect Slack"))
    github = await opened(page, card(page, "GitHub").get_by_role("button", name="Connect GitHub"))
    await connected(page, slack, "Slack", choice="Harbour & Pine 5")
    await connected(page, github, "GitHub")

    figma = await opened(page, card(page, "Figma").get_by_role("button", name="Connect Figma"))
    await figma.close()
    await expect(card(page, "Figma").get_by_text("Connection cancelled.")).to_be_visible()
    figma = await opened(page, card(page, "Figma").get_by_role("button", name="Connect Figma"))
    await connected(page, figma, "Figma")

    another = card(page, "Slack").get_by_role("button", name="Add another workspace")
    await connected(page, await opened(page, another), "Slack", choice="Pine Labs")
    await expect(card(page, "Slack").get_by_text("Connected", exact=True)).to_have_count(2)

    again = card(page, "GitHub").get_by_role("button", name="Add another account")
    declining = await opened(page, again)
    async with declining.expect_event("close"):
        await declining.get_by_role("button", name="Deny").click()
    await expect(card(page, "GitHub").get_by_text("Connection cancelled.")).to_be_visible()

    # What lapses says so, and is reconnected.
    await host.running.services.db.execute(
        "UPDATE oauth_tokens SET status = 'reauthorize', problem = '{\"code\": \"revoked\"}' "
        "WHERE provider = 'github'"
    )
    await page.reload()
    await expect(card(page, "GitHub").get_by_text("Needs reconnecting")).to_be_visible()
    reconnect = card(page, "GitHub").get_by_role("button", name=re.compile("Reconnect"))
    await connected(page, await opened(page, reconnect), "GitHub")

    # By keyboard alone.
    end = card(page, "Figma").get_by_role("button", name=re.compile("Disconnect"))
    await end.focus()
    await page.keyboard.press("Enter")
    await expect(card(page, "Figma").get_by_role("button", name=re.compile("Keep"))).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(card(page, "Figma").get_by_role("button", name="Connect Figma")).to_be_focused()
    await expect(page.get_by_text("connection.ended: figma")).to_be_visible()


async def test_a_host_product_connects_with_a_button_of_its_own_and_hears_of_it(
    host: HostApp, open_page: OpenPage
) -> None:
    page = await open_page(host.same_site)
    await sign_in(page, host.same_site)
    popup = await opened(page, page.get_by_role("button", name="Connect GitHub in a pop-up"))
    async with popup.expect_event("close"):
        await popup.get_by_role("button", name="Allow").click()
    await expect(page.get_by_text("GitHub is connected to ada-park.")).to_be_visible()
    await expect(page.get_by_text("connection.connected: github ada-park")).to_be_visible()

    await page.get_by_role("button", name="Connect GitHub in this window").click()
    await page.get_by_role("button", name="Deny").click()
    await expect(page.get_by_text("GitHub wasn’t connected (ACCESS_DENIED).")).to_be_visible()
    await page.get_by_role("button", name="Connect GitHub in this window").click()
    await page.get_by_role("radio", name=re.compile("jonah-reed")).check()
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_text("GitHub is connected.")).to_be_visible()
    await expect(card(page, "GitHub").get_by_text("jonah-reed")).to_be_visible()
