"""What the role may do that every request of a person runs under: read a little, write next to nothing."""

from __future__ import annotations

import re
from typing import Any

import asyncpg
import pytest

from fluxstudio.kit.postgres.database import Database
from tests.database.people import Person

READABLE_SECRETS = """
SELECT c.relname || '.' || a.attname AS name
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0
  AND (a.atttypid = 'bytea'::regtype OR a.attname ~ 'hash|token|secret|password|passcode|verifier|lease')
  AND has_column_privilege('fluxstudio_user', c.oid, a.attnum, 'SELECT')
ORDER BY 1
"""
RIGHTS_TO_WRITE = """
SELECT c.relname || '.' || a.attname AS name, wanted AS may
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'REFERENCES']) AS wanted
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0
  AND has_column_privilege('fluxstudio_user', c.oid, a.attnum, wanted)
UNION ALL
SELECT c.relname, wanted
FROM pg_class c CROSS JOIN unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) AS wanted
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
  AND has_table_privilege('fluxstudio_user', c.oid, wanted)
"""
SETTINGS = ("connection_id", "user_id", "provider", "settings", "updated_at")
CHANGEABLE = (
    *("name", "enabled", "version", "event", "next_at", "updated_at", "deleted_at"),
    *("trigger_connection_id", "action_connection_id", "listening_problem", "paused", "failure_notice"),
)

AGENT_CHOICES = (
    *("name", "reads", "writes", "crossing"),
    *("calls_per_minute", "writes_per_day", "ended_at"),
)
GRANT = ("agent_id", "user_id", "connection_id", "tool", "mode")

# A digest of arguments, and digests of token files as a sync proposes them.
HARMLESS = {
    "provider_cache.key",
    *(f"design_token_syncs.{column}" for column in ("proposed", "intended", "earlier_intended")),
}

SEALED = [
    ("oauth_tokens", "data_key"),
    ("oauth_tokens", "access_token"),
    ("oauth_tokens", "refresh_token"),
    ("oauth_tokens", "lease_owner"),
    ("oauth_state_tokens", "verifier"),
    ("oauth_state_tokens", "state_hash"),
    ("sessions", "token_hash"),
    ("users", "password_hash"),
    ("webhook_subscriptions", "passcode_hash"),
    ("webhook_subscriptions", "secret"),
    ("agents", "token_hash"),
    ("access_tokens", "token_hash"),
]


async def refused(db: Database, person: Person, statement: str, *arguments: Any) -> None:
    async with db.as_user(person.user) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement, *arguments)


async def test_no_sealed_column_and_no_hash_is_readable(db: Database) -> None:  # R17
    assert {row["name"] for row in await db.fetch(READABLE_SECRETS)} == HARMLESS


@pytest.mark.parametrize(("table", "column"), SEALED)
async def test_nobody_can_select_what_is_sealed(
    db: Database, ada: Person, table: str, column: str
) -> None:  # R17
    for statement in (
        f"SELECT {column} FROM {table}",
        f"SELECT * FROM {table}",
        f"SELECT t FROM {table} t",
        f"SELECT row_to_json(t) FROM {table} t",
        f"SELECT 1 FROM {table} WHERE {column} IS NOT NULL",
        f"SELECT 1 FROM {table} ORDER BY {column}",
        f"COPY {table} TO STDOUT",
    ):
        await refused(db, ada, statement)


ASKED = ("user_id", "question", "source", "answered", "row_count")


SYNC = (
    *("user_id", "source_connection_id", "target_connection_id", "file_key", "repository", "path", "branch"),
    *("policy", "format", "schedule", "next_at", "source_kind", "source_folder"),
)
SYNC_CHOICES = (
    *("policy", "schedule", "next_at", "declined", "chosen", "accepted_holds", "updated_at"),
    *("source_kind", "source_folder", "notify_connection_id", "notify_channel", "listening_problems"),
)
LIBRARY = ("sync_id", "library", "origin", "received_at")
NOTIFICATIONS = (
    *("notify_connection_id", "notify_channel", "notify_failures", "quiet_from", "quiet_until"),
    *("digest_at", "time_zone", "checklist_closed_at"),
)


