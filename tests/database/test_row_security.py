"""Everyone sees their own rows and nobody else's, whatever table they stand in."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

import asyncpg
import pytest

from fluxstudio.kit.postgres.database import Connection, Database
from tests.database.people import Person, settled

# Nobody's in particular, and out of reach of people.
SHARED = {
    *(
        "schema_migrations",
        "encryption_keys",
        "retired_keys",
        "key_holders",
        "webhook_keys",
        "recurring_work",
        "consumed_states",
        "event_revision",
        "event_usage",
    ),
    *("alerts", "figures", "openid_requests", "installation", "access_rights"),
    *("conversations", "membership_checks", "resources", "unknown_shapes"),
    *("jobs", "provider_turns", "agent_clients"),
    *("endpoints", "endpoint_secrets", "endpoint_deliveries", "endpoint_attempts"),
    *("former_webhook_keys", "payload_sweep", "payloads_left"),
}

# What one look for several people reads, and the views over it.
FOR_SEVERAL = {
    *("connections", "oauth_tokens", "oauth_integration_settings", "provider_cache"),
    *("conversation_members", "resource_access"),
    *("figma_files_cache", "slack_channels_cache"),
}

TABLES = """
SELECT c.relname AS name, c.relrowsecurity AS secured,
       EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS has_policy,
       has_any_column_privilege('fluxstudio_user', c.oid, 'SELECT') AS readable
FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'f')
  AND NOT c.relispartition
ORDER BY c.relname
"""
VIEWS = """
SELECT c.relname AS name,
       c.relkind = 'v' AND coalesce('security_invoker=true' = ANY(c.reloptions), false) AS secured,
       has_any_column_privilege('fluxstudio_user', c.oid, 'SELECT') AS readable
FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('v', 'm')
ORDER BY c.relname
"""
READABLE_COLUMNS = """
SELECT c.relname AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
  AND a.attnum > 0 AND NOT a.attisdropped
  AND has_column_privilege('fluxstudio_user', c.oid, a.attnum, 'SELECT')
GROUP BY c.relname
"""


async def unprotected(db: Database) -> set[str]:
    """Tables and views through which one person could see another's rows."""
    tables, views = await db.fetch(TABLES), await db.fetch(VIEWS)
    return {
        *(
            row["name"]
            for row in tables
            if not ((row["secured"] and row["has_policy"]) or row["name"] in SHARED)
        ),
        *(row["name"] for row in tables if row["readable"] and row["name"] in SHARED),
        *(row["name"] for row in views if row["readable"] and not row["secured"]),
    }


async def readable(db: Database) -> Mapping[str, str]:
    """What a person may read at all: columns by table or view."""
    return {row["name"]: row["columns"] for row in await db.fetch(READABLE_COLUMNS)}


async def rows_of(connection: Connection, table: str, columns: str) -> list[str]:
    rows = await connection.fetch(f"SELECT t::text AS row FROM (SELECT {columns} FROM {table}) AS t")
    return [row["row"] for row in rows]


async def test_every_table_is_protected(db: Database) -> None:  # R49
    assert await unprotected(db) == set()
    assert {row["name"] for row in await db.fetch(TABLES)} > SHARED


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE further (user_id uuid)",
        "CREATE TABLE further (user_id uuid); ALTER TABLE further ENABLE ROW LEVEL SECURITY",
        "CREATE VIEW further AS TABLE sessions; GRANT SELECT ON further TO fluxstudio_user",
        "CREATE MATERIALIZED VIEW further AS TABLE sessions; GRANT SELECT ON further TO fluxstudio_user",
    ],
    ids=["table", "no policy", "view", "materialized view"],
)
async def test_a_new_table_that_is_forgotten_is_noticed(own_db: Database, made: str) -> None:
    await own_db.execute(made)
    assert await unprotected(own_db) == {"further"}


async def test_everyone_sees_their_own_rows_only(db: Database, ada: Person, mei: Person) -> None:  # R26 R49
    tables = await readable(db)
    for person, other in ((ada, mei), (mei, ada)):
        async with db.as_user(person.user) as connection:
            for table, columns in tables.items():
                rows = await rows_of(connection, table, columns)
                assert rows, f"nothing of {person.name} in {table}: give everyone a row there in people.py"
                assert all(person.owns(row) for row in rows), table
                assert not any(other.owns(row) for row in rows), table


