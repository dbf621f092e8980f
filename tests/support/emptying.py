"""Tables emptied as `TRUNCATE … CASCADE` does it, in a tenth of the time: that makes new files for each."""

from __future__ import annotations

from fluxstudio.kit.postgres.database import Database

# To be granted to the owner of the database: rows may then be deleted whatever refers to them.
PARAMETER = "session_replication_role"
# Those that are referred to come first: whoever adds a row that refers to one of theirs is waited for, and
# that row is deleted with the rest.
FOLLOWERS = """
WITH RECURSIVE emptied (name, depth) AS (
    SELECT t.name::regclass, 0 FROM unnest($1::text[]) AS t (name)
    UNION
    SELECT c.conrelid::regclass, depth + 1 FROM pg_constraint c JOIN emptied ON c.confrelid = emptied.name
    WHERE c.contype = 'f' AND c.conrelid <> c.confrelid AND depth < 8
)
SELECT name::text FROM emptied JOIN pg_class ON oid = name WHERE NOT relispartition
GROUP BY name ORDER BY max(depth), name
"""
_statements: dict[tuple[str, ...], str] = {}


async def empty(db: Database, *tables: str) -> None:
    """Delete all rows of these tables and of those that refer to them."""
    if tables not in _statements:
        names = [row["name"] for row in await db.fetch(FOLLOWERS, list(tables))]
        deletions = "; ".join(f"DELETE FROM {name}" for name in names)
        _statements[tables] = f"BEGIN; SET LOCAL {PARAMETER} = replica; {deletions}; COMMIT"
    await db.execute(_statements[tables])
