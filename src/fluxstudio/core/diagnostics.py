"""What the doctor looks at in the database: the role we connect as, stored grants, and how the work goes.

Nothing is changed. Raises `asyncpg.InsufficientPrivilegeError` where that role may not read the tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Record

from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/diagnostics.sql")


@dataclass(frozen=True, slots=True)
class DatabaseRole:
    """The role we connect as, its name `quoted` for SQL, and how it stands to the restricted role.

    `rolsuper`, `rolbypassrls` and `rolcreaterole` as in `pg_roles`; `may_create` is about tables in `schema`,
    which is None where none of the search path exists. `is_guest` says that the tables are somebody else's,
    `unbounded` says that row security does not bind the
    restricted role, `may_grant` that ours may grant it.
    """

    name: str
    quoted: str
    rolsuper: bool
    rolbypassrls: bool
    rolcreaterole: bool
    schema: str | None
    may_create: bool
    is_guest: bool
    restricted_exists: bool
    unbounded: bool
    may_grant: bool


@dataclass(frozen=True, slots=True)
class OpenRelation:
    """A table or a view that the restricted role reads without row security."""

    name: str
    is_view: bool


@dataclass(frozen=True, slots=True)
class GrantCounts:
    """Grants of one provider that were given to one of our apps there: all, and those that need somebody.

    `lost` are to be connected again, `troubled` had a problem at their last renewal.
    """

    provider: str
    client_id: str | None
    grants: int
    lost: int
    troubled: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """Schedules whose time was more than a minute ago: how many, and the seconds since the oldest was due."""

    count: int
    oldest: float


@dataclass(frozen=True, slots=True)
class DeadEvents:
    """Dead letters, a thousand at most: how many, the `provider TYPE` of the newest, and its error code."""

    count: int
    newest: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class FailingRules:
    """Rules that failed the last time they ran: how many, of how many people, the newest, its error code."""

    count: int
    owners: int
    newest: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class FloodedRules:
    """Rules whose events come too often: how many were `stopped` for that, and how many are `limited`.

    `owners` counts the people whose rules they are, `newest` is the name of one.
    """

    stopped: int
    limited: int
    owners: int
    newest: str | None


@dataclass(frozen=True, slots=True)
class EnabledRule:
    """What a rule says that is on, and whether the connections it acts through and hears by work.

    `scopes` are those of the grant it acts through, None where there is none.
    """

    definition: Mapping[str, Any]
    acts: bool
    hears: bool
    scopes: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class SilentWebhooks:
    """How many webhooks of a provider have `missing` events, and how many are `unchecked` for them."""

    provider: str
    missing: int
    unchecked: int


async def database_role(connected: Connection, restricted: str) -> DatabaseRole:
    """The role we connect as, beside the restricted role of that name."""
    row = await connected.fetchrow(sql.database_role, restricted)
    assert row is not None
    return DatabaseRole(**row)


async def open_relations(connected: Connection, restricted: str) -> list[OpenRelation]:
    """Whatever the restricted role may read with no row security between, by name."""
    return [OpenRelation(**row) for row in await connected.fetch(sql.open_relations, restricted)]


async def sees_users(db: Database, user_id: UUID) -> bool:
    """Whether somebody who acts as that user sees any user at all."""
    async with db.as_user(user_id, read_only=True) as connected:
        return bool(await connected.fetchval(sql.sees_users))


async def has_table(db: Database, table: str) -> bool:
    """Whether a table was made yet."""
    return bool(await db.fetchval(sql.has_table, table))


async def has_granted_roles(db: Database) -> bool:
    """Whether users may have been granted a role yet."""
    return bool(await db.fetchval(sql.has_granted_roles))


async def has_work_tables(db: Database) -> bool:
    """Whether the tables were made yet that jobs, runs and failures are kept in."""
    return bool(await db.fetchval(sql.has_work_tables))


async def grant_counts(db: Database) -> list[GrantCounts]:
    """How many grants there are, by provider and app."""
    return [GrantCounts(**row) for row in await db.fetch(sql.grant_counts)]


async def overdue_schedules(db: Database) -> Overdue:
    """Schedules that nobody has started in time."""
    return Overdue(**await _row(db, sql.overdue_schedules))


async def dead_events(db: Database) -> DeadEvents:
    """Events that failed after every retry."""
    return DeadEvents(**await _row(db, sql.dead_events))


async def failing_rules(db: Database) -> FailingRules:
    """Rules that are on and failed the last time they ran."""
    return FailingRules(**await _row(db, sql.failing_rules))


async def flooded_rules(db: Database, in_a_row: int) -> FloodedRules:
    """Rules that were switched off as flooded, and those whose latest runs were all beyond their limit.

    `in_a_row` is how many runs count as the latest.
    """
    return FloodedRules(**await _row(db, sql.flooded_rules, in_a_row))


async def enabled_rules(db: Database) -> list[EnabledRule]:
    """Rules that are on, 5,000 at most."""
    return [EnabledRule(**row) for row in await db.fetch(sql.enabled_rules)]


async def silent_webhooks(db: Database) -> list[SilentWebhooks]:
    """Webhooks of which something did not arrive, or could not be looked for, by provider."""
    return [SilentWebhooks(**row) for row in await db.fetch(sql.silent_webhooks)]


async def _row(db: Database, statement: str, *args: object) -> Record:
    row = await db.fetchrow(statement, *args)
    assert row is not None
    return row
