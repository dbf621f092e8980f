"""The database: which it is, what we may do in it, and whether people are kept apart."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from uuid import uuid4

import asyncpg

from fluxstudio.core import diagnostics
from fluxstudio.core.access_rights import (
    RightsLost,
    RuntimeRightsMissing,
    lost_rights,
    missing_runtime_rights,
)
from fluxstudio.core.diagnostics import DatabaseRole, OpenRelation
from fluxstudio.core.installation import differences
from fluxstudio.core.migrations import migrations
from fluxstudio.flows.doctor.clock import clock
from fluxstudio.flows.doctor.context import Context
from fluxstudio.flows.doctor.finding import DATABASE, Finding, listed, plural, split
from fluxstudio.kit.postgres.database import Connection, Database
from fluxstudio.kit.postgres.errors import DatabaseReadOnly, MigrationError, PostgresError
from fluxstudio.kit.postgres.migrate import OLDEST_POSTGRES, missing
from fluxstudio.settings import Settings

ROLE = "fluxstudio_user"
MIGRATE = "Run `fluxstudio migrate`, or start FluxStudio, which does the same."


def away(error: PostgresError, settings: Settings) -> Finding:
    """The database does not answer, or cannot be started."""
    what, mend = split(error.message)
    place = " Its address is in DATABASE_URL." if settings.database_url is not None else ""
    return DATABASE.bad("Reachable", what, f"{mend}{place}")


def not_made_yet() -> Finding:
    """There is no database so far, and none was asked for."""
    return DATABASE.good("Embedded PostgreSQL", "It is made at the first start, in the data folder.")


async def check(context: Context, db: Database) -> list[Finding]:
    """Version, rights, row security and migrations."""
    read_only = await _read_only(db)
    async with db.connection() as connection:
        version = _version(context, connection)
        role = await diagnostics.database_role(connection, ROLE)
        waiting, migrated = await _migrations(context, connection)
        lost = await lost_rights(connection)
        findings = [version, *read_only, migrated, *_rights(role, await missing_runtime_rights(connection))]
        if lost:
            findings.append(DATABASE.bad("Lost rights", *split(str(RightsLost(lost)))))
        if waiting:
            return [*findings, *(_before_the_first(role) if any(map(_is_first, waiting)) else [])]
        if not role.restricted_exists:
            return [*findings, _role_is_gone(role)]
        open_to_all = await diagnostics.open_relations(connection, ROLE)
    return [*findings, await _restricted(db, role), *_row_security(open_to_all)]


async def check_copy(context: Context, db: Database) -> list[Finding]:
    """That this is a copy which does nothing, where it is one."""
    if not await diagnostics.has_table(db, "installation"):
        return []
    reasons = await differences(db, context.settings)
    if not reasons:
        return []
    what = f"This is a copy of another installation ({', and '.join(reasons)}), so it acts for nobody."
    mend = "If it takes the other's place, stop that one and run `fluxstudio resume` here."
    return [DATABASE.warning("Copy", what, mend)]


async def _read_only(db: Database) -> list[Finding]:
    """That the database takes no changes, where it does not."""
    try:
        await db.check_session()
    except DatabaseReadOnly as error:
        return [DATABASE.bad("Changes", *split(error.message))]
    return []


async def check_clock(context: Context, db: Database) -> list[Finding]:
    """The database's clock and ours."""
    start = time.time()
    theirs = (await db.now()).timestamp()
    return [clock("Database clock", "the database", theirs - (start + time.time()) / 2)]


def _version(context: Context, connection: Connection) -> Finding:
    version = connection.get_server_version()
    what = f"PostgreSQL {version.major}.{version.minor}"
    if version.major < OLDEST_POSTGRES:
        mend = f"Upgrade the server to PostgreSQL {OLDEST_POSTGRES} or newer, or point DATABASE_URL at one."
        return DATABASE.bad("Version", f"{what} is too old.", mend)
    kind = "the embedded one" if context.settings.database_url is None else "the one of DATABASE_URL"
    return DATABASE.good("Version", f"{what} answers, {kind}.")


async def _migrations(context: Context, connection: Connection) -> tuple[list[str], Finding]:
    """What waits to be applied, and what is to be said of it."""
    name = "Migrations"
    try:
        waiting = await missing(connection, migrations(context.registry))
    except MigrationError as error:
        return [], DATABASE.bad(name, *split(error.message))
    if not waiting:
        return waiting, DATABASE.good(name, "The tables are those of this version.")
    what = f"{plural(len(waiting), 'change')} to the tables: {listed(waiting)}."
    return waiting, DATABASE.warning(name, f"This version needs {what}", MIGRATE)


