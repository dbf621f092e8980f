"""Who connects: a person at a browser, or nobody but us at a simulator's consent page."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import httpx2

from fluxstudio.sdk import Provider

# Connects a provider in the product at an address, as whoever visits it first.
Person = Callable[[str, Provider], Awaitable[None]]


async def at_a_browser(base: str, provider: Provider) -> None:
    """Ask whoever reads this to do it."""
    print(f"Open {base}/settings/integrations and connect {provider.name}. Waiting for you.", flush=True)


async def at_the_simulator(base: str, provider: Provider) -> None:
    """Connect the first account that a simulated provider's consent page offers."""
    async with httpx2.AsyncClient(base_url=base, timeout=30) as browser:
        await browser.get("/settings/integrations")
        begun = await browser.get(f"/api/integrations/{provider.id}/auth")
        begun.raise_for_status()
        url = begun.json()["authorizationUrl"]
        page = await browser.get(url)
        choice = re.findall(r'name="choice" value="([^"]+)"', page.text)[0]
        answer = await browser.post(url, data={"choice": choice, "decision": "allow"})
        back = urlsplit(answer.headers["location"])
        await browser.get(f"{back.path}?{back.query}")
