"""Who administers: a token for as long as it says so, everybody else because somebody granted it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx2
import pytest
from joserfc.jwk import OctKey

from fluxstudio.errors import InvalidRequest
from tests.support.browsing import Browser
from tests.support.cli import run, variables_for
from tests.support.running import SECRET, Running
from tests.support.tokens import signed

OURS = OctKey.import_key(SECRET)
ADMINS_ONLY = "/api/audit"


async def status(client: httpx2.AsyncClient, token: str, path: str = ADMINS_ONLY) -> int:
    return (await client.get(path, headers={"authorization": f"Bearer {token}"})).status_code


async def actions(running: Running) -> list[tuple[str, str, str | None]]:
    rows = await running.services.db.fetch("SELECT action, outcome, subject FROM audit_log ORDER BY id")
    return [(row["action"], row["outcome"], row["subject"]) for row in rows]


async def test_a_role_from_a_token_counts_for_that_token_only(product: Running) -> None:  # R70
    client = await product.client(None)
    assert await status(client, signed(OURS, role="admin")) == 200
    assert await status(client, signed(OURS)) == 403
    assert await status(client, signed(OURS, role="member")) == 403
    stored = await product.services.db.fetchrow("SELECT role, granted_role FROM users")
    assert tuple(stored or ()) == ("member", "member")


async def test_a_session_has_a_tokens_role_no_longer_than_the_token(product: Running) -> None:  # R70
    client = await product.client(None)
    token = signed(OURS, role="admin", exp=int(time.time()) + 600)
    answer = await client.post("/api/session", headers={"authorization": f"Bearer {token}"})
    assert answer.json()["role"] == "admin"
    assert (await client.get(ADMINS_ONLY)).status_code == 200
    # As if the ten minutes were over.
    await product.services.db.execute(
        "UPDATE sessions SET admin_until = admin_until - interval '601 seconds'"
    )
    assert (await client.get(ADMINS_ONLY)).status_code == 403
    assert (await client.get("/api/session")).json()["role"] == "member"


async def test_a_session_from_a_members_token_never_administers(product: Running) -> None:  # R70
    client = await product.client("ada")
    await client.post("/api/session")
    client.headers.pop("authorization")
    assert (await client.get(ADMINS_ONLY)).status_code == 403


async def test_a_granted_role_is_kept_with_whoever_granted_it_and_audited(product: Running) -> None:  # R70
    boss, ada = await product.client("boss", role="admin"), await product.client("ada")
    await ada.get("/api/session")
    listed = (await boss.get("/api/people")).json()["people"]
    mine = next(entry for entry in listed if entry["userId"] == "ada")
    changed = await boss.patch(f"/api/people/{mine['id']}", json={"role": "admin"})
    assert (changed.status_code, changed.json()["role"]) == (200, "admin")
    assert changed.json()["roleGrantedBy"] == "boss"
    assert changed.json()["roleGrantedAt"]
    assert (await ada.get(ADMINS_ONLY)).status_code == 200
    assert (await actions(product))[-1] == ("role-granted", "done", "ada")
    # Somebody else has to be left.
    other = next(entry for entry in listed if entry["userId"] == "boss")
    await boss.patch(f"/api/people/{other['id']}", json={"role": "admin"})
    demoted = await boss.patch(f"/api/people/{mine['id']}", json={"role": "member"})
    assert demoted.status_code == 200
    assert (await ada.get(ADMINS_ONLY)).status_code == 403
    details = await product.services.db.fetchval("SELECT details FROM audit_log ORDER BY id DESC LIMIT 1")
    assert (details["before"], details["role"]) == ("admin", "member")


async def test_members_cannot_change_or_see_people(product: Running) -> None:  # R70
    ada = await product.client("ada")
    await ada.get("/api/session")
    user = await product.services.db.fetchval("SELECT id FROM users")
    answers = [
        await ada.get("/api/people"),
        await ada.patch(f"/api/people/{user}", json={"role": "admin"}),
        await ada.delete(f"/api/people/{user}"),
        await ada.post(f"/api/people/{user}/password-link"),
        await ada.get("/api/invitations"),
        await ada.post("/api/invitations", json={"role": "admin"}),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "ADMIN_REQUIRED")}


async def test_the_last_administrator_stays(product: Running) -> None:  # R70
    boss = await product.services.users.guest("boss@example.com", "Boss")
    admin = await product.client("root", role="admin")
    for attempt in (
        admin.patch(f"/api/people/{boss.user_id}", json={"role": "member"}),
        admin.patch(f"/api/people/{boss.user_id}", json={"disabled": True}),
        admin.delete(f"/api/people/{boss.user_id}"),
    ):
        answer = await attempt
        assert answer.status_code == 400
        assert "last administrator" in answer.json()["error"]
    assert (await product.services.users.one(boss.user_id)) is not None


async def test_two_administrators_cannot_remove_each_other(product: Running) -> None:  # R70
    people = product.services.users
    one, two = await people.guest("one@example.com", "One"), await people.guest("two@example.com", "Two")
    outcomes = await asyncio.gather(
        people.grant_role(one.user_id, "member", two.user_id),
        people.disable(two.user_id),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LastAdmin", "bool"]


async def test_an_issuer_cannot_speak_for_an_account_made_here(product: Running) -> None:  # R70
    """The host product's names for people and our ids are apart, even where they read the same."""
    boss = await product.services.users.guest("boss@example.com", "Boss")
    client = await product.client(None)
    assert await status(client, signed(OURS, sub=boss.subject)) == 401
    assert await status(client, signed(OURS, sub=None, id=boss.subject)) == 401
    ours = signed(OURS, sub=boss.subject, email="other@example.com", name="Other", fluxstudio_account=True)
    assert await status(client, ours) == 200
    stored = await product.services.db.fetchrow("SELECT email, name FROM users")
    assert tuple(stored or ()) == ("boss@example.com", "Boss")
    assert await status(client, signed(OURS, sub="nobody", fluxstudio_account=True)) == 401
    assert await product.services.db.fetchval("SELECT count(*) FROM users") == 1


