"""What journeys in the browser have in common."""

from __future__ import annotations

import html
import os
import re
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page, expect

# The folder for pictures, where somebody wants to look: `make screenshots`.
SHOTS = os.environ.get("SCREENSHOTS")
HOME = "/settings/integrations"
CHOICE = r'(?s)name="choice" value="([^"]+)"[^>]*>(.*?)</label>'


async def photograph(page: Page, name: str) -> None:
    """Keep a picture of the page where one is asked for: drawing them takes a fifth of a journey's time."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def connect(page: Page, name: str, *, choice: str = "") -> None:
    """Connect the account whose choice on the consent page has these words, without drawing the pages."""
    browser = page.context.request
    # A demo signs in whoever opens a page.
    await browser.get(HOME)
    begun = await browser.get(f"/api/integrations/{name.lower()}/auth")
    consent = (await begun.json())["authorizationUrl"]
    choices = re.findall(CHOICE, await (await browser.get(consent)).text())
    value = next(value for value, label in choices if choice in _words(label))
    answer = await browser.post(consent, form={"choice": value, "decision": "allow"})
    assert "status=success" in answer.url, answer.url


def _words(markup: str) -> str:
    """The text of a piece of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


async def connect_by_hand(
    page: Page, name: str, *, choice: str | None = None, button: str | None = None
) -> None:
    """Through the provider's consent page and back."""
    await page.goto(HOME)
    await card(page, name).get_by_role("button", name=button or f"Connect {name}").click()
    await expect(page.get_by_text(f"Simulated {name}")).to_be_visible()
    if choice is not None:
        await page.get_by_role("radio", name=re.compile(choice)).check()
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_text(f"{name} is connected to")).to_be_visible()


def card(page: Page, name: str) -> Locator:
    """A provider's card."""
    return page.get_by_role("region", name=name, exact=True)


FILE = "TidewaterBookingFlow01"
RULE = {
    "name": "Comments to #design",
    "definition": {
        "when": {
            "event": "figma.FILE_COMMENT",
            "conditions": [{"field": "file_key", "is": "equals", "value": FILE}],
        },
        "do": {"operation": "slack.message", "arguments": {"channel": "#design", "text": "{{ summary }}"}},
    },
}


async def ask(page: Page, path: str, body: dict[str, Any], *, method: str = "POST") -> Any:
    """Ask the API as a page of this browser does; what it answers."""
    browser = page.context.request
    proof = re.search(r'name="csrf" value="([^"]+)"', await (await browser.get(HOME)).text())
    assert proof
    answer = await browser.fetch(path, method=method, headers={"x-csrf-token": proof[1]}, data=body)
    assert answer.ok, await answer.text()
    return await answer.json()
