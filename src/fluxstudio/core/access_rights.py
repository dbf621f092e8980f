"""What the restricted roles may do in the database: kept after each migration, missed after a restore."""

from __future__ import annotations

import re
from collections.abc import Sequence

import asyncpg

from fluxstudio.kit.postgres.connection import CheckedConnection, Connection
from fluxstudio.kit.postgres.errors import MigrationError
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/access_rights.sql")

# What a statement that gives a right is about.
OBJECT = re.compile(r"(?: ON |^ALTER )(?:FUNCTION |SCHEMA |TABLE |VIEW )?([\w.]+)")
ROLES = ("fluxstudio_user", "fluxstudio_ask", "fluxstudio_ask_all")
RUNTIME_ROLE = "fluxstudio_runtime"


async def lost_rights(connection: CheckedConnection | Connection) -> list[str]:
    """The statements that would give back what has been lost since the last migration, in order."""
    if not await connection.fetchval(sql.recorded):
        return []
    return [row["statement"] for row in await connection.fetch(sql.lost)]


class RightsLost(MigrationError):
    """The database lacks rights that it had after its last migration, by the statements that give them."""

    def __init__(self, lost: Sequence[str]) -> None:
        objects = sorted({match[1] for text in lost if (match := OBJECT.search(text))})
        some = ", ".join(objects[:3]) + (" and others" if len(objects) > 3 else "")
        super().__init__(
            f"The database has lost {len(lost)} of the rights and row policies that pages work with "
            f"(on {some}), as when a dump is restored without them. Run `fluxstudio migrate "
            "--restore-rights`, which gives them back."
        )


async def require_rights(connection: CheckedConnection) -> None:
    """Raises `RightsLost` where rights have been lost, as by a restore without them, and
    `RuntimeRightsMissing` where our user may not do what it is for.
    """
    missing = await missing_runtime_rights(connection)
    if missing:
        raise RuntimeRightsMissing(missing)
    lost = await lost_rights(connection)
    if lost:
        raise RightsLost(lost)


async def record_rights(connection: CheckedConnection) -> None:
    """Remember what the restricted roles may do now, and give the runtime role what is new."""
    await connection.execute(sql.record)
    await grant_runtime_rights(connection)


async def grant_runtime_rights(connection: CheckedConnection | Connection) -> int:
    """Let the role `fluxstudio_runtime` read and write all rows, where it is; how many rights it lacked."""
    count: int = await connection.fetchval(sql.grant_runtime)
    return count


async def missing_runtime_rights(connection: CheckedConnection | Connection) -> list[str]:
    """The statements that our user lacks, who reads and writes rows of tables that are somebody else's.

    None where the tables are our user's own.
    """
    if not await connection.fetchval(sql.is_guest):
        return []
    if not await connection.fetchval(sql.is_runtime):
        return [await connection.fetchval(sql.runtime_membership)]
    return [row["statement"] for row in await connection.fetch(sql.runtime_missing)]


class RuntimeRightsMissing(MigrationError):
    """Our user neither owns the tables nor may read and write all rows, by the statements that it lacks."""

    def __init__(self, missing: Sequence[str]) -> None:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        super().__init__(
            f"Our user of the database does not own its tables and lacks: {missing[0]}{more}. Make it a "
            "member of fluxstudio_runtime (docs/operate.md), and run `fluxstudio migrate` as their owner."
        )


async def make_roles(connection: CheckedConnection, roles: Sequence[str]) -> list[str]:
    """Make the roles that the server lacks; the statements that were run.

    Raises `MigrationError` naming what a superuser has to do where our own role may not.
    """
    rows = await connection.fetch(sql.roles_missing, roles)
    return [await _run(connection, row["statement"]) for row in rows]


async def restore_rights(connection: CheckedConnection) -> list[str]:
    """Give back what was lost, with the roles it was given to; the statements that were run.

    Raises `MigrationError` naming what a superuser has to do where our own role may not.
    """
    async with connection.transaction():
        ran = await make_roles(connection, ROLES)
        rows = await connection.fetch(sql.memberships_missing, ROLES)
        ran += [await _run(connection, row["statement"]) for row in rows]
        lost = await lost_rights(connection)
        ran += [await _run(connection, statement) for statement in lost]
    return ran


async def _run(connection: CheckedConnection, statement: str) -> str:
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError as error:
        by_whom = f"As a superuser run: {statement};"
        raise MigrationError(
            f"Our user of the database may not give its rights back ({error}). {by_whom} Then run this again."
        ) from error
    return statement
