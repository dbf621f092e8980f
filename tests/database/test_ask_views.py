"""Questions read views and nothing else, and each person's own rows."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from fluxstudio.core.ask.databases import OwnDatabase
from fluxstudio.errors import QuestionFailed
from fluxstudio.kit.postgres.database import Database
from tests.database.people import Person


async def views(db: Database, schema: str) -> list[str]:
    rows = await db.fetch("SELECT viewname FROM pg_views WHERE schemaname = $1 ORDER BY 1", schema)
    return [f'{schema}."{row["viewname"]}"' for row in rows]


async def test_each_view_shows_a_person_their_own_rows(db: Database, ada: Person, mei: Person) -> None:  # R49
    shown = 0
    for view in await views(db, "ask"):
        async with db.as_user(ada.user, role="fluxstudio_ask", read_only=True) as connection:
            rows = [str(row["row"]) for row in await connection.fetch(f"SELECT v::text AS row FROM {view} v")]
        assert not any(mei.owns(row) for row in rows), view
        shown += len(rows)
    assert shown > 3


async def test_without_anybody_named_nothing_is_shown(db: Database, ada: Person) -> None:  # R49
    for view in await views(db, "ask"):
        async with db.as_user(UUID(int=0), role="fluxstudio_ask", read_only=True) as connection:
            assert await connection.fetch(f"SELECT FROM {view}") == []


async def test_the_role_of_questions_reads_no_table(db: Database, ada: Person) -> None:  # R47
    for role, schema in (("fluxstudio_ask", "ask"), ("fluxstudio_ask_all", "ask_all")):
        tables = await db.fetch(
            "SELECT c.oid::regclass::text AS name FROM pg_class c "
            "WHERE c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) "
            "AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace <> $1::regnamespace "
            "AND has_table_privilege($2, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')",
            schema,
            role,
        )
        assert [row["name"] for row in tables] == []


async def test_views_cannot_be_written(db: Database, ada: Person) -> None:  # R47
    with pytest.raises(asyncpg.PostgresError):
        async with db.as_user(ada.user, role="fluxstudio_ask") as connection:
            await connection.execute("DELETE FROM ask.users")


async def test_administrators_ask_about_everybody(db: Database, ada: Person, mei: Person) -> None:
    own = OwnDatabase(db)
    everybody = await own.select("SELECT id FROM ask_all.users", ada.user, everything=True)
    assert {row[0] for row in everybody.values} == {str(ada.user), str(mei.user)}
    with pytest.raises(QuestionFailed):
        await own.select("SELECT id FROM ask_all.users", ada.user, everything=False)


async def test_private_conversations_are_not_for_administrators(
    db: Database, ada: Person, mei: Person
) -> None:
    await db.execute("UPDATE integration_webhooks SET audience = 'a private one'")
    result = await OwnDatabase(db).select("SELECT id FROM ask_all.events", ada.user, everything=True)
    assert result.values == ()


async def test_rows_are_bounded(db: Database, ada: Person) -> None:  # R50
    query = "SELECT 1 FROM ask.users a, (SELECT generate_series(1, 2000)) b"
    result = await OwnDatabase(db).select(query, ada.user, everything=False)
    assert result.cut
    assert len(result.values) == 1000


async def test_every_view_can_be_planned_over(db: Database, ada: Person) -> None:
    for everything in (True, False):
        schema = await OwnDatabase(db).schema(everything=everything)
        assert {table.name for table in schema.tables} >= {
            *("connections", "events", "rules", "runs", "attempts"),
            *("files", "channels", "messages", "repositories", "comments"),
        }
