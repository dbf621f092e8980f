"""Design tokens in the demo: both sides edited, one pull request that holds both, and a conflict decided."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from fluxstudio.commands.simulated import demo_guest
from tests.browser.conftest import OpenPage
from tests.browser.journeys import connect, photograph
from tests.support.running import Running, Start

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1200, "height": 900}


@pytest.fixture
async def demo(start: Start) -> Running:
    """The product as `make run` starts it, with what its guest is offered."""
    return await start(demo=lambda services: demo_guest(services, print))


async def pictures(page: Page, name: str) -> None:
    """What a page looks like by day, by night and on a phone, where nothing may be wider than the screen."""
    await photograph(page, f"tokens-{name}")
    await page.emulate_media(color_scheme="dark")
    await photograph(page, f"tokens-{name}-dark")
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, name
    await photograph(page, f"tokens-{name}-phone")
    await page.set_viewport_size(DESK)  # type: ignore[arg-type]
    await page.emulate_media(color_scheme="light")


async def paint(page: Page, demo: Running, colour: str) -> None:
    """Change Harbour/700 in the simulated Figma."""
    await page.goto(f"{demo.simulators['figma'].url('web')}/design/DriftwoodFoundations01/Foundations")
    await page.get_by_label("Colour").select_option("Harbour/700")
    await page.get_by_label("Becomes").fill(colour)
    await page.get_by_role("button", name="Change colour").click()
    await expect(page.get_by_role("listitem").filter(has_text="Harbour/700")).to_contain_text(colour)
    await photograph(page, "tokens-figma")


async def edit(page: Page, demo: Running, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the token file in the simulated repository."""
    await page.goto(
        f"{demo.simulators['github'].url('web')}/harbour-pine/driftwood/blob/main/tokens/base.json"
    )
    text = page.get_by_label("Edit this file.")
    tokens = json.loads(await text.input_value())
    change(tokens)
    await text.fill(json.dumps(tokens, indent=2) + "\n")
    await page.get_by_role("button", name="Commit to main").click()


def rounder(tokens: dict[str, Any]) -> None:
    """A small radius of 7 px."""
    tokens["radius"]["small"]["$value"]["value"] = 7


def redder(tokens: dict[str, Any]) -> None:
    """Harbour/700 in red."""
    tokens["color"]["Harbour"]["700"]["$value"] = {
        "colorSpace": "srgb",
        "components": [0.8, 0, 0],
        "hex": "#cc0000",
    }


async def test_both_sides_are_edited_and_neither_loses(demo: Running, open_page: OpenPage) -> None:
    page = await open_page(demo.base, viewport=DESK)
    for name in ("Figma", "GitHub"):
        await connect(page, name)
    await page.goto("/design-tokens")
    await pictures(page, "empty")
    await page.get_by_role("link", name="New sync").first.click()
    await expect(page.get_by_label("Figma file")).to_have_value("DriftwoodFoundations01")
    await pictures(page, "design")
    await page.get_by_role("button", name="Continue").click()
    await pictures(page, "repository")
    await page.get_by_role("button", name="Continue").click()
    await pictures(page, "rules")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_role("heading", name="What the first run proposes")).to_be_visible()
    await pictures(page, "proposal")
    await page.get_by_role("button", name="Create sync").click()
    await expect(page.get_by_role("heading", name="Preview")).to_be_visible()
    sync = page.url
    await page.get_by_role("link", name="Add variables").click()
    await page.get_by_role("button", name="Get a code").click()
    await expect(page.get_by_text("Paste this code into the plugin.")).to_be_visible()
    await pictures(page, "source")
    await paint(page, demo, "#1f2e66")
    await edit(page, demo, rounder)
    await page.goto(sync)
    await expect(page.get_by_role("row").filter(has_text="color.Harbour.700").first).to_contain_text(
        "#1f2e66"
    )
    await page.get_by_text("Show the file before and after").click()
    await pictures(page, "preview")
    await page.get_by_role("link", name="All tokens").click()
    await expect(page.get_by_role("columnheader", name="Value")).to_be_visible()
    await pictures(page, "table")
    await page.goto(sync)
    await page.get_by_role("button", name="Sync now").click()
    await expect(page.get_by_text("Proposed. Review the pull request on GitHub.")).to_be_visible()
    await page.get_by_role("link", name="Open pull request").click()
    await expect(page.get_by_role("button", name="Merge pull request")).to_be_visible()
    await photograph(page, "tokens-pull-request")
    await page.get_by_role("button", name="Merge pull request").click()
    await page.goto(
        f"{demo.simulators['github'].url('web')}/harbour-pine/driftwood/blob/main/tokens/base.json"
    )
    both = json.loads(await page.get_by_label("Edit this file.").input_value())
    assert both["radius"]["small"]["$value"]["value"] == 7
    assert both["color"]["Harbour"]["700"]["$value"]["hex"] == "#1f2e66"

    await page.goto(sync)
    await page.get_by_role("button", name="Sync now").click()
    await expect(page.get_by_text("Up to date. Nothing was written.")).to_be_visible()
    await paint(page, demo, "#0b3d91")
    await edit(page, demo, redder)
    await page.goto(sync)
    await page.get_by_role("button", name="Sync now").click()
    await expect(page.get_by_text("Nothing was written. Decide")).to_be_visible()
    await pictures(page, "conflict")
    await page.get_by_role("button", name=re.compile("Use Figma")).click()
    await page.get_by_role("button", name="Sync now").click()
    await expect(page.get_by_text("Proposed. Review the pull request on GitHub.")).to_be_visible()
    await pictures(page, "history")
    await page.goto("/design-tokens")
    await pictures(page, "list")
