"""The tables that others rely on, and what they never hold."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from fluxstudio.core.registry import discover
from fluxstudio.kit.postgres.database import Database
from tests.database.people import Person

PROMISED = (
    "oauth_tokens",
    "oauth_integration_settings",
    "oauth_state_tokens",
    "figma_files_cache",
    "slack_channels_cache",
    "integration_webhooks",
)
OF_PEOPLE = (
    "sessions",
    "connections",
    "oauth_integration_settings",
    "connect_attempts",
    "oauth_state_tokens",
    "webhook_subscriptions",
)
STATE = """
INSERT INTO oauth_state_tokens (state_hash, attempt_id, user_id, provider, browser_hash, client_id,
                                redirect_uri, token_endpoint, scopes, return_to, created_at, expires_at)
SELECT sha256('another'), attempt_id, user_id, provider, browser_hash, client_id,
       redirect_uri, token_endpoint, scopes, {return_to}, {created}, {expires}
FROM oauth_state_tokens
"""


@pytest.mark.parametrize("name", PROMISED)
async def test_the_tables_of_the_contract_exist(db: Database, ada: Person, name: str) -> None:
    assert await db.fetchval(f"SELECT count(*) FROM {name}") >= 1


async def test_a_request_for_authorization_lives_fifteen_minutes(db: Database, ada: Person) -> None:  # R1
    lives = await db.fetchval("SELECT expires_at - created_at FROM oauth_state_tokens")
    assert lives == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("provider", "operation", "hours"),
    [("figma", "files", 24), ("figma", "file", 24), ("slack", "channels", 1)],
)
def test_kept_answers_stay_fresh_as_long_as_promised(provider: str, operation: str, hours: int) -> None:
    providers = {entry.id: entry for entry, _ in discover()}
    assert providers[provider][operation].fresh_for == timedelta(hours=hours)


async def test_the_caches_show_what_was_kept(db: Database, ada: Person, mei: Person) -> None:
    files = await db.fetch("SELECT data FROM figma_files_cache WHERE grant_id = $1", ada.grant)
    channels = await db.fetch("SELECT channels FROM slack_channels_cache WHERE grant_id = $1", ada.grant)
    assert [row["data"] for row in files] == [{"of": ada.name}] * 2
    assert [row["channels"] for row in channels] == [{"of": ada.name}]


IMPOSSIBLE = {
    "a state that lives too long": STATE.format(
        return_to="'/'", created="now()", expires="now() + interval '15 minutes 1 second'"
    ),
    "a way back that no page is at": STATE.format(
        return_to="'javascript:alert(1)'", created="now()", expires="now()"
    ),
    "a way back to another host without a scheme": STATE.format(
        return_to="'//evil.example/'", created="now()", expires="now()"
    ),
    "a state that is not hashed": "UPDATE oauth_state_tokens SET state_hash = 'short'",
    "an active grant without a token": "UPDATE oauth_tokens SET access_token = NULL",
    "a token without its data key": "UPDATE oauth_tokens SET data_key = NULL",
    "a released grant that keeps its token": "UPDATE oauth_tokens SET status = 'released', is_active = false",
    "an active grant that was released": "UPDATE oauth_tokens SET status = 'released'",
    "a grant in an unknown state": "UPDATE oauth_tokens SET status = 'lost'",
    "a lease without an end": "UPDATE oauth_tokens SET lease_owner = 'somebody'",
    "a lease without an owner": "UPDATE oauth_tokens SET lease_until = now()",
    "an ended connection that goes on": "UPDATE connections SET is_active = false",
    "a going connection that has ended": "UPDATE connections SET disconnected_at = now()",
    "a session that is not hashed": "UPDATE sessions SET token_hash = 'short'",
    "an unknown role": "UPDATE users SET role = 'owner'",
    "a person without a subject": "UPDATE users SET subject = ''",
    "a password without an address": "UPDATE users SET email = NULL",
    "settings that are no object": "UPDATE oauth_integration_settings SET settings = '[]'",
    "steps that are no list": "UPDATE connect_attempts SET steps = '{}'",
    "an unknown outcome": "UPDATE connect_attempts SET outcome = 'perhaps'",
    "a passcode that is not hashed": "UPDATE webhook_subscriptions SET passcode_hash = 'short'",
    "a webhook that nothing proves": "UPDATE webhook_subscriptions SET passcode_hash = NULL",
    "a webhook that two things prove": "UPDATE webhook_subscriptions SET secret = 'sealed'",
    "a kept answer under a key of another kind": "UPDATE provider_cache SET key = 'short'",
}
TWICE = {
    "a second grant for one account": "UPDATE oauth_tokens SET account_id = 'the same'",
    "a connection made twice": (
        "INSERT INTO connections (user_id, grant_id, provider)"
        " SELECT user_id, grant_id, provider FROM connections"
    ),
    "two people under one subject": "UPDATE users SET subject = 'the same'",
    "two accounts for one address": (
        "UPDATE users SET email = CASE subject WHEN 'ada' THEN 'A@b.example' ELSE 'a@B.example' END"
    ),
    "one delivery kept twice": (
        "INSERT INTO webhook_keys (key, event_id) "
        "SELECT md5('one')::uuid, gen_random_uuid() FROM generate_series(1, 2)"
    ),
}


@pytest.mark.parametrize("statement", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
async def test_the_database_refuses_what_cannot_be(db: Database, ada: Person, statement: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute(statement)


@pytest.mark.parametrize("statement", TWICE.values(), ids=TWICE)
async def test_the_database_refuses_what_there_is_once(
    db: Database, ada: Person, mei: Person, statement: str
) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await db.execute(statement)


async def test_a_connection_always_has_its_grant(db: Database, ada: Person) -> None:
    for statement in ("UPDATE connections SET grant_id = gen_random_uuid()", "DELETE FROM oauth_tokens"):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await db.execute(statement)


async def test_who_is_deleted_leaves_nothing_of_theirs_but_the_log(
    db: Database, ada: Person, mei: Person
) -> None:
    await db.execute("DELETE FROM users WHERE id = $1", ada.user)
    for table in OF_PEOPLE:
        assert [row["user_id"] for row in await db.fetch(f"SELECT user_id FROM {table}")] == [mei.user], table
    assert {row["user_id"] for row in await db.fetch("SELECT user_id FROM audit_log")} == {None, mei.user}
