"""What the database has to hold: migrations, functions, and the views of provider folders."""

from __future__ import annotations

from importlib.resources import files

from fluxstudio.core.registry import Registry
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

    Several processes may do this at once. Raises what `migrate` raises.
    """
    return await migrate(target, migrations(registry))
