"""What was begun in a browser ends with the session in it."""

from __future__ import annotations

from tests.support.browsing import Browser
from tests.support.running import Running, outcome_of

PENDING = "SELECT count(*) FROM oauth_state_tokens"


async def test_a_connect_does_not_survive_signing_out(running: Running) -> None:  # R2
    browser = await Browser.new(running)
    await browser.sign_up("ada@example.com")
    back = await running.decide(await running.begin(browser.client, "slack"))
    before = dict(browser.client.cookies)
    await browser.open("/settings/integrations")
    assert (await browser.send("/sign-out")).status_code == 303
    assert await running.services.db.fetchval(PENDING) == 0
    assert browser.client.cookies["fluxstudio_browser"] != before["fluxstudio_browser"]
    assert outcome_of(await browser.client.get(back))["status"] == "error"
    await browser.sign_up("mei@example.com")
    assert outcome_of(await browser.client.get(back))["status"] == "error"
    assert await running.services.db.fetchval("SELECT count(*) FROM connections") == 0


async def test_who_signs_in_ends_what_another_began_in_the_browser(running: Running) -> None:  # R2
    browser = await Browser.new(running)
    await browser.sign_up("mei@example.com")
    await browser.open("/settings/integrations")
    await browser.send("/sign-out")
    await browser.sign_up("ada@example.com")
    await running.begin(browser.client, "slack")
    # Her session ends elsewhere, so that this browser was never signed out.
    browser.hold("fluxstudio_session", "ended")
    await browser.sign_in("ada@example.com")
    assert await running.services.db.fetchval(PENDING) == 1
    browser.hold("fluxstudio_session", "ended")
    await browser.sign_in("mei@example.com")
    assert await running.services.db.fetchval(PENDING) == 0