async def test_an_address_in_a_token_makes_nobody_somebody_else(product: Running) -> None:  # R70
    boss = await product.services.users.guest("boss@example.com", "Boss")
    mallory = await product.client(None)
    token = signed(OURS, sub="mallory", email="boss@example.com")
    answer = await mallory.get("/api/session", headers={"authorization": f"Bearer {token}"})
    assert (answer.json()["userId"], answer.json()["role"]) == ("mallory", "member")
    user = await product.services.users.find("boss@example.com", verified=True)
    assert user is not None
    assert user.id == boss.user_id


@pytest.mark.parametrize("claimed", ["boss@example.com", "BOSS@example.com "])
async def test_an_address_that_nobody_proved_finds_nobody(product: Running, claimed: str) -> None:  # R70
    client = await product.client(None)
    await status(client, signed(OURS, sub="mallory", email=claimed))
    with pytest.raises(InvalidRequest, match="by subject: mallory"):
        await product.services.users.find("boss@example.com", verified=False)
    user = await product.services.users.find("mallory", verified=True)
    assert user is not None


async def test_an_account_anybody_could_have_made_is_not_promoted_by_address(product: Running) -> None:  # R70
    await (await Browser.new(product)).sign_up("boss@example.com")
    with pytest.raises(InvalidRequest, match="has not been verified"):
        await product.services.users.find("boss@example.com", verified=True)


async def test_a_token_made_here_for_an_unproven_address_is_refused(
    product: Running, tmp_path: Path
) -> None:  # R70
    await status(await product.client(None), signed(OURS, sub="mallory", email="boss@example.com"))
    where = product.services.db._target
    assert isinstance(where, dict)
    variables = variables_for(tmp_path, where)
    refused = await run("token", "--user", "boss@example.com", "--admin", **variables)
    assert (refused.status, refused.out) == (2, "")
    assert "mallory" in refused.err
    by_subject = await run("token", "--user", "mallory", **variables)
    assert by_subject.status == 0
    assert await status(await product.client(None), by_subject.out.strip(), "/api/session") == 200


async def test_the_first_administrator_is_made_by_a_command(product: Running) -> None:  # R70
    where = product.services.db._target
    assert isinstance(where, dict)
    home = product.services.settings.home
    variables = variables_for(home, where, ENCRYPTION_KEYS="")
    made = await run("admin", "boss@example.com", **variables)
    assert made.status == 0, made.err
    path = "/invitations/" + made.out.strip().rpartition("/")[2]
    boss = await Browser.new(product)
    assert "administrator" in (await boss.open(path)).text
    await boss.send(path, name="Boss", password="not-a-real-password")
    assert (await boss.sign_in("boss@example.com")).status_code == 303
    assert (await boss.client.get(ADMINS_ONLY)).status_code == 200
    assert ("invitation-created", "done") in [entry[:2] for entry in await actions(product)]
    # Once only, and for who is here already at once.
    assert (await (await Browser.new(product)).open(path)).status_code == 404
    again = await run("admin", "Boss@example.com", **variables)
    assert (again.status, again.out) == (0, "")
