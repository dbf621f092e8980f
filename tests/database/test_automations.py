"""Rules belong to one person, and no version of one is ever lost."""

from __future__ import annotations

import asyncpg
import pytest

from fluxstudio.kit.postgres.database import Database
from tests.database.people import Person


@pytest.mark.parametrize(
    "statement", ["UPDATE automation_versions SET definition = '{}'", "DELETE FROM automation_versions"]
)
async def test_not_even_the_owner_of_the_tables_changes_a_version(
    db: Database, ada: Person, statement: str
) -> None:
    with pytest.raises(asyncpg.RaiseError, match="never changed"):
        await db.execute(statement)


async def test_versions_go_with_their_user_only(db: Database, ada: Person, mei: Person) -> None:
    await db.execute("DELETE FROM users WHERE id = $1", ada.user)
    assert [row["automation_id"] for row in await db.fetch("TABLE automation_versions")] == [mei.rule]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO automations (user_id, name) VALUES ($1, 'foreign')",
        "INSERT INTO automation_versions (automation_id, version, definition) VALUES ($1, 2, '{}')",
    ],
    ids=["rule", "version"],
)
async def test_nobody_writes_rules_of_somebody_else(
    db: Database, ada: Person, mei: Person, statement: str
) -> None:  # R26
    whose = mei.rule if "versions" in statement else mei.user
    async with db.as_user(ada.user) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(statement, whose)


async def test_nobody_changes_rules_of_somebody_else(db: Database, ada: Person, mei: Person) -> None:  # R26
    async with db.as_user(ada.user) as connection:
        changed = await connection.execute("UPDATE automations SET enabled = false WHERE id = $1", mei.rule)
        locked = await connection.fetch("SELECT FROM automations WHERE id = $1 FOR UPDATE", mei.rule)
    assert (changed, locked) == ("UPDATE 0", [])


async def test_nobody_writes_what_runs_did(db: Database, ada: Person) -> None:
    async with db.as_user(ada.user) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE automation_runs SET status = 'done'")
