"""Every test here runs twice: against the embedded server and against Debian's PostgreSQL 15."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from fluxstudio.core.migrations import migrations
from fluxstudio.core.registry import Registry, discover
from fluxstudio.kit.postgres.database import Database
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
from fluxstudio.kit.postgres.migrate import Source, migrate
from fluxstudio.settings import ProviderSettings
from tests.database.people import Person, settled
from tests.support.debian import debian

EMPTY = """
DO $$ BEGIN
    EXECUTE (SELECT 'TRUNCATE ' || string_agg(oid::regclass::text, ', ') FROM pg_class
             WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
               AND relname <> 'schema_migrations');
END $$
"""
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Server:
    """A running server: how its superuser and how the product's own role connect."""

    superuser: dict[str, Any]
    owner: dict[str, Any]

    async def new_database(self, template: str = "template0") -> dict[str, Any]:
        """A copy of a database, the product's own."""
        name = f"database{os.getpid()}_{next(_numbers)}"
        connection = await asyncpg.connect(**self.superuser)
        try:
            owner = self.owner["user"]
            await connection.execute(
                f'CREATE DATABASE {name} OWNER {owner} TEMPLATE "{template}" STRATEGY file_copy'
            )
        finally:
            await connection.close()
        return {**self.owner, "database": name}


def opened(target: dict[str, Any]) -> Database:
    """A database as the product opens it."""
    return Database(target, max_size=2, user_role="fluxstudio_user", user_setting="fluxstudio.user_id")


@pytest.fixture(scope="session", params=["embedded", "debian"])
async def server(request: pytest.FixtureRequest, postgres: EmbeddedPostgres) -> AsyncIterator[Server]:
    """Each of the two servers."""
    if request.param == "embedded":
        yield Server({"dsn": postgres.superuser_dsn}, postgres.connect_kwargs)
        return
    with debian() as older:
        await older.make_owner()
        yield Server(older.superuser, older.connect_kwargs)


@pytest.fixture(scope="session")
def sources() -> list[Source]:
    """All migrations of the product."""
    return migrations(Registry(discover(), lambda provider: ProviderSettings()))


@pytest.fixture(scope="session")
async def migrated(server: Server, sources: list[Source]) -> str:
    """The name of a migrated database to copy from."""
    fresh = await server.new_database()
    await migrate(fresh, sources)
    name: str = fresh["database"]
    return name


@pytest.fixture
async def empty_database(server: Server) -> dict[str, Any]:
    """A database nothing has been done to."""
    return await server.new_database()


@pytest.fixture
async def database(server: Server, migrated: str) -> dict[str, Any]:
    """A fresh, migrated database of this test's own; the product starts over it too."""
    return await server.new_database(migrated)


@pytest.fixture(scope="session")
async def kept_db(server: Server, migrated: str) -> AsyncIterator[Database]:
    """A migrated database that tests share."""
    async with opened(await server.new_database(migrated)) as db:
        yield db


@pytest.fixture
async def db(kept_db: Database) -> Database:
    """A migrated database with nobody in it, as the product opens it. Tests leave its schema as it is."""
    await kept_db.execute(EMPTY)
    return kept_db


@pytest.fixture
async def own_db(database: dict[str, Any]) -> AsyncIterator[Database]:
    """A migrated database whose schema a test may change."""
    async with opened(database) as db:
        yield db


@pytest.fixture
async def ada(db: Database) -> Person:
    """Someone with a row of her own in every table."""
    return await settled(db, "ada")


@pytest.fixture
async def mei(db: Database) -> Person:
    """Someone else with a row of her own in every table."""
    return await settled(db, "mei")
