"""A failed automation is found from Activity, and run again once its cause is gone."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.journeys import FILE, RULE, ask, connect, photograph
from tests.support.running import Running, Start

BROKEN = {
    **RULE,
    "definition": {
        **RULE["definition"],  # type: ignore[dict-item]
        "do": {
            "operation": "slack.message",
            "arguments": {
                "channel": "#no-such-{{ event.page_id | default('place') }}",
                "text": "{{ summary }}",
            },
        },
    },
}


@pytest.fixture
async def demo(start: Start) -> Running:
    """The product as `make run` starts it, doing its jobs."""
    return await start(demo=True, maintenance=True)


async def comment(page: Page, running: Running) -> None:
    """Somebody comments on a file in Figma."""
    figma = await page.context.new_page()
    await figma.goto(f"{running.simulators['figma'].url('web')}/file/{FILE}")
    await figma.get_by_label("Comment", exact=True).fill("Is the ferry on time?")
    await figma.get_by_role("button", name="Comment").click()
    await expect(figma.get_by_text("Is the ferry on time?").first).to_be_visible()
    await figma.close()


async def test_a_failed_run_is_found_from_activity_and_run_again(  # R68
    demo: Running, open_page: OpenPage
) -> None:
    page = await open_page(demo.base)
    for name in ("Figma", "Slack"):
        await connect(page, name)
    hook = {"event_type": "FILE_COMMENT", "context": "file", "context_id": FILE}
    await ask(page, "/api/integrations/figma/webhooks", hook)
    rule = (await ask(page, "/api/automations", BROKEN))["id"]
    await page.goto("/activity?from=figma")
    await comment(page, demo)

    row = page.locator("[data-event]").filter(has_text="Is the ferry on time?")
    await expect(row).to_contain_text("Automation failed")
    await expect(row).not_to_contain_text("Handled")
    await photograph(page, "story-activity")
    await page.goto("/settings/integrations")
    mark = page.get_by_role("link", name=re.compile("Automations.*1 new failure"))
    await expect(mark).to_be_visible()
    await photograph(page, "story-mark")
    await page.set_viewport_size({"width": 390, "height": 800})
    await page.emulate_media(color_scheme="dark")
    await photograph(page, "story-mark-phone")
    await page.goto("/activity?from=figma&state=run_failed")
    await photograph(page, "story-activity-phone")
    await row.locator(".event-link").click()
    await expect(page.get_by_role("heading", name="Automations")).to_be_visible()
    await photograph(page, "story-event-phone")
    await page.set_viewport_size({"width": 1200, "height": 900})
    await photograph(page, "story-event-dark")
    await page.emulate_media(color_scheme="light")
    await photograph(page, "story-event")

    await page.get_by_role("link", name="Comments to #design").click()
    await expect(page.get_by_text("Failed").first).to_be_visible()
    await page.get_by_role("link", name="Event", exact=True).click()
    await expect(page.locator("[data-live-part=sum]")).to_contain_text("Automation failed")
    await expect(page.get_by_role("link", name="new failure")).to_have_count(0)

    await ask(page, f"/api/automations/{rule}", {"definition": RULE["definition"]}, method="PATCH")
    await page.locator("[data-live-part=sum]").get_by_role("button", name="Run again").click()
    await expect(page.get_by_text("1 failed run is being run again.")).to_be_visible()
    await expect(page.locator("[data-live-part=sum]")).to_contain_text("Handled")
    await expect(page.get_by_role("link", name="View in Slack")).to_be_visible()
    await photograph(page, "story-run-again")
    await page.get_by_role("link", name="Comments to #design").last.click()
    await expect(page.get_by_role("link", name="View in Slack")).to_be_visible()
    await photograph(page, "story-run")
    await page.set_viewport_size({"width": 390, "height": 800})
    await photograph(page, "story-run-phone")
    await page.set_viewport_size({"width": 1200, "height": 900})
    await page.get_by_role("link", name="Run again after a failure").click()
    await expect(page.get_by_role("link", name="Was run again")).to_be_visible()
