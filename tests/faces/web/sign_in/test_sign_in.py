"""Signing up, in and out, and what a session is good for."""

from __future__ import annotations

import asyncio
import re
from typing import Literal

import argon2
import httpx2
import pytest

from fluxstudio.core.identity import passwords
from tests.support.browsing import Browser, cookies_set
from tests.support.running import Running, Start

EMAIL, PASSWORD = "ada@example.com", "not-a-real-password"
HTTPS = "https://flux.example"
SLOW_INSERT = """
CREATE OR REPLACE FUNCTION wait_a_little() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END $$;
CREATE OR REPLACE TRIGGER slow BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION wait_a_little();
"""
AS_DELIVERED = passwords._hasher


async def test_signing_up_signs_in_and_keeps_only_a_hash(product: Running) -> None:
    ada = await Browser.new(product)
    await ada.sign_up(EMAIL, PASSWORD, "Ada Park")
    page = await ada.open("/settings/integrations")
    assert page.status_code == 200
    assert "Ada Park" in page.text
    stored = await product.services.db.fetchval("SELECT password_hash FROM users")
    assert stored.startswith("$argon2id$")
    assert argon2.PasswordHasher().verify(stored, PASSWORD)


def test_hashes_cost_as_much_as_is_recommended() -> None:
    """RFC 9106, section 4, second recommended option: 3 passes over 64 MiB."""
    usual = AS_DELIVERED
    assert (usual.time_cost, usual.memory_cost, usual.type) == (3, 65536, argon2.Type.ID)


async def test_the_first_to_sign_up_administers_and_nobody_else(product: Running) -> None:
    await product.services.db.execute(SLOW_INSERT)
    browsers = [await Browser.new(product) for _ in range(6)]
    await asyncio.gather(
        *(browser.sign_up(f"person{number}@example.com") for number, browser in enumerate(browsers))
    )
    await product.services.db.execute("DROP TRIGGER slow ON users")
    roles = await product.services.db.fetch("SELECT granted_role AS role FROM users")
    assert sorted(row["role"] for row in roles) == ["admin", *["member"] * 5]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"email": "nonsense"}, "address like"),
        ({"email": "a b@example.com"}, "address like"),
        ({"email": "x" * 65 + "@example.com"}, "address like"),
        ({"name": ""}, "Enter your name"),
        ({"name": "n" * 201}, "Use up to 200 characters"),
        ({"password": "too short"}, "12 characters or more"),
        ({"password": "p" * 1025}, "1,024 characters at most"),
    ],
)
async def test_a_form_that_cannot_be_right_says_what_to_change(
    product: Running, changes: dict[str, str], text: str
) -> None:
    ada = await Browser.new(product)
    await ada.open("/sign-up")
    answer = await ada.send("/sign-up", **{"name": "Ada", "email": EMAIL, "password": PASSWORD, **changes})
    assert answer.status_code == 400
    assert text in answer.text
    assert PASSWORD not in answer.text
    assert await product.services.db.fetchval("SELECT count(*) FROM users") == 0


async def test_an_address_has_one_account(product: Running) -> None:
    await (await Browser.new(product)).sign_up(EMAIL)
    other = await Browser.new(product)
    await other.open("/sign-up")
    await other.send("/sign-up", name="Mei", email=EMAIL.upper(), password="another-password-of-mei")
    assert (await other.sign_in(EMAIL, "another-password-of-mei")).status_code == 401
    assert (await other.sign_in(EMAIL)).status_code == 303
    assert await product.services.db.fetchval("SELECT array_agg(name) FROM users") == ["Ada"]


def without_secrets(answer: httpx2.Response) -> str:
    """A page without what differs every time."""
    return re.sub(r'(nonce|value|name)="[^"]*"', "", answer.text)


