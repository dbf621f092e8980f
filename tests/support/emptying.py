"""Tables emptied as `TRUNCATE … CASCADE` does it, in a tenth of the time: that makes new files for each."""

from __future__ import annotations

from fluxstudio.kit.postgres.database import Database

# To be granted to the owner of the database: rows may then be deleted whatever refers to them.
PARAMETER = "session_replication_role"
FOLLOWERS = """
WITH RECURSIVE emptied (name) AS (
    SELECT t.name::regclass FROM unnest($1::text[]) AS t (name)
    UNION
    SELECT c.conrelid::regclass FROM pg_constraint c JOIN emptied ON c.confrelid = emptied.name
    WHERE c.contype = 'f'
)
SELECT name::text FROM emptied JOIN pg_class ON oid = name WHERE NOT relispartition
"""
_statements: dict[tuple[str, ...], str] = {}


async def empty(db: Database, *tables: str) -> None:
    """Delete all rows of these tables and of those that refer to them, after whoever writes there now."""
    if tables not in _statements:
        _statements[tables] = await _emptying(db, tables)
    await db.execute(_statements[tables])


async def _emptying(db: Database, tables: tuple[str, ...]) -> str:
    names = [row["name"] for row in await db.fetch(FOLLOWERS, list(tables))]
    # In the order in which the product locks those that are named.
    ordered = [*tables, *sorted(set(names) - set(tables))]
    return "; ".join(
        [
            f"BEGIN; SET LOCAL {PARAMETER} = replica; LOCK TABLE {', '.join(ordered)} IN EXCLUSIVE MODE",
            *(f"DELETE FROM {name}" for name in ordered),
            "COMMIT",
        ]
    )
