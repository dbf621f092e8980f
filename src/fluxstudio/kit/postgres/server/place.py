"""A place of its own for a server whose account may not enter the home, such as root's own home.

    home/postgres → /var/lib/fluxstudio/1f0c…/postgres

The link is how every process finds it, and goes along when the home is moved. The place names its home in
turn, so that a copied home does not share the database of the one it was copied from.
"""

from __future__ import annotations

import logging
import secrets
from contextlib import suppress
from pathlib import Path

from fluxstudio.kit.postgres.errors import EmbeddedPostgresError
from fluxstudio.kit.postgres.server.account import ServerAccount
from fluxstudio.kit.postgres.server.files import write_file
from fluxstudio.kit.postgres.server.layout import FOLDER, make_home

PLACES = Path("/var/lib/fluxstudio")
_OWNER = "home"

_log = logging.getLogger(__name__)


def settle(home: Path, places: Path, account: ServerAccount) -> None:
    """Give a home its place elsewhere if the account cannot enter it; a home that has one or data keeps it.

    Raises:
        EmbeddedPostgresError: its place is gone, or none can be made.
    """
    link = home / FOLDER
    if link.is_symlink():
        _keep(home, link, places, account)
    elif not link.exists() and account.closed_folder(_nearest(home)) is not None:
        make_home(home)
        _link(home, link, places, account)


def _nearest(home: Path) -> Path:
    return next(folder for folder in (home, *home.parents) if folder.exists())


def _keep(home: Path, link: Path, places: Path, account: ServerAccount) -> None:
    folder = link.resolve()
    if not folder.exists():
        raise EmbeddedPostgresError(
            f"The database of {home} is gone: it was in {folder}. Put that folder back from a backup, or "
            f"remove the link {link} to begin with an empty database."
        )
    owner = folder.parent / _OWNER
    try:
        first = Path(owner.read_text("utf-8"))
    except FileNotFoundError:
        # Somebody's own link.
        return
    if first == home:
        return
    with suppress(OSError):
        if (first / FOLDER).resolve() == folder and not first.samefile(home):
            _log.warning("%s is a copy of %s, so it begins with a database of its own.", home, first)
            link.unlink()
            _link(home, link, places, account)
            return
    write_file(owner, str(home), mode=0o644)


def _link(home: Path, link: Path, places: Path, account: ServerAccount) -> None:
    place = places / secrets.token_hex(8)
    try:
        for folder in (places, place, place / FOLDER):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o711)
        account.require_entry(place, f"Let it pass through {places}")
        write_file(place / _OWNER, str(home), mode=0o644)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"The user “{account.name}” that PostgreSQL runs as may not enter {home}, and a place for the "
            f"database below {places} cannot be made: {error.strerror}. Set FLUXSTUDIO_HOME to a folder that "
            f"“{account.name}” may enter, or DATABASE_URL to a PostgreSQL server of your own."
        ) from None
    try:
        link.symlink_to(place / FOLDER)
    except FileExistsError:
        # Another process was first, and its place counts.
        (place / _OWNER).unlink()
        (place / FOLDER).rmdir()
        place.rmdir()
