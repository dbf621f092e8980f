"""Who may make an account; answers tell nobody who has one, and others cannot lock its owner out."""

from __future__ import annotations

import re
from typing import Any, Literal

import argon2
import httpx2
import pytest

from fluxstudio.core.identity import passwords
from fluxstudio.settings import Settings
from tests.support.browsing import Browser
from tests.support.running import Running, Start

EMAIL, PASSWORD = "ada@example.com", "not-a-real-password"
SMALL = ("tests.dropin",)
HERE = "127.0.0.0/8"


def alike(answer: httpx2.Response) -> tuple[int, str | None, str, list[str]]:
    """An answer without what differs every time."""
    text = re.sub(r'(nonce|value)="[^"]*"', "", answer.text)
    return answer.status_code, answer.headers.get("location"), text, sorted(answer.cookies)


async def sign_up(running: Running, email: str, name: str = "Ada") -> httpx2.Response:
    browser = await Browser.new(running)
    await browser.open("/sign-up")
    return await browser.send("/sign-up", name=name, email=email, password=PASSWORD)


@pytest.mark.parametrize(
    ("arguments", "policy"),
    [
        ({}, "open"),
        ({"env": "production"}, "invite"),
        ({"env": "production", "sign_up": "open"}, "open"),
        ({"sign_up": "closed"}, "closed"),
        ({"sign_up": ""}, "open"),
    ],
)
def test_production_takes_people_by_invitation(arguments: dict[str, Any], policy: str) -> None:  # R70
    assert Settings(_env_file=None, **arguments).sign_up_policy == policy  # type: ignore[call-arg]


@pytest.mark.parametrize("policy", ["invite", "closed"])
async def test_nobody_makes_an_account_where_that_is_closed(start: Start, policy: str) -> None:  # R70
    running = await start(packages=SMALL, sign_up=policy)
    visitor = await Browser.new(running)
    page = await visitor.open("/sign-in")
    assert "/sign-up" not in page.text
    assert (await visitor.open("/sign-up")).status_code == 403
    assert (await visitor.send("/sign-up", name="A", email=EMAIL, password=PASSWORD)).status_code == 403
    assert await running.services.db.fetchval("SELECT count(*) FROM users") == 0


async def test_being_early_makes_no_administrator_in_production(product: Running) -> None:  # R70
    actor = await product.services.accounts.sign_up(EMAIL, PASSWORD, "Ada", first_is_admin=False)
    assert actor is not None
    assert actor.role == "member"


async def test_signing_up_does_not_tell_who_has_an_account(product: Running) -> None:  # R71
    first = await sign_up(product, EMAIL)
    again = await sign_up(product, EMAIL.upper(), "Mallory")
    assert alike(first) == alike(again)
    assert await product.services.db.fetchval("SELECT array_agg(name) FROM users") == ["Ada"]
    rows = await product.services.db.fetch(
        "SELECT outcome FROM audit_log WHERE action = 'sign-up' ORDER BY id"
    )
    assert [row["outcome"] for row in rows] == ["done", "refused"]


async def test_signing_up_hashes_a_password_whether_the_address_is_new_or_not(
    product: Running, monkeypatch: pytest.MonkeyPatch
) -> None:  # R71
    """So that the time it takes does not tell either."""
    hashed: list[int] = []
    hasher = passwords._hasher

    class Counting(argon2.PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            hashed.append(len(password))
            return hasher.hash(password)

        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            return hasher.verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counting(time_cost=1, memory_cost=8, parallelism=1))
    for _ in range(2):
        await sign_up(product, EMAIL)
    assert len(hashed) == 2


async def test_an_invitation_makes_one_account_with_its_address_and_role(product: Running) -> None:  # R70
    boss = await product.client("boss", role="admin")
    invited = await boss.post("/api/invitations", json={"email": "Ada@Example.com", "role": "admin"})
    assert invited.status_code == 201
    path = "/" + invited.json()["url"].split("/", 3)[3]
    ada = await Browser.new(product)
    assert "Ada@Example.com" in (await ada.open(path)).text
    answer = await ada.send(path, name="Ada", email="mallory@example.com", password=PASSWORD)
    assert answer.status_code == 303
    assert (await ada.sign_in(EMAIL)).status_code == 303
    row = await product.services.db.fetchrow(
        "SELECT email, granted_role, address_verified_at IS NOT NULL FROM users WHERE name = 'Ada'"
    )
    assert tuple(row or ()) == ("Ada@Example.com", "admin", True)
    late = await Browser.new(product)
    await late.open("/sign-in")
    for method in (late.open(path), late.send(path, name="B", email="b@example.com", password=PASSWORD)):
        assert (await method).status_code == 404
    listed = (await boss.get("/api/invitations")).json()["invitations"]
    assert [entry["status"] for entry in listed] == ["used"]
    stored = await product.services.db.fetchval("SELECT encode(token_hash, 'escape') FROM invitations")
    assert path.rpartition("/")[2] not in stored


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_an_invitation_that_ended_invites_nobody(product: Running, how: str) -> None:  # R70
    boss = await product.client("boss", role="admin")
    invited = (await boss.post("/api/invitations", json={})).json()
    if how == "revoked":
        assert (await boss.delete(f"/api/invitations/{invited['id']}")).status_code == 204
    else:
        await product.services.db.execute("UPDATE invitations SET expires_at = now()")
    visitor = await Browser.new(product)
    await visitor.open("/sign-in")
    path = "/" + invited["url"].split("/", 3)[3]
    answer = await visitor.send(path, name="Ada", email=EMAIL, password=PASSWORD)
    assert answer.status_code == 404
    assert (await boss.get("/api/invitations")).json()["invitations"][0]["status"] == how
    assert (await boss.delete(f"/api/invitations/{invited['id']}")).status_code == (
        404 if how == "revoked" else 204
    )