def _rights(role: DatabaseRole, lacking: Sequence[str]) -> Iterator[Finding]:
    name = "Rights"
    if role.rolsuper or role.rolbypassrls:
        kind = "a superuser" if role.rolsuper else "a role that row security does not bind"
        what = f"FluxStudio connects as {role.name}, {kind}. It needs neither."
        mend = (
            "Make a role of its own: CREATE ROLE fluxstudio LOGIN CREATEROLE PASSWORD '…'; let it own the "
            "database and what is in it, and use it in DATABASE_URL."
        )
        yield DATABASE.warning(name, what, mend)
    elif lacking:
        yield DATABASE.bad(name, *split(str(RuntimeRightsMissing(lacking))))
    elif role.is_guest:
        what = f"FluxStudio connects as {role.name}, which reads and writes rows and may change nothing else."
        yield DATABASE.good(name, what)
    elif not role.may_create:
        schema = role.schema or "public"
        what = f"{role.name} may not make tables in the schema {schema}, so the next migration fails."
        yield DATABASE.bad(name, what, f"As a superuser: GRANT CREATE ON SCHEMA {schema} TO {role.quoted};")
    else:
        yield DATABASE.good(
            name, f"FluxStudio connects as {role.name}, which may do what it needs and no more."
        )


def _is_first(migration: str) -> bool:
    return "/0001_" in migration


def _before_the_first(role: DatabaseRole) -> Iterator[Finding]:
    """Whether the first migration may make the restricted role and grant it."""
    if role.rolsuper or role.may_grant or (role.rolcreaterole and not role.restricted_exists):
        return
    make = "" if role.restricted_exists else f"CREATE ROLE {ROLE} NOLOGIN; "
    what = f"{role.name} may not make or grant the role {ROLE}, so the first migration fails."
    mend = f"As a superuser: {make}GRANT {ROLE} TO {role.quoted} WITH ADMIN OPTION;"
    yield DATABASE.bad("Restricted role", what, mend)


def _role_is_gone(role: DatabaseRole) -> Finding:
    what = f"The role {ROLE} is gone, so nobody can see anything. Dumps of a database do not hold roles."
    mend = (
        f"As a superuser: CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO {role.quoted} WITH ADMIN OPTION; "
        "Then restore the dump again, since its rights for that role were lost."
    )
    return DATABASE.bad("Restricted role", what, mend)


async def _restricted(db: Database, role: DatabaseRole) -> Finding:
    """Whether we can act as the restricted role, and whether somebody unknown sees nobody there."""
    name = "Restricted role"
    if role.unbounded:
        what = f"Row security does not bind the role {ROLE}, so people would see each other's data."
        return DATABASE.bad(name, what, f"As a superuser: ALTER ROLE {ROLE} NOSUPERUSER NOBYPASSRLS;")
    try:
        sees = await diagnostics.sees_users(db, uuid4())
    except asyncpg.InsufficientPrivilegeError:
        what = f"{role.name} may not act as {ROLE}, or that role may not read its tables. No page works."
        mend = f"As a superuser: GRANT {ROLE} TO {role.quoted}; then run `fluxstudio migrate`."
        return DATABASE.bad(name, what, mend)
    if sees:
        what = f"As {ROLE} a person sees the rows of others."
        return DATABASE.bad(
            name, what, "Restore the policies of the table users, from migration 0001_people.sql."
        )
    return DATABASE.good(name, f"What people see is read as {ROLE}, and a stranger sees nobody.")


def _row_security(open_to_all: Sequence[OpenRelation]) -> list[Finding]:
    name = "Row security"
    if not open_to_all:
        return [DATABASE.good(name, "Every table people read from is bound to their own rows.")]
    names = list(dict.fromkeys(relation.name for relation in open_to_all))
    commands = [
        f"ALTER VIEW {relation.name} SET (security_invoker = true);"
        if relation.is_view
        else f"ALTER TABLE {relation.name} ENABLE ROW LEVEL SECURITY;"
        for relation in open_to_all
    ]
    what = f"Row security does not hold for {listed(names)}: people can see each other's rows there."
    mend = f"{' '.join(dict.fromkeys(commands))} Then compare its policies with the migrations."
    return [DATABASE.bad(name, what, mend)]
