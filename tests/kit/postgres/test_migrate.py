"""What an operator relies on when the schema changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from fluxstudio.kit.postgres import migrate as migrations
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.migrate import MigrationError, migrate, missing

Run = Callable[..., Awaitable[Any]]

FIRST = ("0001_notes.sql", "CREATE TABLE notes (text text);")
SECOND = ("0002_owner.sql", "ALTER TABLE notes ADD owner int; INSERT INTO notes VALUES ('hello', 7);")
VIEW = ("shown.sql", "CREATE OR REPLACE VIEW shown AS SELECT text FROM notes;")


async def ask(dsn: str, query: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_each_file_is_applied_once_in_the_order_of_its_number(dsn: str) -> None:
    assert await migrate(dsn, [("shop", [SECOND, FIRST])]) == ["shop/0001_notes.sql", "shop/0002_owner.sql"]
    assert await migrate(dsn, [("shop", [FIRST, SECOND])]) == []
    assert await ask(dsn, "SELECT count(*) FROM notes") == 1


async def test_sources_have_numbers_of_their_own_and_keep_their_order(dsn: str) -> None:
    plugin = ("plugin", [("0001_more.sql", "ALTER TABLE notes ADD more text;")])
    assert await migrate(dsn, [("shop", [FIRST]), plugin]) == ["shop/0001_notes.sql", "plugin/0001_more.sql"]
    assert await migrate(dsn, [("shop", [FIRST, SECOND])]) == ["shop/0002_owner.sql"]


async def test_what_was_applied_can_be_read_with_its_hash_and_time(dsn: str) -> None:
    await migrate(dsn, [("shop", [FIRST])])
    row = await ask(dsn, "SELECT (name, length(sha256), applied_at <= now()) FROM schema_migrations")
    assert row == ("0001_notes.sql", 64, True)


async def test_what_waits_can_be_asked_for_and_stays_undone(dsn: str) -> None:
    async with Database(dsn) as db, db.connection() as connection:
        assert await missing(connection, [("shop", [SECOND, FIRST, VIEW])]) == [
            "shop/0001_notes.sql",
            "shop/0002_owner.sql",
            "shop/shown.sql",
        ]
        await migrate(dsn, [("shop", [FIRST, VIEW])])
        assert await missing(connection, [("shop", [FIRST, VIEW])]) == []
        assert await missing(connection, [("shop", [FIRST, (VIEW[0], VIEW[1] + " ")])]) == ["shop/shown.sql"]
        with pytest.raises(MigrationError, match="has been changed"):
            await missing(connection, [("shop", [(FIRST[0], "SELECT 1")])])


async def test_line_endings_do_not_count_as_a_change(dsn: str) -> None:
    await migrate(dsn, [("shop", [("0001_notes.sql", "CREATE TABLE notes (\n text text);\n")])])
    assert (
        await migrate(dsn, [("shop", [("0001_notes.sql", "CREATE TABLE notes (\r\n text text);\r\n")])]) == []
    )


async def test_a_changed_file_that_was_applied_already_is_refused(dsn: str) -> None:
    await migrate(dsn, [("shop", [FIRST])])
    with pytest.raises(MigrationError, match=r"shop/0001_notes\.sql has been changed.*new migration"):
        await migrate(dsn, [("shop", [(FIRST[0], FIRST[1] + " ")])])


async def test_a_program_starts_beside_a_newer_one_that_only_added_and_leaves_its_functions(dsn: str) -> None:
    newer = ("shown.sql", "CREATE OR REPLACE VIEW shown AS SELECT text || '!' AS text FROM notes;")
    await migrate(dsn, [("shop", [FIRST, VIEW])])
    await migrate(dsn, [("shop", [FIRST, SECOND, newer, ("more.sql", "CREATE VIEW more AS SELECT 1;")])])
    for _ in range(2):
        assert await migrate(dsn, [("shop", [FIRST, VIEW])]) == []
    assert await ask(dsn, "SELECT text FROM shown") == "hello!"
    assert await ask(dsn, "SELECT count(*) FROM schema_migrations WHERE name = 'more.sql'") == 1
    async with Database(dsn) as db, db.connection() as connection:
        assert await missing(connection, [("shop", [FIRST, VIEW])]) == []


async def test_a_program_that_a_migration_is_not_meant_for_is_refused(dsn: str) -> None:
    last = ("0003_gone.sql", "-- oldest program: 0002\nALTER TABLE notes DROP owner;")
    await migrate(dsn, [("shop", [FIRST, SECOND, last])])
    assert await migrate(dsn, [("shop", [FIRST, SECOND])]) == []
    with pytest.raises(MigrationError, match=r"0003_gone\.sql, which this program is too old for.*backup"):
        await migrate(dsn, [("shop", [FIRST])])


async def test_what_an_earlier_runner_wrote_down_is_read(dsn: str) -> None:
    await migrate(dsn, [("shop", [FIRST])])
    await ask(dsn, "ALTER TABLE schema_migrations DROP COLUMN oldest_program")
    async with Database(dsn) as db, db.connection() as connection:
        assert await missing(connection, [("shop", [FIRST])]) == []
    assert await migrate(dsn, [("shop", [FIRST, SECOND])]) == ["shop/0002_owner.sql"]


async def test_a_migration_steps_back_for_others_and_comes_again(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(migrations, "LOCK_PAUSE_SECONDS", 0.05)
    await migrate(dsn, [("shop", [FIRST])])
    reader = await asyncpg.connect(dsn)
    try:
        transaction = reader.transaction()
        await transaction.start()
        await reader.fetch("SELECT FROM notes")
        migrating = asyncio.create_task(migrate(dsn, [("shop", [FIRST, SECOND])]))
        # Whoever comes meanwhile is served, not held up for as long as the reader reads.
        for _ in range(5):
            assert await asyncio.wait_for(ask(dsn, "SELECT count(*) FROM notes"), 60) == 0
            await asyncio.sleep(0.03)
        assert not migrating.done()
        await transaction.commit()
        assert await migrating == ["shop/0002_owner.sql"]
    finally:
        await reader.close()


async def test_a_migration_that_never_gets_its_lock_says_what_to_end(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", "10ms")
    monkeypatch.setattr(migrations, "LOCK_ATTEMPTS", 2)
    monkeypatch.setattr(migrations, "LOCK_PAUSE_SECONDS", 0)
    await migrate(dsn, [("shop", [FIRST])])
    reader = await asyncpg.connect(dsn)
    try:
        async with reader.transaction():
            await reader.fetch("SELECT FROM notes")
            with pytest.raises(MigrationError, match=r"0002_owner\.sql waits for a table.*pg_stat_activity"):
                await migrate(dsn, [("shop", [FIRST, SECOND])])
    finally:
        await reader.close()


async def test_a_file_slipped_in_before_applied_ones_is_refused(dsn: str) -> None:
    await migrate(dsn, [("shop", [FIRST, ("0003_c.sql", "SELECT 1")])])
    with pytest.raises(MigrationError, match=r"0002_owner\.sql comes too late"):
        await migrate(dsn, [("shop", [FIRST, SECOND, ("0003_c.sql", "SELECT 1")])])


async def test_a_failing_file_is_undone_and_named_with_its_line(dsn: str) -> None:
    broken = ("0002_broken.sql", "CREATE TABLE half (id int);\n\nINSERT INTO nowhere VALUES (1);")
    with pytest.raises(MigrationError, match=r'shop/0002_broken\.sql, line 3 .*"nowhere" does not exist'):
        await migrate(dsn, [("shop", [FIRST, broken])])
    assert await ask(dsn, "SELECT to_regclass('half') IS NULL AND to_regclass('notes') IS NOT NULL")
    assert await migrate(dsn, [("shop", [FIRST, SECOND])]) == ["shop/0002_owner.sql"]


async def test_files_with_unclear_names_are_refused_before_anything_is_done(dsn: str) -> None:
    for name in ("1_short.sql", "0001.sql", "notes.txt", "0001_twin.sql"):
        with pytest.raises(MigrationError, match=name):
            await migrate(dsn, [("shop", [FIRST, (name, "SELECT 1")])])
    assert await ask(dsn, "SELECT to_regclass('notes') IS NULL")


async def test_views_and_functions_follow_their_file(dsn: str) -> None:
    assert await migrate(dsn, [("shop", [VIEW, FIRST])]) == ["shop/0001_notes.sql", "shop/shown.sql"]
    assert await migrate(dsn, [("shop", [VIEW, FIRST])]) == []
    changed = (VIEW[0], VIEW[1].replace("SELECT text", "SELECT upper(text) AS text"))
    assert await migrate(dsn, [("shop", [FIRST, changed])]) == ["shop/shown.sql"]


async def test_what_may_depend_on_a_changed_view_is_made_again_after_it(dsn: str) -> None:
    before = ("a.sql", "CREATE OR REPLACE VIEW a AS SELECT 1 AS one;")
    middle = ("b.sql", "DROP VIEW IF EXISTS b CASCADE; CREATE VIEW b AS SELECT 1 AS one;")
    after = ("c.sql", "CREATE OR REPLACE VIEW c AS SELECT one FROM b;")
    await migrate(dsn, [("shop", [before, middle, after])])
    middle = (middle[0], middle[1].replace("SELECT 1", "SELECT 2"))
    assert await migrate(dsn, [("shop", [before, middle, after])]) == ["shop/b.sql", "shop/c.sql"]
    assert await ask(dsn, "SELECT one FROM c") == 2


async def test_a_new_migration_may_drop_a_view_that_is_then_made_again(dsn: str) -> None:
    await migrate(dsn, [("shop", [FIRST, VIEW])])
    retype = ("0002_retype.sql", "DROP VIEW shown; ALTER TABLE notes ALTER text TYPE varchar(80);")
    assert await migrate(dsn, [("shop", [FIRST, retype, VIEW])]) == ["shop/0002_retype.sql", "shop/shown.sql"]
    assert await ask(dsn, "SELECT count(*) FROM shown") == 0


async def test_a_view_that_comes_back_after_it_was_removed_is_made_again(dsn: str) -> None:
    await migrate(dsn, [("shop", [FIRST, VIEW])])
    await migrate(dsn, [("shop", [FIRST])])
    assert await migrate(dsn, [("shop", [FIRST, VIEW])]) == ["shop/shown.sql"]


async def test_four_processes_at_once_apply_everything_once(dsn: str, tmp_path: Path, run: Run) -> None:
    (tmp_path / "0001_slow.sql").write_text("CREATE TABLE notes (text text); SELECT pg_sleep(0.2);")
    (tmp_path / "0002_row.sql").write_text("INSERT INTO notes VALUES ('once');")
    (tmp_path / "view.sql").write_text("CREATE VIEW shown AS SELECT text FROM notes;")
    others = await asyncio.gather(*(run("run_migrations.py", dsn, tmp_path) for _ in range(4)))
    applied = [await other.says() for other in others]
    assert [await other.leave() for other in others] == [0] * 4
    assert sorted(map(len, applied)) == [0, 0, 0, 3]
    assert await ask(dsn, "SELECT count(*) FROM shown") == 1


async def test_a_server_too_old_is_refused_by_its_version(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "OLDEST_POSTGRES", 99)
    with pytest.raises(MigrationError, match="is PostgreSQL 18, and this program needs 99 or newer"):
        await migrate(dsn, [("shop", [FIRST])])
    assert await ask(dsn, "SELECT to_regclass('notes') IS NULL")