async def test_an_open_invitation_does_not_tell_who_has_an_account(product: Running) -> None:  # R71
    await sign_up(product, EMAIL)
    boss = await product.client("boss", role="admin")
    answers = []
    for email in (EMAIL, "new@example.com"):
        path = "/" + (await boss.post("/api/invitations", json={})).json()["url"].split("/", 3)[3]
        visitor = await Browser.new(product)
        await visitor.open(path)
        answers.append(alike(await visitor.send(path, name="X", email=email, password="another-password")))
        assert (await visitor.open(path)).status_code == 404
    assert answers[0] == answers[1]
    assert (await (await Browser.new(product)).sign_in(EMAIL)).status_code == 303


async def test_others_wrong_passwords_do_not_lock_the_owner_out(start: Start) -> None:  # R71
    running = await start(
        packages=SMALL,
        rate_limit_sign_in="4/minute",
        rate_limit_sign_in_email="3/minute",
        rate_limit_sign_in_account="5/minute",
        trusted_proxies=HERE,
    )
    owner = await Browser.new(running)
    owner.client.headers["x-forwarded-for"] = "192.0.2.1"
    await owner.sign_up(EMAIL)
    await owner.open("/settings/integrations")
    await owner.send("/sign-out")
    seen = []
    for number in range(12):
        guesser = await Browser.new(running)
        guesser.client.headers["x-forwarded-for"] = f"198.51.100.{number % 3}"
        seen.append((await guesser.sign_in(EMAIL, "wrong-password")).status_code)
    assert seen[-1] == 429
    stranger = await Browser.new(running)
    stranger.client.headers["x-forwarded-for"] = "203.0.113.9"
    assert (await stranger.sign_in(EMAIL)).status_code == 429
    # From the very network of those who guess, too.
    owner.client.headers["x-forwarded-for"] = "198.51.100.0"
    assert (await owner.sign_in(EMAIL)).status_code == 303


async def test_a_browser_that_has_signed_in_has_a_limit_of_its_own(start: Start) -> None:  # R71
    running = await start(packages=SMALL, rate_limit_sign_in_browser="3/minute")
    ada, mei = await Browser.new(running), await Browser.new(running)
    await ada.sign_up(EMAIL)
    await mei.sign_up("mei@example.com")
    names = ada.client.cookies["fluxstudio_known_browser"]
    thief = await Browser.new(running)
    thief.hold("fluxstudio_known_browser", names)
    statuses = [(await thief.sign_in(EMAIL, "wrong-password")).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    # It opens no way around the limits of another account.
    assert not await running.services.sessions.knows_browser(names, "mei@example.com")
    assert (await (await Browser.new(running)).sign_in("mei@example.com")).status_code == 303
    assert names not in str(await running.services.db.fetch("SELECT * FROM known_browsers"))


async def test_a_network_guesses_at_one_account_a_few_times_only(start: Start) -> None:  # R43
    running = await start(packages=SMALL, rate_limit_sign_in_email="2/minute")
    guesser = await Browser.new(running)
    spellings = (EMAIL, "ADA@example.com ", "ａｄａ@EXAMPLE.com", "ada@example.com.")
    assert [(await guesser.sign_in(spelling)).status_code for spelling in spellings] == [401, 401, 429, 429]
    assert (await guesser.sign_in("mei@example.com")).status_code == 401


async def test_a_password_link_works_once_and_signs_out_everywhere(product: Running) -> None:  # R23
    ada = await Browser.new(product)
    await ada.sign_up(EMAIL)
    user = await product.services.accounts.with_address(EMAIL)
    boss = await product.client("boss", role="admin")
    link = (await boss.post(f"/api/people/{user}/password-link")).json()["url"]
    path = "/" + link.split("/", 3)[3]
    visitor = await Browser.new(product)
    assert EMAIL in (await visitor.open(path)).text
    assert (await visitor.send(path, password="short")).status_code == 400
    assert (await visitor.send(path, password="an-entirely-new-password")).status_code == 303
    assert not await ada.signed_in()
    assert (await ada.sign_in(EMAIL)).status_code == 401
    assert (await ada.sign_in(EMAIL, "an-entirely-new-password")).status_code == 303
    assert (await visitor.send(path, password="yet-another-password")).status_code == 404
    rows = await product.services.db.fetch("SELECT action FROM audit_log ORDER BY id")
    assert {"password-link", "password-reset"} <= {row["action"] for row in rows}
