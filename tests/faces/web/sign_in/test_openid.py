"""Signing in by OpenID Connect: who gets in, as whom, with which role, and who does not."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest

from tests.support.openid import CLIENT, OpenIssuer, new_key, open_issuer, sign_in, through
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
