"""Passwords, sessions, disabling and deleting: at once, audited, by page and by API."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

from fluxstudio.core.identity.users import Claims
from fluxstudio.flows.identity.erasure import erase
from fluxstudio.flows.identity.users import Initiator
from tests.database.people import settled
from tests.support.browsing import Browser
from tests.support.running import Running, Start

EMAIL, PASSWORD, OTHER = "ada@example.com", "not-a-real-password", "another-password-of-ada"
# Every row of every table, as text.
TABLES = """
SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


async def two_browsers(running: Running) -> tuple[Browser, Browser]:
    desk, phone = await Browser.new(running), await Browser.new(running)
    await desk.sign_up(EMAIL, PASSWORD)
    phone.client.headers["user-agent"] = "Mozilla/5.0 (iPhone) Version/18.0 Safari/604.1"
    await phone.sign_in(EMAIL, PASSWORD)
    return desk, phone


async def audited(running: Running) -> list[tuple[str, str]]:
    rows = await running.services.db.fetch("SELECT action, outcome FROM audit_log ORDER BY id")
    return [(row["action"], row["outcome"]) for row in rows]


async def test_a_new_password_needs_the_old_one_and_ends_other_sessions(product: Running) -> None:  # R23
    desk, phone = await two_browsers(product)
    await desk.open("/settings/account")
    wrong = await desk.send("/settings/account/password", current="wrong-password", password=OTHER)
    assert wrong.status_code == 400
    assert "This is not your password." in wrong.text
    assert await phone.signed_in()
    done = await desk.send("/settings/account/password", current=PASSWORD, password=OTHER)
    assert done.status_code == 303
    assert await desk.signed_in()
    assert not await phone.signed_in()
    assert (await phone.sign_in(EMAIL, PASSWORD)).status_code == 401
    assert (await phone.sign_in(EMAIL, OTHER)).status_code == 303
    lines = [line for line in await audited(product) if line[0] == "password-changed"]
    assert lines == [("password-changed", "refused"), ("password-changed", "done")]


async def test_a_name_is_changed_where_it_was_made_and_by_its_owner_alone(product: Running) -> None:
    desk = await Browser.new(product)
    await desk.sign_up(EMAIL, PASSWORD)
    page = await desk.open("/settings/account")
    assert 'value="Ada"' in page.text
    for name, problem in (("  ", "Enter your name."), ("A" * 201, "Use up to 200 characters.")):
        refused = await desk.send("/settings/account/name", name=name)
        assert refused.status_code == 400
        assert problem in refused.text
    done = await desk.send("/settings/account/name", name=" Ada Park ")
    assert (done.status_code, done.headers["location"]) == (303, "/settings/account?done=name")
    assert "Ada Park" in (await desk.open("/")).text
    renamed = await desk.client.patch(
        "/api/account", json={"name": "Ada P."}, headers={"x-csrf-token": desk.csrf, "origin": product.base}
    )
    assert renamed.status_code == 204
    assert [line for line in await audited(product) if line[0] == "name-changed"] == 2 * [
        ("name-changed", "done")
    ]
    # Whoever comes with a token of a host product is called what that says.
    elsewhere = await product.client("mei")
    answer = await elsewhere.patch("/api/account", json={"name": "Somebody"})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["name"])


async def test_sessions_are_listed_and_ended_one_by_one_or_all(product: Running) -> None:  # R23
    desk, phone = await two_browsers(product)
    page = await desk.open("/settings/account")
    assert "Safari on iPhone" in page.text
    assert page.text.count("This browser") == 1
    [session] = re.findall(r'name="session" value="([^"]+)"', page.text)
    assert (await desk.send("/settings/account/sessions", session=session)).status_code == 303
    assert not await phone.signed_in()
    await phone.sign_in(EMAIL, PASSWORD)
    listed = (await desk.client.get("/api/sessions")).json()["sessions"]
    assert [entry["current"] for entry in listed] == [True, False]
    assert {entry["address"] for entry in listed} == {"127.0.0.1"}
    await desk.open("/settings/account")
    ended = await desk.client.delete("/api/sessions", headers={"x-csrf-token": desk.csrf})
    assert ended.json() == {"ended": 1}
    assert await desk.signed_in()
    assert not await phone.signed_in()
    assert ("sessions-ended", "done") in await audited(product)


