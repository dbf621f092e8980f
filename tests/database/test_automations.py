"""Rules belong to one person, and no version of one is ever lost."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from fluxstudio.core.automations.rules import Automations
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


async def versions_of(db: Database, rule: UUID) -> list[int]:
    rows = await db.fetch(
        "SELECT version FROM automation_versions WHERE automation_id = $1 ORDER BY version", rule
    )
    return [row["version"] for row in rows]


async def test_the_last_fifty_versions_stay_and_those_of_ninety_days(
    db: Database, ada: Person
) -> None:  # R61
    await db.execute(
        "INSERT INTO automation_versions (automation_id, version, definition, created_at)"
        " SELECT $1, n, '{}', now() - interval '100 days' FROM generate_series(2, 60) n",
        ada.rule,
    )
    await db.execute(
        "INSERT INTO automation_versions (automation_id, version, definition)"
        " SELECT $1, n, '{}' FROM generate_series(61, 100) n",
        ada.rule,
    )
    await db.execute("UPDATE automations SET version = 3 WHERE id = $1", ada.rule)
    with pytest.raises(asyncpg.RaiseError, match="never changed"):
        await db.execute("DELETE FROM automation_versions WHERE version = 70")
    await Automations(db).sweep()
    # The first is of today, and the third the one that counts.
    assert await versions_of(db, ada.rule) == [1, 3, *range(51, 101)]


async def test_what_a_member_keeps_in_versions_is_bounded(
    db: Database, ada: Person, mei: Person
) -> None:  # R61
    add = (
        "INSERT INTO automation_versions (automation_id, version, definition)"
        " VALUES ($1, $2, jsonb_build_object('text', repeat('x', 1000000)))"
    )
    for version in range(2, 9):
        await db.execute(add, ada.rule, version)
    with pytest.raises(asyncpg.ProgramLimitExceededError):
        await db.execute(add, ada.rule, 9)
    await db.execute(add, mei.rule, 2)


async def test_a_deleted_rule_goes_once_nothing_is_left_of_its_runs(db: Database, ada: Person) -> None:
    await db.execute(
        "UPDATE automations SET deleted_at = now() - interval '2 days', enabled = false, next_at = NULL"
    )
    await db.execute("DELETE FROM automation_runs")
    await Automations(db).sweep()
    assert await versions_of(db, ada.rule) == []