async def test_a_person_may_write_settings_automations_and_what_agents_may_do_only(db: Database) -> None:
    rights = {(row["name"], row["may"]) for row in await db.fetch(RIGHTS_TO_WRITE)}
    settings = {
        (f"oauth_integration_settings.{name}", may) for name in SETTINGS for may in ("INSERT", "UPDATE")
    }
    automations = {
        *((f"automations.{name}", "INSERT") for name in ("user_id", "name", "enabled", "event", "next_at")),
        *((f"automations.{name}", "UPDATE") for name in CHANGEABLE),
        *((f"automation_versions.{name}", "INSERT") for name in ("automation_id", "version", "definition")),
    }
    seen = {
        ("automation_runs.seen_at", "UPDATE"),
        *((f"failures_seen.{name}", "INSERT") for name in ("user_id", "seen_at")),
        ("failures_seen.seen_at", "UPDATE"),
    }
    agents = {
        *((f"agents.{name}", "UPDATE") for name in AGENT_CHOICES),
        *((f"agent_grants.{name}", "INSERT") for name in GRANT),
        ("agent_grants.mode", "UPDATE"),
        ("agent_grants", "DELETE"),
        *((f"agent_notices.{name}", "INSERT") for name in ("user_id", "connection_id", "channel")),
        *((f"agent_notices.{name}", "UPDATE") for name in ("connection_id", "channel")),
        ("agent_notices", "DELETE"),
        *((f"agent_approvals.{name}", "UPDATE") for name in ("status", "decided_at", "decided_through")),
    }
    asked = {
        *((f"questions.{name}", "INSERT") for name in ASKED),
        ("questions", "DELETE"),
    }
    syncs = {
        *((f"design_token_syncs.{name}", "INSERT") for name in SYNC),
        *((f"design_token_syncs.{name}", "UPDATE") for name in SYNC_CHOICES),
        ("design_token_syncs", "DELETE"),
        *((f"design_token_libraries.{name}", "INSERT") for name in LIBRARY),
        *((f"design_token_libraries.{name}", "UPDATE") for name in LIBRARY if name != "sync_id"),
    }
    preferences = {
        ("user_preferences.user_id", "INSERT"),
        *((f"user_preferences.{name}", may) for name in NOTIFICATIONS for may in ("INSERT", "UPDATE")),
    }
    assert rights == {
        ("connections.last_used_at", "UPDATE"), ("access_tokens.revoked_at", "UPDATE"),
        *settings, *automations, *seen, *agents, *asked, *syncs, *preferences,
    }  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET role = 'admin'",
        "UPDATE oauth_tokens SET access_token = 'mine'",
        "UPDATE oauth_tokens SET status = 'active'",
        "UPDATE connections SET user_id = fluxstudio_user_id()",
        "UPDATE connections SET is_active = true",
        "INSERT INTO connections (user_id, grant_id, provider) VALUES (fluxstudio_user_id(), NULL, 'figma')",
        "INSERT INTO sessions (token_hash, user_id) VALUES (sha256(''), fluxstudio_user_id())",
        "INSERT INTO audit_log (action) VALUES ('invented')",
        "DELETE FROM audit_log",
        "DELETE FROM oauth_integration_settings",
        "TRUNCATE provider_cache",
        "UPDATE provider_budgets SET blocked_until = '-infinity'",
        "SELECT spend_budget(grant_id, 'default', 1, '1 hour') FROM connections",
        "SELECT 1 FROM schema_migrations",
        "CREATE TABLE mine (id int)",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1",
        "ALTER TABLE connections DISABLE ROW LEVEL SECURITY",
        "DROP POLICY own ON connections",
        "CREATE ROLE mine",
        "GRANT SELECT ON oauth_tokens TO fluxstudio_user",
        "SELECT 1 FROM pg_authid",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY audit_log TO PROGRAM 'true'",
    ],
)
async def test_a_person_cannot_do_what_only_the_product_does(
    db: Database, ada: Person, statement: str
) -> None:
    await refused(db, ada, statement)


async def test_settings_are_written_for_own_connections_only(
    db: Database, ada: Person, mei: Person
) -> None:  # R26
    insert = (
        "INSERT INTO oauth_integration_settings (connection_id, user_id, provider) VALUES ($1, $2, 'figma')"
    )
    await db.execute("DELETE FROM oauth_integration_settings")
    for connection, user in (
        (mei.connection, mei.user),
        (mei.connection, ada.user),
        (ada.connection, mei.user),
    ):
        await refused(db, ada, insert, connection, user)
    async with db.as_user(ada.user) as connected:
        await connected.execute(insert, ada.connection, ada.user)
    for change in ("user_id = $1", "connection_id = $1"):
        value = mei.user if "user" in change else mei.connection
        await refused(db, ada, f"UPDATE oauth_integration_settings SET {change}", value)


async def test_what_is_written_to_others_is_written_nowhere(
    db: Database, ada: Person, mei: Person
) -> None:  # R26
    async with db.as_user(ada.user) as connection:
        used = await connection.execute("UPDATE connections SET last_used_at = now()")
        settings = await connection.execute("UPDATE oauth_integration_settings SET settings = '{}'")
    assert (used, settings) == ("UPDATE 1", "UPDATE 1")
    untouched = "SELECT last_used_at IS NULL FROM connections WHERE id = $1"
    assert await db.fetchval(untouched, mei.connection)


async def test_the_role_is_a_plain_one(db: Database) -> None:
    role = await db.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication"
        " FROM pg_roles WHERE rolname = 'fluxstudio_user'"
    )
    assert role is not None
    assert not any(role.values())
    member = "SELECT count(*) FROM pg_auth_members WHERE member = 'fluxstudio_user'::regrole"
    assert await db.fetchval(member) == 0


async def test_no_function_runs_with_more_rights_than_its_caller(db: Database) -> None:
    rows = await db.fetch(
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = current_schema()::regnamespace"
    )
    # Nobody calls the first: a decision that row security has let through does. The others are for whoever
    # serves and works without owning tables, and closed to people.
    assert sorted(row["proname"] for row in rows) == [
        "announce_approval",
        "drop_event_partition",
        "make_event_partitions",
    ]
    allowed = "SELECT bool_or(has_function_privilege('fluxstudio_user', oid, 'EXECUTE')) FROM pg_proc"
    assert await db.fetchval(f"{allowed} WHERE proname ~ 'event_partition'") is False


async def test_a_refusal_does_not_show_the_row(db: Database, ada: Person, mei: Person) -> None:  # R44
    async with db.as_user(ada.user) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError) as error:
            await connection.execute("UPDATE oauth_integration_settings SET user_id = $1", mei.user)
    assert not re.search(rf"{mei.user}|{mei.connection}|{mei.name}", str(error.value))
