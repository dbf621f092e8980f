"""Where everything of one server lies: below `home/postgres`, with names for each part.

    postgres/            ours; a link where it lies elsewhere, see `place`
        starting.lock  in-use.lock
        superuser.password  <role>.password  postgresql.conf  pg_hba.conf  startup.log
        programs-<digest>/  a copy, where the server account cannot reach the installed ones
        data/  log/  socket/           the server account's

When we are root, nothing is ever written into a folder of the server account: whoever runs as that
account could put a link in the way.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from fluxstudio.kit.postgres.errors import EmbeddedPostgresError
from fluxstudio.kit.postgres.server.account import ServerAccount
from fluxstudio.kit.postgres.server.files import write_file

FOLDER = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"
_LONGEST_SOCKET_PATH = 100
_SHORTEST_TEMPORARY_FOLDER = Path("/tmp")  # noqa: S108 - what we make in it is ours alone, and checked


def make_home(home: Path) -> None:
    """Make the folder `home` if it is missing.

    Only we can list it; as root we let others pass through, since the server runs as an unprivileged user.
    """
    mode = 0o711 if os.geteuid() == 0 else 0o700
    home.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        home.mkdir(mode)
        home.chmod(mode)
    if not home.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "it is not a folder", str(home))


class Layout:
    """The paths of one server, and how each comes to be."""

    def __init__(self, home: Path, name: str) -> None:
        self.home = home.resolve()
        self.name = name
        self.folder = (self.home / FOLDER).resolve()
        self.data = self.folder / "data"
        self.unfinished_data = self.folder / "data.unfinished"
        self.log = self.folder / "log"
        self.startup_log = self.folder / "startup.log"
        self.configuration = self.folder / "postgresql.conf"
        self.access_rules = self.folder / "pg_hba.conf"
        self.starting_lock = self.folder / "starting.lock"
        self.in_use_lock = self.folder / "in-use.lock"
        self.superuser_password = self.folder / "superuser.password"
        self.role_password = self.folder / f"{name}.password"
        self._socket = self.folder / "socket"

    def prepare(self, account: ServerAccount) -> None:
        """Make the folder that holds everything else; several processes may be at it."""
        make_home(self.home)
        mode = 0o711 if account.switched else 0o700
        self.folder.mkdir(mode, exist_ok=True)
        self.folder.chmod(mode)

    @property
    def socket_folder(self) -> Path:
        """The folder of the server's socket, as last prepared."""
        return self._socket.readlink() if self._socket.is_symlink() else self._socket

    def prepare_socket_folder(self, account: ServerAccount) -> Path:
        """Make the folder for the server's socket and return it.

        It is in the home, or in the folder for temporary files when the path of the socket would be longer
        than the system allows (or holds a comma, which separates folders in PostgreSQL's settings).
        """
        self.remove_socket_folder()
        if _fits(self._socket):
            _make_private(self._socket, account)
            return self._socket
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        places = (Path(tempfile.gettempdir()), _SHORTEST_TEMPORARY_FOLDER)
        outside = (place / f"{self.name}-{account.uid}-{digest}" for place in places)
        chosen = next(filter(_fits, outside), None)
        if chosen is None:
            raise EmbeddedPostgresError(
                f"PostgreSQL cannot listen below {self.home}: the path of its socket would pass "
                f"{_LONGEST_SOCKET_PATH} bytes, and so would one in {tempfile.gettempdir()}. Use a shorter "
                "path for the home folder."
            )
        _make_private(chosen, account)
        # A home that was moved may have had a shorter path.
        with suppress(FileNotFoundError):
            self._socket.rmdir()
        self._socket.symlink_to(chosen)
        return chosen

    def prepare_log_folder(self, account: ServerAccount) -> None:
        """Make the folder for the server's log."""
        _make_private(self.log, account)

    def remove_socket_folder(self) -> None:
        """Remove what a stopped server left of its socket, in the home and outside."""
        folder = self.socket_folder
        for leftover in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
            (folder / leftover).unlink(missing_ok=True)
        if self._socket.is_symlink():
            with suppress(FileNotFoundError):
                folder.rmdir()
            self._socket.unlink()


def new_password(path: Path) -> str:
    """Keep a fresh password in `path`, readable by its owner alone, and return it."""
    password = secrets.token_urlsafe(32)
    write_file(path, password, mode=0o600)
    return password


def read_password(path: Path) -> str:
    """Raises EmbeddedPostgresError when the file is gone."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        raise EmbeddedPostgresError(
            f"The password of the database is missing: there is no {path}. Put the file back from a backup, "
            f"or use the name the database was made with, or remove {path.parent} to begin with an empty one."
        ) from None


def _fits(folder: Path) -> bool:
    path = os.fsencode(folder / SOCKET_NAME)
    return len(path) <= _LONGEST_SOCKET_PATH and not set(b',"\n') & set(path)


def _make_private(folder: Path, account: ServerAccount) -> None:
    """A folder for the server account alone. One that is already there must be just that."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != account.uid or status.st_mode & 0o077:
            raise EmbeddedPostgresError(
                f"{folder} is in the way: it is not a folder of the user {account.name} alone. "
                f"Look what it is and remove it, then try again."
            ) from None
    else:
        account.own(folder)