async def test_nobody_ends_the_session_of_another(product: Running) -> None:  # R26
    desk, _ = await two_browsers(product)
    session = await product.services.db.fetchval("SELECT id FROM sessions LIMIT 1")
    mei = await product.client("mei")
    assert (await mei.delete(f"/api/sessions/{session}")).status_code == 404
    assert (await mei.get("/api/sessions")).json()["sessions"] == []
    assert await desk.signed_in()


async def test_an_administrator_disables_and_enables_on_the_page(product: Running) -> None:  # R23
    await product.services.users.guest("root@example.com", "Root")
    boss, ada = await Browser.new(product), await Browser.new(product)
    await boss.client.post(
        "/api/session", headers={"authorization": f"Bearer {product.token('boss', role='admin')}"}
    )
    await ada.sign_up(EMAIL)
    by_token = await product.client("mei")
    await by_token.get("/api/session")
    page = await boss.open("/settings/people")
    assert EMAIL in page.text
    users = await product.services.db.fetch("SELECT id FROM users WHERE subject = 'mei' OR email = $1", EMAIL)
    for row in users:
        await boss.open(f"/settings/people/{row['id']}")
        assert (await boss.send(f"/settings/people/{row['id']}/disable")).status_code == 303
    assert not await ada.signed_in()
    assert (await ada.sign_in(EMAIL)).status_code == 401
    assert (await by_token.get("/api/integrations")).status_code == 401
    for row in users:
        await boss.open(f"/settings/people/{row['id']}")
        await boss.send(f"/settings/people/{row['id']}/enable")
    assert (await ada.sign_in(EMAIL)).status_code == 303
    assert (await by_token.get("/api/integrations")).status_code == 200
    lines = await audited(product)
    assert (lines.count(("user-disabled", "done")), lines.count(("user-enabled", "done"))) == (2, 2)


async def test_a_member_sees_no_page_about_people(product: Running) -> None:  # R70
    await product.services.users.guest("root@example.com", "Root")
    mei = await Browser.new(product)
    await mei.sign_up("mei@example.com")
    user = await product.services.accounts.with_address("mei@example.com")
    for path in ("", "/invite", f"/{user}", f"/{user}/delete"):
        assert (await mei.open(f"/settings/people{path}")).status_code == 403
    await mei.open("/settings/account")
    assert (await mei.send(f"/settings/people/{user}/role", role="admin")).status_code == 403


async def test_an_invitation_is_made_and_revoked_on_the_page(product: Running) -> None:  # R70
    boss = await Browser.new(product)
    await boss.client.post(
        "/api/session", headers={"authorization": f"Bearer {product.token('boss', role='admin')}"}
    )
    await boss.open("/settings/people/invite")
    page = await boss.send("/settings/people/invite", email=EMAIL, role="member")
    [path] = set(re.findall(r"/invitations/[\w-]{40,}", page.text))
    listed = await boss.open("/settings/people")
    [revoke] = re.findall(r'action="(/settings/people/invitations/[^"]+)"', listed.text)
    assert (await boss.send(revoke)).status_code == 303
    assert (await (await Browser.new(product)).open(path)).status_code == 404


async def test_people_delete_their_own_account_after_confirming(product: Running) -> None:  # R23
    await product.services.users.guest("root@example.com", "Root")
    desk, phone = await two_browsers(product)
    await desk.open("/settings/account/delete")
    assert (await desk.send("/settings/account/delete", password="wrong-password")).status_code == 400
    assert await phone.signed_in()
    assert (await desk.send("/settings/account/delete", password=PASSWORD)).status_code == 303
    assert not await phone.signed_in()
    assert (await phone.sign_in(EMAIL, PASSWORD)).status_code == 401
    assert await product.services.accounts.with_address(EMAIL) is None
    rows = await product.services.db.fetch("SELECT user_id, subject, address, details FROM audit_log")
    assert EMAIL not in str(rows)
    assert {str(row["address"]) for row in rows if row["user_id"] is None} <= {"None", "127.0.0.1"}


