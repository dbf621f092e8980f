"""Signing in by OpenID Connect: who gets in, as whom, with which role, and who does not."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import pytest

from fluxstudio.core.identity.openid import OpenIdPerson
from tests.support.browsing import Browser
from tests.support.openid import CLIENT, OpenIssuer, logout_url_of, new_key, open_issuer, sign_in, through
from tests.support.running import Running, Start

ADA: dict[str, Any] = {"sub": "p-ada", "email": "ada@example.com", "email_verified": True, "name": "Ada Park"}
SETTINGS = {"oidc_client_id": CLIENT, "oidc_client_secret": "not-a-real-secret", "oidc_admin_group": "ops"}

With = Callable[..., Awaitable[Running]]


@pytest.fixture
async def issuer() -> AsyncIterator[OpenIssuer]:
    async with open_issuer() as issuer:
        issuer.person = dict(ADA)
        yield issuer


@pytest.fixture
def instance(start: Start, issuer: OpenIssuer) -> With:
    """Starts the product, which knows the issuer."""

    async def begin(**settings: Any) -> Running:
        return await start(packages=("tests.dropin",), oidc_issuer=issuer.url, **{**SETTINGS, **settings})

    return begin


async def who(browser: httpx2.AsyncClient) -> dict[str, Any]:
    answer = await browser.get("/api/session")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def sign_out(client: httpx2.AsyncClient) -> httpx2.Response:
    browser = Browser(client)
    await browser.open("/settings/account")
    return await browser.send("/sign-out")


def logout_of(answer: httpx2.Response) -> tuple[str, dict[str, str]]:
    """Which address signing out leads to, and the fields it takes along."""
    assert answer.status_code == 200, answer.text
    address, _, query = logout_url_of(answer.text).partition("?")
    return address, dict(parse_qsl(query, strict_parsing=True))


async def refused(running: Running, words: str) -> None:
    browser = await running.client(None)
    answer = await sign_in(running, browser)
    assert answer.status_code in {403, 503}, answer.text
    assert words in answer.text
    assert (await browser.get("/api/session")).status_code == 401


async def test_somebody_signs_in_and_is_the_same_person_the_next_time(instance: With) -> None:
    running = await instance()
    page = await (await running.client(None)).get("/sign-in")
    assert "Continue with single sign-on" in page.text
    people = []
    for _ in range(2):
        browser = await running.client(None)
        answer = await sign_in(running, browser)
        assert (answer.status_code, answer.headers["location"]) == (303, "/settings/account")
        people.append(await who(browser))
        # This issuer has no end_session_endpoint.
        answer = await sign_out(browser)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert people[0] == people[1]
    assert (people[0]["email"], people[0]["name"], people[0]["role"]) == (ADA["email"], "Ada Park", "member")


async def test_a_group_gives_the_role_of_an_administrator_and_takes_it_back(
    instance: With, issuer: OpenIssuer
) -> None:
    running = await instance()
    root = await running.client("root")
    await root.get("/api/session")
    await running.services.users.grant_role((await running.actor("root")).user_id, "admin", None)
    browser = await running.client(None)
    for groups, role in ((["ops", "all"], "admin"), (["all"], "member"), ("ops", "admin"), (None, "member")):
        issuer.person["groups"] = groups
        await sign_in(running, browser)
        assert (await who(browser))["role"] == role
    # What was granted here stays, whatever the groups say.
    user = await running.services.users.find(ADA["email"], verified=True)
    assert user is not None
    await running.services.users.grant_role(user.id, "admin", None)
    await sign_in(running, browser)
    assert (await who(browser))["role"] == "admin"


async def test_an_account_is_linked_where_both_sides_have_verified_the_address(instance: With) -> None:
    running = await instance()
    link = await running.services.accounts.invite(ADA["email"], "member", None)
    accepted = await running.services.accounts.accept(link.secret, "", "a long enough password", "Ada")
    assert accepted is not None
    assert accepted[1] is not None
    browser = await running.client(None)
    await sign_in(running, browser)
    assert (await who(browser))["userId"] == accepted[1].subject


async def test_who_claimed_an_address_first_does_not_get_what_its_owner_signs_in_to(instance: With) -> None:
    running = await instance()
    await running.services.accounts.sign_up(ADA["email"], "a long enough password", "Mallory")
    await refused(running, "nobody has proven")


async def test_an_address_that_the_issuer_has_not_verified_counts_for_nothing(
    instance: With, issuer: OpenIssuer
) -> None:
    running = await instance()
    link = await running.services.accounts.invite(ADA["email"], "admin", None)
    await running.services.accounts.accept(link.secret, "", "a long enough password", "Ada")
    issuer.person["email_verified"] = False
    browser = await running.client(None)
    await sign_in(running, browser)
    person = await who(browser)
    assert (person["email"], person["role"]) == (None, "member")


@pytest.mark.parametrize("policy", ["invite", "closed"])
async def test_sign_up_says_who_gets_an_account(instance: With, policy: str) -> None:
    running = await instance(sign_up=policy)
    await refused(running, "no account here yet")
    await running.services.accounts.invite(ADA["email"], "admin", None)
    browser = await running.client(None)
    await sign_in(running, browser)
    assert (await who(browser))["role"] == "admin"
    invitations = await running.services.accounts.invitations()
    assert [line.status for line in invitations] == ["used"]


async def test_a_disabled_person_stays_out(instance: With) -> None:
    running = await instance()
    browser = await running.client(None)
    await sign_in(running, browser)
    user = await running.services.users.find(ADA["email"], verified=True)
    assert user is not None
    await running.services.users.disable(user.id)
    await refused(running, "disabled")


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody-else"},
        {"aud": [CLIENT, "somebody-else"]},
        {"azp": "somebody-else"},
        {"iss": "https://issuer.example"},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
    ],
)
async def test_an_id_token_that_was_not_made_for_this_sign_in_lets_nobody_in(
    instance: With, issuer: OpenIssuer, changes: dict[str, Any]
) -> None:
    issuer.changes = changes
    await refused(await instance(), "did not work")


async def test_keys_that_are_not_published_sign_nothing_and_new_ones_are_found(
    instance: With, issuer: OpenIssuer
) -> None:
    running, former = await instance(), issuer.key
    browser = await running.client(None)
    await sign_in(running, browser)
    issuer.key, issuer.published = new_key("k2"), [former]
    await refused(running, "did not work")
    issuer.published = [issuer.key]
    browser = await running.client(None)
    assert (await sign_in(running, browser)).status_code == 303


async def test_a_sign_in_is_finished_once_and_in_the_browser_that_began(instance: With) -> None:
    running = await instance()
    browser, thief = await running.client(None), await running.client(None)
    begun = await browser.get("/sign-in/openid")
    back = await through(begun.headers["location"], running.base)
    assert (await thief.get(back)).status_code == 403
    # Whoever tried has used it up.
    assert (await browser.get(back)).status_code == 403
    again = await through((await browser.get("/sign-in/openid")).headers["location"], running.base)
    assert (await browser.get(again)).status_code == 303
    assert (await browser.get(again)).status_code == 403
    declined = await browser.get("/sign-in/openid/callback?error=access_denied&state=unknown")
    assert declined.status_code == 403


async def test_signing_out_ends_our_session_and_leads_to_the_issuers_and_back(
    instance: With, issuer: OpenIssuer
) -> None:
    issuer.logout_path = "/logout"
    running = await instance()
    browser = await running.client(None)
    await sign_in(running, browser)
    assert (await browser.post("/sign-out")).status_code == 403
    row = await running.services.db.fetchrow("SELECT * FROM sessions")
    assert row is not None
    assert issuer.id_token.encode() not in row["id_token"]
    address, fields = logout_of(await sign_out(browser))
    assert await running.services.db.fetchval("SELECT count(*) FROM sessions") == 0
    state = fields.pop("state")
    assert (address, fields) == (
        f"{issuer.url}/logout",
        {
            "id_token_hint": issuer.id_token,
            "client_id": CLIENT,
            "post_logout_redirect_uri": f"{running.services.settings.base_url}/sign-in",
        },
    )
    assert "You are signed out." in (await browser.get("/sign-in", params={"state": state})).text
    for stranger in (browser, await running.client(None)):
        assert "signed out" not in (await stranger.get("/sign-in", params={"state": state[::-1]})).text


async def test_an_id_token_that_cannot_be_sent_is_left_out(instance: With, issuer: OpenIssuer) -> None:
    issuer.logout_path = "/logout?tenant=1"
    running = await instance()
    browser = await running.client(None)
    await sign_in(running, browser)
    # As after the key that sealed it was retired.
    await running.services.db.execute("UPDATE sessions SET id_token = '\\x00'")
    retired = logout_of(await sign_out(browser))
    issuer.person["groups"] = ["a-group-with-quite-a-long-name"] * 200
    await sign_in(running, browser)
    for address, fields in (retired, logout_of(await sign_out(browser))):
        assert address == f"{issuer.url}/logout"
        assert set(fields) == {"tenant", "client_id", "post_logout_redirect_uri", "state"}


async def test_who_cannot_be_signed_out_at_the_issuer_is_signed_out_here(
    instance: With, issuer: OpenIssuer
) -> None:
    issuer.logout_path = "/logout"
    running = await instance()
    by_password, moved, away = [await Browser.new(running) for _ in range(3)]
    await by_password.sign_up("grace@example.com")
    for browser in (moved, away):
        await sign_in(running, browser.client)
    former = OpenIdPerson("https://former.example", "p-ada", None, None, frozenset(), "a.b.c")
    await running.services.openid_accounts.attach(moved.client.cookies["fluxstudio_session"], former)
    for browser in (by_password, moved, away):
        if browser is away:
            # One that has just started knows no endpoint yet.
            issuer.down, restarted = True, await instance()
            away.client.base_url = restarted.base
        answer = await sign_out(browser.client)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        assert not await browser.signed_in()


async def test_only_pages_of_ours_are_led_back_to(instance: With) -> None:
    running = await instance()
    answer = await sign_in(running, await running.client(None), "https://evil.example/")
    assert answer.headers["location"] == "/"


async def test_an_issuer_that_is_away_is_said_so(instance: With, issuer: OpenIssuer) -> None:
    issuer.down = True
    running = await instance()
    await refused(running, "Single sign-on does not answer right now")
    issuer.down = False
    assert (await sign_in(running, await running.client(None))).status_code == 303


async def test_without_an_issuer_there_is_no_such_page(start: Start) -> None:
    running = await start(packages=("tests.dropin",))
    browser = await running.client(None)
    assert (await browser.get("/sign-in/openid")).status_code == 404
    assert "single sign-on" not in (await browser.get("/sign-in")).text