async def test_every_table_is_part_of_these_tests(db: Database, ada: Person) -> None:
    for row in await db.fetch(TABLES):
        if row["name"] not in SHARED:
            count = await db.fetchval(f"SELECT count(*) FROM {row['name']}")
            assert count, f"{row['name']} is empty: give everyone a row there in people.py"


async def test_a_stranger_sees_nothing(db: Database, ada: Person) -> None:  # R49
    for user in (uuid4(), ada.grant):
        async with db.as_user(user) as connection:
            for table, columns in (await readable(db)).items():
                assert await rows_of(connection, table, columns) == [], table


@pytest.mark.parametrize("setting", ["RESET fluxstudio.user_id", "SET LOCAL fluxstudio.user_id = ''"])
async def test_who_says_no_name_sees_nothing(db: Database, ada: Person, setting: str) -> None:  # R49
    tables = await readable(db)
    async with db.transaction() as connection:
        await connection.execute(setting)
        await connection.execute("SET LOCAL ROLE fluxstudio_user")
        for table, columns in tables.items():
            assert await rows_of(connection, table, columns) == [], table


async def test_who_shares_an_account_sees_its_answers_until_disconnecting(db: Database, ada: Person) -> None:
    """Two of our users on one account see the same kept answers; who disconnects sees them no longer."""
    bea = await settled(db, "bea")
    await db.execute("UPDATE connections SET grant_id = $1 WHERE id = $2", ada.grant, bea.connection)
    shared = {
        "provider_cache",
        "provider_budgets",
        "integration_webhooks",
        "figma_files_cache",
        "slack_channels_cache",
    }

    async def seen(person: Person) -> set[str]:
        tables = await readable(db)
        async with db.as_user(person.user) as connection:
            return {table for table in shared if await rows_of(connection, table, tables[table])}

    assert await seen(ada) == await seen(bea) == shared
    await db.execute(
        "UPDATE connections SET is_active = false, disconnected_at = now() WHERE id = $1", bea.connection
    )
    assert await seen(ada) == shared
    assert await seen(bea) == set()
    async with db.as_user(bea.user) as connection:
        own = await connection.fetch("SELECT id FROM connections")
    assert [row["id"] for row in own] == [bea.connection]


ASKED = "SELECT place, found FROM usable_connections($1, $2, $3, $4, $5, $6, $7, $8)"


async def test_of_several_who_ask_at_once_each_gets_their_own(
    db: Database, ada: Person, mei: Person
) -> None:  # R49
    people = [ada, mei, ada]
    connections = [None, None, mei.connection]
    many = len(people)
    rows = await db.fetch(
        ASKED,
        [person.user for person in people],
        ["figma"] * many,
        [""] * many,
        [bytes(32)] * many,
        [False] * many,
        connections,
        [None] * many,
        [None] * many,
    )
    results = {row["place"]: row["found"] for row in rows}
    assert results.keys() == {1, 2}
    assert str(ada.connection) in results[1]
    assert str(mei.connection) in results[2]
    assert not any(mei.owns(results[1]) or ada.owns(results[2]) for _ in results)


async def test_who_speaks_for_one_cannot_come_to_speak_for_others(db: Database, ada: Person) -> None:  # R49
    async with db.as_user(ada.user) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(ASKED, *[[]] * 8)


async def test_only_what_calls_read_is_open_to_several(db: Database, ada: Person, mei: Person) -> None:  # R49
    several = f"SET LOCAL fluxstudio.user_id = '{ada.user},{mei.user}'; SET LOCAL ROLE fluxstudio_user"
    for table, columns in (await readable(db)).items():
        async with db.transaction() as connection:
            await connection.execute(several)
            try:
                rows = await rows_of(connection, table, columns)
            except asyncpg.InvalidTextRepresentationError:
                rows = []
        assert not rows or table in FOR_SEVERAL, table
