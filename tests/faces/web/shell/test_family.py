"""A page family's folder, dropped into a package of somebody else's, is all that it takes."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from fluxstudio.kit import plugins
from tests.support.running import Start

POLLS = EntryPoint("polls", "tests.support.pages.polls", "fluxstudio.pages")


async def test_a_family_from_outside_has_its_page_its_style_and_its_place(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "installed", lambda group: (POLLS,) if group == POLLS.group else ())
    running = await start(demo=True)
    browser = await running.client(None)
    page = await browser.get("/polls")
    assert page.status_code == 200, page.text
    assert '<p class="polls">Asked by ' in page.text
    places = page.text.split('aria-label="Main"')[1].split("</nav>")[0]
    assert places.index("Activity") < places.index("Polls") < places.index("Automations")
    assert (await browser.get("/static/polls/style.css")).text.startswith(".polls {")
    other = await browser.get("/settings/integrations")
    assert 'href="/polls"' in other.text


async def test_the_page_of_components_is_found_at_its_former_address(start: Start) -> None:
    browser = await (await start(demo=True)).client(None)
    moved = await browser.get("/pieces")
    assert (moved.status_code, moved.headers["location"]) == (308, "/components")
    assert "<h2>Provider card</h2>" in (await browser.get("/components")).text
