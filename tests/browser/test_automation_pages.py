"""Automations in a browser: from the gallery to the first run, on a phone, without JavaScript."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.journeys import FILE, ask, connect, photograph
from tests.support.running import Running, Start

HOME = "/automations"
COMMENTS = f"{HOME}/gallery/comment-to-channel"


@pytest.fixture
async def demo(start: Start) -> Running:
    """The product as `make run` starts it, doing its jobs."""
    return await start(demo=True, maintenance=True)


async def ready(demo: Running, open_page: OpenPage, **options: Any) -> Page:
    """A page of somebody who connected Figma and Slack, and is told of comments on a file she follows."""
    page = await open_page(demo.base, **options)
    for name in ("Figma", "Slack"):
        await connect(page, name)
    hook = {"event_type": "FILE_COMMENT", "context": "file", "context_id": FILE}
    await ask(page, "/api/integrations/figma/webhooks", hook)
    figma = demo.simulators["figma"].url("web")
    await ask(page, "/api/integrations/figma/teams", {"url": f"{figma}/file/{FILE}"})
    return page


async def comment(demo: Running, page: Page, text: str) -> None:
    """Somebody comments on the file, at the provider."""
    figma = await page.context.new_page()
    await figma.goto(f"{demo.simulators['figma'].url('web')}/file/{FILE}")
    await figma.get_by_label("Comment", exact=True).fill(text)
    await figma.get_by_role("button", name="Comment").click()
    await expect(figma.get_by_text(text).first).to_be_visible()
    await figma.close()


async def fill_in(page: Page) -> None:
    """The blanks of the first suggestion."""
    await page.get_by_label("File", exact=True).select_option(FILE)
    await page.get_by_label("Channel", exact=True).select_option("#design")


async def test_from_the_gallery_over_a_dry_run_to_the_first_run_in_the_log(
    demo: Running, open_page: OpenPage
) -> None:
    page = await ready(demo, open_page)
    await comment(demo, page, "Can the tide table be calmer?")

    await page.goto("/activity")
    await expect(page.get_by_text("Can the tide table be calmer?").first).to_be_visible()

    await page.goto(HOME)
    await page.get_by_role("link", name="Choose from the gallery").click()
    await photograph(page, "automation-gallery")
    await page.get_by_role("link", name="Comments to a channel").click()
    await fill_in(page)
    trial = page.get_by_role("region", name="Last week")
    await page.get_by_role("button", name="Test on last week’s events").last.click()
    await expect(trial).to_contain_text("Nothing was sent.")
    await expect(trial).to_contain_text("Can the tide table be calmer?")
    await photograph(page, "automation-tried")

    await page.get_by_role("button", name="Switch on").last.click()
    await expect(page.get_by_text("” is on.")).to_be_visible()
    everything = await page.context.new_page()
    await everything.goto(HOME)
    await expect(everything.get_by_text("Has not run yet")).to_be_visible()
    await comment(demo, page, "And larger, please")
    run = page.locator("#runs summary").first
    await expect(run).to_contain_text("Worked")
    await expect(run).to_contain_text("And larger, please")
    await run.click()
    await expect(page.locator("#runs dl")).to_contain_text("#design")
    await photograph(page, "automation-ran")
    await expect(everything.get_by_role("listitem").filter(has_text="Comments to a channel")).to_contain_text(
        "Worked"
    )


async def test_the_editor_works_by_keyboard_and_shows_what_will_be_sent(
    demo: Running, open_page: OpenPage
) -> None:
    page = await ready(demo, open_page)
    await page.goto(f"{HOME}/new")
    await page.get_by_label("Name", exact=True).fill("Comments, as they come")
    await page.get_by_role("combobox", name="Trigger").fill("comments on a file")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Runs only if all of these match")).to_be_visible()
    await page.get_by_role("combobox", name="Action").fill("post a message")
    await page.keyboard.press("Enter")
    channel = page.get_by_role("combobox", name="Channel")
    await channel.fill("desi")
    await expect(page.get_by_role("option", name="#design", exact=True)).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(channel).to_have_value("#design")
    await page.get_by_role("button", name="Summary").press("Enter")
    await page.keyboard.type(" *look*")
    text = page.get_by_label("Text", exact=True)
    await expect(text).to_have_value("{{ summary }} *look*")
    await expect(text).to_be_focused()
    preview = page.locator("#preview")
    await expect(preview.get_by_text("Message in #design")).to_be_visible()
    await expect(preview).to_contain_text("Mei Lin commented on")
    await expect(preview.locator("strong", has_text="look")).to_be_visible()
    await page.get_by_role("combobox", name="File").fill("booking")
    await page.get_by_role("option", name=re.compile("booking", re.IGNORECASE)).first.wait_for()
    await page.keyboard.press("Enter")
    await page.get_by_role("combobox", name="Field 1").fill("triggered")
    await page.get_by_role("option").first.wait_for()
    await page.keyboard.press("Enter")
    await photograph(page, "automation-form")
    await page.get_by_role("button", name="Remove condition 1").press("Enter")
    await page.get_by_role("button", name="Switch on").press("Enter")
    await expect(page.get_by_text("” is on.")).to_be_visible()
    await expect(page.get_by_text("Listening to Tidewater")).to_be_visible()


async def test_an_automation_is_made_and_switched_off_without_javascript(
    demo: Running, open_page: OpenPage
) -> None:
    script = await ready(demo, open_page)
    page = await open_page(demo.base, java_script_enabled=False)
    await page.context.add_cookies(await script.context.cookies())  # type: ignore[arg-type]
    await page.goto(f"{COMMENTS}?part=form")
    await fill_in(page)
    await page.get_by_role("button", name="Test on last week’s events").last.click()
    await expect(page.get_by_text("Example message")).to_be_visible()
    await page.get_by_role("button", name="Switch on").last.click()
    await page.goto(HOME)
    await page.get_by_role("switch", name="Comments to a channel").click()
    await expect(page.get_by_text("” is off.")).to_be_visible()
    await expect(page.get_by_role("switch", name="Comments to a channel")).not_to_be_checked()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_fits_a_phone(demo: Running, open_page: OpenPage, scheme: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": scheme, "has_touch": True}
    page = await ready(demo, open_page, **phone)
    await page.goto(f"{COMMENTS}?part=form")
    await fill_in(page)
    await page.get_by_role("button", name="Switch on").last.click()
    await expect(page.get_by_text("” is on.")).to_be_visible()
    one = page.url.partition("?")[0]
    paths = [HOME, f"{HOME}/gallery", f"{HOME}/new", COMMENTS, one]
    for path in (*paths, *(f"{one}/{tab}" for tab in ("try", "edit", "versions", "delete"))):
        await page.goto(path)
        too_wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert too_wide <= 0, f"{path} scrolls sideways by {too_wide} px"
        name = re.sub(r"[0-9a-f]{8}-[0-9a-f-]+", "one", path.removeprefix(demo.base)).replace("/", "-")
        await photograph(page, f"phone-{scheme}{name}")


async def test_an_automation_is_deleted_from_its_dialog(demo: Running, open_page: OpenPage) -> None:
    page = await ready(demo, open_page)
    await page.goto(f"{COMMENTS}?part=form")
    await fill_in(page)
    await page.get_by_role("button", name="Switch on").last.click()
    await page.get_by_label("More for Comments to a channel").click()
    await page.get_by_role("link", name="Delete").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Its run history.")
    await photograph(page, "automation-delete")
    await dialog.get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("Automation deleted.")).to_be_visible()
