"""What journeys in the browser have in common."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page, expect

# The folder for pictures, for whoever wants to look: `make test SCREENSHOTS=FOLDER PYTEST=tests/browser`.
SHOTS = os.environ.get("SCREENSHOTS")
HOME = "/settings/integrations"


async def photograph(page: Page, name: str) -> None:
    """Keep a picture of the page where one is asked for: drawing them takes a fifth of a journey's time."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def connect(page: Page, name: str, *, choice: str | None = None, button: str | None = None) -> None:
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
ASK = """
async ([method, path, body]) => {
    const csrf = document.querySelector('[name="csrf"]').value;
    const headers = {"content-type": "application/json", "x-csrf-token": csrf};
    const answer = await fetch(path, {method, headers, body: JSON.stringify(body)});
    return [answer.status, await answer.json()];
}
"""
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


async def ask(page: Page, path: str, body: dict[str, Any]) -> None:
    """POST to the API from within the page."""
    status, answer = await page.evaluate(ASK, ["POST", path, body])
    assert status in {200, 201}, answer