async def test_a_refused_sign_in_does_not_tell_what_was_wrong(product: Running) -> None:  # R44
    await (await Browser.new(product)).sign_up(EMAIL)
    await product.services.db.execute("INSERT INTO users (subject, email) VALUES ('api', 'api@example.com')")
    visitor = await Browser.new(product)
    answers = [
        await visitor.sign_in(EMAIL, "wrong-password"),
        await visitor.sign_in("nobody@example.com", PASSWORD),
        await visitor.sign_in("api@example.com", PASSWORD),
        await visitor.sign_in(EMAIL, ""),
        await visitor.sign_in("", ""),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({without_secrets(answer).replace(" autofocus", "") for answer in answers}) == 1
    assert "Wrong email or password." in answers[0].text
    assert not any("fluxstudio_session" in cookies_set(answer) for answer in answers)


async def test_a_password_is_checked_even_when_nobody_has_the_address(
    product: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the time it takes does not tell either."""
    checked: list[str] = []
    hasher = passwords._hasher

    class Counting(argon2.PasswordHasher):
        def verify(self, stored: str | bytes, password: str | bytes) -> Literal[True]:
            checked.append(str(stored))
            return hasher.verify(stored, password)

    await (await Browser.new(product)).sign_up(EMAIL)
    monkeypatch.setattr(passwords, "_hasher", Counting(time_cost=1, memory_cost=8, parallelism=1))
    visitor = await Browser.new(product)
    for email in (EMAIL, "nobody@example.com"):
        await visitor.sign_in(email, "wrong-password")
    assert len(checked) == 2
    assert len({stored.rsplit("$", 2)[0] for stored in checked}) == 1


async def test_a_hash_of_older_strength_is_renewed_at_the_next_sign_in(
    product: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await Browser.new(product)).sign_up(EMAIL)
    monkeypatch.setattr(
        passwords, "_hasher", argon2.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    )
    assert (await (await Browser.new(product)).sign_in(EMAIL)).status_code == 303
    assert "m=16,t=2" in await product.services.db.fetchval("SELECT password_hash FROM users")


async def test_signing_in_leads_back_to_where_you_were(product: Running) -> None:
    ada = await Browser.new(product)
    await ada.sign_up(EMAIL)
    visitor = await Browser.new(product)
    sent = await visitor.open("/settings/integrations/linear/attempts?page=2")
    assert (sent.status_code, sent.headers["location"]) == (
        303,
        "/sign-in?returnTo=/settings/integrations/linear/attempts%3Fpage%3D2",
    )
    page = await visitor.open(sent.headers["location"])
    [back] = re.findall(r'name="returnTo" value="([^"]+)"', page.text)
    answer = await visitor.send("/sign-in", email=EMAIL, password=PASSWORD, returnTo=back)
    assert answer.headers["location"] == "/settings/integrations/linear/attempts?page=2"


async def test_signing_out_ends_the_session_at_once(product: Running) -> None:  # R23
    ada = await Browser.new(product)
    await ada.sign_up(EMAIL)
    stolen = ada.client.cookies["fluxstudio_session"]
    assert await ada.signed_in()
    answer = await ada.send("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "fluxstudio_session" not in ada.client.cookies
    ada.hold("fluxstudio_session", stolen)
    assert not await ada.signed_in()
    assert await product.services.db.fetchval("SELECT count(*) FROM sessions") == 0


async def test_signing_out_through_the_api_ends_the_session_at_once(product: Running) -> None:  # R23
    ada = await Browser.new(product)
    await ada.sign_up(EMAIL)
    await ada.open("/settings/integrations")
    answer = await ada.client.delete("/api/session", headers={"x-csrf-token": ada.csrf})
    assert answer.status_code == 204
    assert await product.services.db.fetchval("SELECT count(*) FROM sessions") == 0


async def test_one_browser_signing_out_leaves_the_others_alone(product: Running) -> None:
    desk, phone = await Browser.new(product), await Browser.new(product)
    await desk.sign_up(EMAIL)
    await phone.sign_in(EMAIL)
    await desk.open("/settings/integrations")
    await desk.send("/sign-out")
    assert await phone.signed_in()


async def test_who_is_switched_off_is_out_at_once(product: Running) -> None:  # R23
    ada, client = await Browser.new(product), await product.client("ada")
    assert (await client.post("/api/session")).status_code == 200
    by_token = await product.client("ada")
    await product.services.users.guest("boss@example.com", "Boss")
    await ada.sign_up(EMAIL)
    for row in await product.services.db.fetch("SELECT id FROM users WHERE granted_role = 'member'"):
        await product.services.users.disable(row["id"])
    assert not await ada.signed_in()
    client.headers.pop("authorization")
    for caller, code in ((client, "MISSING_TOKEN"), (by_token, "INVALID_TOKEN")):
        answer = await caller.get("/api/integrations")
        assert (answer.status_code, answer.json()["code"]) == (401, code)
    again = await (await Browser.new(product)).sign_in(EMAIL)
    assert again.status_code == 401
    assert "Wrong email or password." in again.text


async def test_a_session_ends_with_time_and_with_silence(product: Running) -> None:
    ada = await Browser.new(product)
    for ended in ("expires_at = now()", "last_seen_at = now() - interval '8 days'"):
        await ada.sign_up(f"{len(ended)}@example.com")
        assert await ada.signed_in()
        await product.services.db.execute(f"UPDATE sessions SET {ended}")
        assert not await ada.signed_in()
    await product.services.sessions.sweep()
    assert await product.services.db.fetchval("SELECT count(*) FROM sessions") == 0


async def test_every_sign_in_gets_a_session_of_its_own(product: Running) -> None:  # R24
    """What an attacker planted in a browser before does not become a way in."""
    await (await Browser.new(product)).sign_up(EMAIL)
    visitor = await Browser.new(product)
    planted = "planted-" + "x" * 40
    visitor.hold("fluxstudio_session", planted)
    assert (await visitor.sign_in(EMAIL)).status_code == 303
    first = visitor.client.cookies["fluxstudio_session"]
    assert first != planted
    visitor.hold("fluxstudio_session", planted)
    assert not await visitor.signed_in()


async def test_signing_in_again_ends_the_session_before(product: Running) -> None:  # R24
    ada = await Browser.new(product)
    await ada.sign_up(EMAIL)
    before = ada.client.cookies["fluxstudio_session"]
    await ada.open("/settings/integrations")
    await ada.client.post("/sign-in", data={"csrf": ada.csrf, "email": EMAIL, "password": PASSWORD})
    after = ada.client.cookies["fluxstudio_session"]
    assert after != before
    assert len(after) >= 43
    assert await product.services.db.fetchval("SELECT count(*) FROM sessions") == 1
    ada.hold("fluxstudio_session", before)
    assert not await ada.signed_in()


async def test_the_database_does_not_hold_what_signs_in(product: Running) -> None:  # R17
    ada = await Browser.new(product)
    await ada.sign_up(EMAIL)
    held = await product.services.db.fetchval("SELECT encode(token_hash, 'hex') FROM sessions")
    for guess in (held, bytes.fromhex(held).decode("latin-1").encode().hex()):
        visitor = await Browser.new(product)
        visitor.hold("fluxstudio_session", guess)
        assert not await visitor.signed_in()


async def test_a_token_is_traded_for_a_session(product: Running) -> None:
    client = await product.client("ada", role="admin")
    answer = await client.post("/api/session")
    assert answer.json() == {"userId": "ada", "email": "ada@example.com", "name": None, "role": "admin"}
    client.headers.pop("authorization")
    assert (await client.get("/api/session")).json()["role"] == "admin"
    assert (await client.get("/settings/integrations")).status_code == 200


async def test_only_a_token_can_be_traded(product: Running) -> None:
    ada = await Browser.new(product)
    refused = [await ada.client.post("/api/session")]
    await ada.sign_up(EMAIL)
    await ada.open("/settings/integrations")
    refused.append(await ada.client.post("/api/session", headers={"x-csrf-token": ada.csrf}))
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (401, "MISSING_TOKEN")


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(product: Running) -> None:  # R25
    ada = await Browser.new(product)
    cookies = cookies_set(await ada.open("/sign-in"))
    await ada.sign_up(EMAIL)
    cookies |= cookies_set(await ada.sign_in(EMAIL))
    traded = cookies_set(await (await product.client("ada")).post("/api/session"))
    for cookie in (*cookies.values(), *traded.values()):
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/")
        assert cookie["domain"] == ""


async def test_under_https_cookies_belong_to_this_host_and_to_https(start: Start) -> None:  # R25
    running = await start(packages=("tests.dropin",), public_url=HTTPS)
    port = running.services.settings.port
    token = {"authorization": f"Bearer {running.token()}"}
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answers = [
            await client.get("/sign-in", headers={"host": "flux.example"}),
            await client.post("/api/session", headers={"host": "flux.example", **token}),
        ]
    cookies = [cookie for answer in answers for cookie in cookies_set(answer).values()]
    assert {cookie.key for cookie in cookies} == {"__Host-fluxstudio_browser", "__Host-fluxstudio_session"}
    for cookie in cookies:
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert all("max-age=" in answer.headers["strict-transport-security"] for answer in answers)


async def test_what_happens_around_a_session_is_audited(product: Running) -> None:  # R54
    ada = await Browser.new(product)
    await ada.sign_up(EMAIL)
    await ada.open("/settings/integrations")
    await ada.send("/sign-out")
    await ada.sign_in(EMAIL, "wrong-password")
    await ada.sign_in(EMAIL)
    rows = await product.services.db.fetch("SELECT action, outcome, host(address) AS at FROM audit_log")
    assert [(row["action"], row["outcome"]) for row in rows] == [
        ("sign-up", "done"),
        ("sign-in", "done"),
        ("sign-out", "done"),
        ("sign-in", "refused"),
        ("sign-in", "done"),
    ]
    assert {row["at"] for row in rows} == {"127.0.0.1"}
