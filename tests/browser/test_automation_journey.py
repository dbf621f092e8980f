"""A comment in Figma turns up in Slack while the page watches."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.journeys import FILE, HOME, RULE, ask, card, connect, photograph
from tests.support.running import Running, Start

WATCH = """
() => {
    window.messages = [];
    const stream = new EventSource("/api/events/stream");
    for (const kind of ["arrived", "handled", "run"]) {
        stream.addEventListener(kind, () => window.messages.push(kind));
    }
    window.ran = new Promise(done => stream.addEventListener("run", () => done(true), {once: true}));
    return new Promise(done => stream.addEventListener("open", () => done(true), {once: true}));
}
"""


@pytest.fixture
async def demo(start: Start) -> Running:
    """The product as `make run` starts it, doing its jobs."""
    return await start(demo=True, maintenance=True)


async def test_a_comment_in_figma_appears_in_slack_while_events_stream_in(
    demo: Running, open_page: OpenPage
) -> None:
    page = await open_page(demo.base)
    for name in ("Figma", "Slack"):
        await connect(page, name)
    await ask(page, "/api/automations", RULE)
    await page.goto(HOME)
    assert await page.evaluate(WATCH)

    figma = await page.context.new_page()
    await figma.goto(f"{demo.simulators['figma'].url('web')}/file/{FILE}")
    await figma.get_by_label("Comment", exact=True).fill("Can the tide table be calmer?")
    await figma.get_by_role("button", name="Comment").click()
    await expect(figma.get_by_text("Can the tide table be calmer?").first).to_be_visible()

    slack = await page.context.new_page()
    assert await page.evaluate("() => window.ran")
    assert {"arrived", "handled", "run"} <= set(await page.evaluate("() => window.messages"))
    await slack.goto(f"{demo.simulators['slack'].url('web')}")
    await slack.get_by_role("link", name=re.compile("design")).first.click()
    await expect(slack.get_by_text(re.compile("Can the tide table be calmer")).first).to_be_visible()
    await photograph(slack, "comment-in-slack")
    await page.goto(HOME)


async def test_a_rule_from_one_page_listens_keeps_to_its_workspace_and_pauses_without_it(  # R67
    demo: Running, open_page: OpenPage
) -> None:
    """Nobody visits the page of webhooks, and another company's workspace hears nothing."""
    page = await open_page(demo.base)
    await connect(page, "Figma")
    await connect(page, "Slack", choice="Harbour & Pine 5")
    await page.goto("/automations/gallery/comment-to-channel")
    await page.get_by_label("File", exact=True).fill(FILE)
    await page.get_by_label("Channel", exact=True).select_option("#design")
    await page.get_by_role("button", name="Switch on").click()
    await expect(page.get_by_text("Listening to Tidewater")).to_be_visible()
    await photograph(page, "automation-listening")
    one = page.url.partition("?")[0]

    await connect(page, "Slack", choice="Pine Labs")
    figma = await page.context.new_page()
    await figma.goto(f"{demo.simulators['figma'].url('web')}/file/{FILE}")
    await figma.get_by_label("Comment", exact=True).fill("Calmer, please")
    await figma.get_by_role("button", name="Comment").click()
    await expect(figma.get_by_text("Calmer, please").first).to_be_visible()
    await figma.close()
    await page.goto(one)
    await expect(page.get_by_text("Worked").first).to_be_visible()

    await page.goto(HOME)
    await card(page, "Slack").locator("summary[aria-label='More for Harbour & Pine']").click()
    await card(page, "Slack").get_by_role("link", name="Disconnect").first.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text(re.compile("The automation “.*” pauses"))).to_be_visible()
    await dialog.get_by_role("button", name=re.compile("Disconnect")).click()
    await page.goto("/automations")
    await expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    await photograph(page, "automation-paused")
