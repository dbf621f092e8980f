"""Where the database is, and how it is opened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fluxstudio.kit.postgres.database import Database, Target
from fluxstudio.kit.postgres.embedded import EmbeddedPostgres
from fluxstudio.kit.postgres.hosts import sessions_of
from fluxstudio.settings import Settings

# What our sessions are called in pg_stat_activity, unless DATABASE_URL names them.
SESSIONS = "fluxstudio"


@asynccontextmanager
async def database_of(settings: Settings) -> AsyncIterator[Target]:
    """Where the database is: the configured one, or our own for as long as this lasts."""
    if settings.database_url is not None:
        yield sessions_of(settings.database_url.get_secret_value(), SESSIONS)
        return
    async with EmbeddedPostgres(settings.home, programs=settings.database_programs) as server:
        yield sessions_of(server.connect_kwargs, SESSIONS)


def pool(settings: Settings, where: Target) -> Database:
    """A database whose connections act for people as the restricted role; it is still to be opened."""
    return Database(
        where,
        max_size=settings.database_pool_size,
        user_role="fluxstudio_user",
        user_setting="fluxstudio.user_id",
    )
