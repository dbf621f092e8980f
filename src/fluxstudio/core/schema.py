"""What the database has to hold: the product's migrations, then the views of provider folders."""

from __future__ import annotations

from importlib.resources import files

from fluxstudio.core.registry import Registry
from fluxstudio.kit.postgres.migrate import Source


def migrations(registry: Registry) -> list[Source]:
    """Every file to apply, by where it comes from and in the order of its number."""
    folder = files("fluxstudio.sql").joinpath("migrations")
    numbered = sorted(
        (file.name, file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".sql")
    )
    return [("fluxstudio", numbered), ("providers", registry.schemas())]