async def test_erasing_somebody_leaves_no_row_and_no_payload_of_theirs(start: Start) -> None:  # R23
    running = await start(packages=("tests.dropin",))
    db = running.services.db
    before = await everything(db)
    ada, mei = await settled(db, "ada"), await settled(db, "mei")
    of_mei = {table: [row for row in rows if mei.owns(row)] for table, rows in (await everything(db)).items()}
    await erase(running.services, Initiator(), ada.user)
    left = {table: [row for row in rows if ada.owns(row)] for table, rows in (await everything(db)).items()}
    assert {table: rows for table, rows in left.items() if rows} == {}
    now = {table: [row for row in rows if mei.owns(row)] for table, rows in (await everything(db)).items()}
    assert now == of_mei
    assert before.keys() == left.keys()


async def everything(db: object) -> dict[str, list[str]]:
    rows = await db.fetch(TABLES)  # type: ignore[attr-defined]
    return {
        row["name"]: sorted(
            entry["row"]
            for entry in await db.fetch(f"SELECT t::text AS row FROM {row['name']} t")  # type: ignore[attr-defined]
        )
        for row in rows
        if not row["name"].startswith("schema_migrations")
    }


async def test_erasing_revokes_what_nobody_shares_and_keeps_what_others_use(start: Start) -> None:  # R23
    running = await start(packages=("tests.dropin",))
    ada, mei = await running.client("ada"), await running.client("mei")
    shared = await running.connect(ada, "linear", choice="lin_ada")
    await running.connect(mei, "linear", choice="lin_ada")
    grant = await running.grant_of(shared)
    user = await user_of(running, "ada")
    await erase(running.services, Initiator(), user)
    stored = await running.services.db.fetchrow("SELECT status FROM oauth_tokens WHERE id = $1", grant["id"])
    assert stored is not None
    assert stored["status"] == "active"
    await erase(running.services, Initiator(), await user_of(running, "mei"))
    assert await running.services.db.fetchval("SELECT count(*) FROM oauth_tokens") == 0


async def user_of(running: Running, subject: str) -> UUID:
    return (await running.services.users.from_claims(Claims(subject, None, None, None))).user_id


EVENT = """
INSERT INTO integration_webhooks (id, provider, delivery_key, event_type, account_id, payload, owner_id)
SELECT (left(first_event_id(now())::text, 24) || right($1::text, 12))::uuid, 'linear', $1::text, 'Issue',
       'lin_ada', '{}', $2::uuid
"""
USAGE = "INSERT INTO event_usage (provider, source, hour, events, bytes) VALUES ('linear', $1, now(), 1, 1)"


async def test_erasing_somebody_takes_along_what_only_their_own_webhooks_brought(start: Start) -> None:  # R23
    running = await start(packages=("tests.dropin",))
    ada, mei = await running.client("ada"), await running.client("mei")
    await running.connect(ada, "linear", choice="lin_ada")
    await running.connect(mei, "linear", choice="lin_ada")
    db, owner, other = running.services.db, await user_of(running, "ada"), await user_of(running, "mei")
    for user in (owner, other, None):
        await db.execute(EVENT, str(uuid4()), user)
        await db.execute(USAGE, f"user {user}")
    await erase(running.services, Initiator(), owner)
    owners = await db.fetch("SELECT owner_id FROM integration_webhooks")
    assert {row["owner_id"] for row in owners} == {other, None}
    usage = await db.fetch("SELECT source FROM event_usage")
    assert {row["source"] for row in usage} == {f"user {other}", "user None"}
