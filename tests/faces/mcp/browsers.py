"""Browsers of people who decide about agents."""

from __future__ import annotations

import httpx2

from tests.support.running import Running


async def browser_of(running: Running, user: str = "ada") -> httpx2.AsyncClient:
    """A browser in which the user is signed in."""
    browser = await running.client(None)
    await browser.post("/api/session", headers={"authorization": f"Bearer {running.token(user)}"})
    return browser
