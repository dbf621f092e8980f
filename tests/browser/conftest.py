"""Pages in a real Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.support.running import Running, Start

OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture
async def open_page(chromium: Browser) -> AsyncIterator[OpenPage]:
    """Opens a page in a browser profile of its own; what the page complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    async def open_one(base: str, **options: Any) -> Page:
        context = await chromium.new_context(base_url=base, reduced_motion="reduce", **options)
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))

        def note(message: ConsoleMessage) -> None:
            # Browsers note every page with a form that was refused, which answers 400.
            if message.type == "error" and "status of 400" not in message.text:
                complaints.append(f"{message.text} ({message.location['url']})")

        page.on("console", note)
        return page

    yield open_one
    for context in contexts:
        await context.close()
    assert not complaints, complaints


@pytest.fixture
async def demo(start: Start) -> Running:
    """The product as `make run` starts it."""
    return await start(demo=True)
