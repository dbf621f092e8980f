"""Two people each add a webhook for one repository: both hear of what happens, and each rule acts once."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.journeys import ask, connect, photograph
from tests.support.running import Running, Start

REPOSITORY = "harbour-pine/tidewater-web"
TEAM = {"ada-park": "Ada", "jonah-reed": "Jonah"}


@pytest.fixture
async def product(start: Start) -> Running:
    """The product with accounts of its own, doing its jobs; both teammates administer the repository."""
    running = await start(maintenance=True)
    repositories = running.simulators["github"].world.data["repositories"]
    repositories["401220"]["roles"] |= dict.fromkeys(TEAM, "admin")
    return running


def rule(name: str) -> dict[str, Any]:
    condition = {"field": "repository.full_name", "is": "equals", "value": REPOSITORY}
    text = f"{name} says: {{{{ event.issue.title }}}}"
    return {
        "name": f"Issues for {name}",
        "definition": {
            "when": {"event": "github.issues", "conditions": [condition]},
            "do": {"operation": "slack.message", "arguments": {"channel": "#design", "text": text}},
        },
    }


async def joins(open_page: OpenPage, running: Running, login: str) -> Page:
    """Somebody signs up, connects their accounts, adds a webhook by hand and switches a rule on."""
    page, name = await open_page(running.base), TEAM[login]
    await page.goto("/sign-up")
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("E-mail").fill(f"{login}@example.com")
    await page.get_by_label("Password").fill("a herring gull at dusk")
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("heading", name="Sign in to FluxStudio")).to_be_visible()
    await page.get_by_label("E-mail").fill(f"{login}@example.com")
    await page.get_by_label("Password", exact=True).fill("a herring gull at dusk")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name=f"Welcome, {name}", level=1)).to_be_visible()
    await connect(page, "GitHub", choice=login)
    await connect(page, "Slack", choice="Harbour & Pine 5")
    await page.goto("/settings/webhooks")
    await page.get_by_role("link", name="Add a webhook for GitHub").click()
    await page.locator("input[name=where]").fill(REPOSITORY)
    await page.get_by_role("button", name="Add the webhook").click()
    await expect(page.get_by_text("Events will show up in Activity")).to_be_visible()
    await ask(page, "/api/automations", rule(name))
    return page


async def test_a_teammates_second_webhook_for_one_repository_takes_nothing_from_the_first(  # R64
    product: Running, open_page: OpenPage
) -> None:
    pages = {login: await joins(open_page, product, login) for login in TEAM}
    hooks = product.simulators["github"].world.data["hooks"].values()
    ours = [hook for hook in hooks if hook["url"].startswith(product.base)]
    assert len(ours) == len(TEAM), "each has a webhook, and none is added for a rule it covers"
    product.simulators["github"].happen(
        {"event": "issues", "repository": REPOSITORY, "title": "Herons at dusk"}
    )
    for login, page in pages.items():
        await page.goto("/activity")
        # What the rules post is told by Slack as well.
        rows = page.locator("[data-event]").filter(has_text="Herons at dusk", has_not_text="says:")
        await expect(rows.first).to_contain_text("Handled")
        assert await rows.count() == 1, "one event for each of them"
        await page.goto("/automations")
        await page.get_by_role("link", name=f"Issues for {TEAM[login]}").first.click()
        await expect(page.get_by_text("Worked").first).to_be_visible()
        await photograph(page, f"teammate-{login}")
    texts = [entry["text"] for entry in product.simulators["slack"].world.data["messages"]["C0DESIGN01"]]
    for name in TEAM.values():
        assert texts.count(f"{name} says: Herons at dusk") == 1
