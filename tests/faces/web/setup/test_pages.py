"""Settings → Set-up: what administrators see there, and nobody else."""

from __future__ import annotations

import html
import re

import pytest

from tests.support.browsing import Browser, words
from tests.support.planted import Planted, leaked, secrets_of
from tests.support.running import SECRET, Running, Start

SETUP = "/settings/setup"
DONE = f"{SETUP}?part=checks"


async def admin_of(running: Running) -> Browser:
    """The first person with a password, who administers."""
    browser = await Browser.new(running)
    await browser.sign_up("ada@example.com")
    return browser


async def test_an_administrator_sees_every_finding_in_its_area(product: Running) -> None:
    answer = await (await admin_of(product)).open(DONE)
    assert answer.status_code == 200
    text = words(answer.text)
    for area in ("Settings", "Addresses", "Secrets", "Database", "Providers", "Connections", "Clock"):
        assert area in text
    assert "Restricted role:" in text
    assert "Failed events: No event has failed" in text
    assert "no job queue" not in text


async def test_a_member_is_told_that_this_is_for_administrators(product: Running) -> None:
    await admin_of(product)
    member = await Browser.new(product)
    await member.sign_up("mei@example.com")
    for path in (SETUP, DONE):
        answer = await member.open(path)
        assert answer.status_code == 403
        assert answer.headers["content-type"].startswith("text/html")
        assert "Only admins can do this. Ask an admin for access." in words(answer.text)
    assert SETUP not in (await member.open("/settings/integrations")).text


async def test_a_stranger_signs_in_first_and_comes_back(product: Running) -> None:
    answer = await (await Browser.new(product)).open(SETUP)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?returnTo={SETUP}")


async def test_administrators_find_it_in_the_settings(product: Running) -> None:
    admin = await admin_of(product)
    settings = (await admin.open("/settings")).text
    assert re.search(rf'<a href="{SETUP}">Setup</a>', settings)
    assert re.search(r'<a href="/settings" aria-current="page">', (await admin.open(SETUP)).text)


async def test_a_card_that_is_not_set_up_leads_administrators_to_its_app(start: Start) -> None:
    running = await start(simulators={})
    admin = await admin_of(running)
    cards = (await admin.open("/settings/integrations")).text
    ids = set(re.findall(r'id="(app-\w+)"', (await admin.open(SETUP)).text))
    leading = set(re.findall(rf'href="{SETUP}#([\w-]+)"', cards))
    assert leading == ids == {"app-figma", "app-github", "app-slack"}
    member = await Browser.new(running)
    await member.sign_up("mei@example.com")
    assert f"{SETUP}#" not in (await member.open("/settings/integrations")).text


async def test_what_a_provider_has_to_know_is_there_to_be_copied(start: Start) -> None:
    running = await start(simulators={})
    page = (await (await admin_of(running)).open(SETUP)).text
    copied = [html.unescape(text) for text in re.findall(r'data-copy="([^"]*)"', page)]
    for provider in ("figma", "github", "slack"):
        assert f"{running.base}/api/integrations/{provider}/callback" in copied
        assert f"{provider.upper()}_CLIENT_SECRET" in copied
    (manifest,) = [text for text in copied if text.startswith("{")]
    assert f"{running.base}/api/integrations/slack/webhook" in manifest
    assert 'href="https://api.slack.com/apps" target="_blank" rel="noopener noreferrer"' in page


async def test_a_broken_thing_stands_there_with_its_mend(product: Running) -> None:
    await product.services.db.execute("ALTER TABLE sessions DISABLE ROW LEVEL SECURITY")
    try:
        text = words((await (await admin_of(product)).open(DONE)).text)
    finally:
        await product.services.db.execute("ALTER TABLE sessions ENABLE ROW LEVEL SECURITY")
    # It is a right that was lost, and a table that shows rows to anyone.
    assert "Checks 2 broken" in text
    assert "Database Broken Broken: Lost rights: The database has lost 1 " in text
    assert "(on sessions)" in text
    assert "Broken: Row security does not hold for sessions" in text
    assert "ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;" in text


async def test_nothing_secret_is_on_the_page(
    product: Running, monkeypatch: pytest.MonkeyPatch
) -> None:  # R17 R52
    planted = Planted.by(monkeypatch)
    await product.connect(await product.client(), "linear")
    assert planted.tokens
    admin = await admin_of(product)
    for path in (SETUP, DONE):
        page = (await admin.open(path)).text
        assert "1 account is connected" in page or path == SETUP
        assert leaked(page, planted.tokens | secrets_of(product) | {SECRET}) == set()


async def test_checks_that_take_long_keep_nobody_waiting(
    product: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fluxstudio.faces.web.shell.deferred.SKELETON_AFTER_SECONDS", 0)
    page = (await (await admin_of(product)).open(SETUP)).text
    assert 'id="app-linear"' in page
    assert f'hx-get="{DONE}" hx-trigger="load"' in page
    assert f'<noscript><p><a class="button button-quiet" href="{DONE}">' in page
    assert "Restricted role" not in page
