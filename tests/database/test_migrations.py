"""The schema comes to be once, whoever starts, however often, and however many at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import asyncpg

from fluxstudio.kit.postgres.migrate import Source, migrate
from tests.support.process import dsn_of
from tests.support.zygote import run_forked

COLUMNS = """
SELECT c.relname, c.relkind, c.relrowsecurity, c.relacl::text, a.attname, a.attacl::text, a.attnotnull,
       format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = current_schema()::regnamespace
ORDER BY c.relname, a.attnum
"""
CONSTRAINTS = """
SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = current_schema()::regnamespace ORDER BY 1, 2
"""


async def fetch(database: dict[str, Any], query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(**database)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def command(database: dict[str, Any], home: Path) -> tuple[int, str]:
    """Run `fluxstudio migrate` as a process of its own; its exit status and what it said."""
    variables = {"FLUXSTUDIO_HOME": str(home), "DATABASE_URL": dsn_of(database)}
    status, out, err = await run_forked("migrate", cwd=home, env=variables)
    return status, (out + err).decode()


async def test_a_second_time_there_is_nothing_to_do(
    empty_database: dict[str, Any], sources: list[Source]
) -> None:
    names = [f"{source}/{name}" for source, files in sources for name, _ in files]
    assert sorted(await migrate(empty_database, sources)) == sorted(names)
    before = await fetch(empty_database, COLUMNS)
    assert await migrate(empty_database, sources) == []
    assert await fetch(empty_database, COLUMNS) == before


async def test_four_processes_at_once_make_one_schema(
    empty_database: dict[str, Any], database: dict[str, Any], sources: list[Source], tmp_path: Path
) -> None:
    outcomes = await asyncio.gather(*(command(empty_database, tmp_path) for _ in range(4)))
    assert [status for status, _ in outcomes] == [0] * 4, outcomes
    lines = [line for _, text in outcomes for line in text.splitlines() if line.startswith("applied ")]
    assert sorted(lines) == sorted(
        f"applied {source}/{name}" for source, files in sources for name, _ in files
    )
    assert sum("The database is up to date." in text for _, text in outcomes) == 3
    for query in (COLUMNS, CONSTRAINTS):
        assert await fetch(empty_database, query) == await fetch(database, query)


async def test_an_interrupted_migration_is_taken_up_again(
    empty_database: dict[str, Any], database: dict[str, Any], sources: list[Source]
) -> None:
    (name, files), *others = sources
    await migrate(empty_database, [(name, files[:1])])
    await migrate(empty_database, [(name, files), *others])
    assert await fetch(empty_database, COLUMNS) == await fetch(database, COLUMNS)


async def test_a_second_installation_may_live_on_the_same_server(
    database: dict[str, Any], empty_database: dict[str, Any], sources: list[Source]
) -> None:
    """The restricted role belongs to the server, so the second finds it already there."""
    await migrate(empty_database, sources)
    assert await fetch(empty_database, CONSTRAINTS) == await fetch(database, CONSTRAINTS)
