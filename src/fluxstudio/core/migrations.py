"""What the database has to hold: migrations, functions, and the views of provider folders."""

from __future__ import annotations

from importlib.resources import files

from fluxstudio.core.access_rights import grant_runtime_rights, record_rights, require_rights, restore_rights
from fluxstudio.core.registry import Registry
from fluxstudio.kit.postgres.connection import connect
from fluxstudio.kit.postgres.hosts import Target
from fluxstudio.kit.postgres.migrate import Source, migrate


def migrations(registry: Registry) -> list[Source]:
    """Every file to apply, by where it comes from: numbered ones in order, then functions."""
    numbered, functions = _texts("migrations"), _texts("functions")
    return [("fluxstudio", [*numbered, *functions]), ("providers", registry.schemas())]


def _texts(folder: str) -> list[tuple[str, str]]:
    directory = files("fluxstudio.sql").joinpath(folder)
    return sorted(
        (file.name, file.read_text("utf-8")) for file in directory.iterdir() if file.name.endswith(".sql")
    )


async def migrate_database(target: Target, registry: Registry) -> list[str]:
    """Bring a database up to date; what was applied, as `source/name`.

    Several processes may do this at once. Raises what `migrate` raises, and `MigrationError` where rights
    have been lost that an earlier migration gave.
    """
    return await migrate(target, migrations(registry), before=require_rights, after=record_rights)


async def grant_database_rights(target: Target) -> int:
    """Let `fluxstudio_runtime` read and write all rows of a migrated database; how many rights it lacked."""
    connection = await connect(target)
    try:
        return await grant_runtime_rights(connection)
    finally:
        await connection.close()


async def restore_database_rights(target: Target) -> list[str]:
    """Give back rights that a restored database lacks; the statements that were run.

    Raises `MigrationError` where our user may not.
    """
    connection = await connect(target)
    try:
        return await restore_rights(connection)
    finally:
        await connection.close()
