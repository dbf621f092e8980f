"""Debian's own PostgreSQL 15, the oldest server that the product promises to work with."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import psutil

from fluxstudio.kit.postgres.server.account import ServerAccount

PROGRAMS = (Path(__file__).parents[2] / ".cache/bin", Path("/usr/lib/postgresql/15/bin"))
OWNER = "fluxstudio"
PASSWORD = "not-a-real-password"


@dataclass(frozen=True)
class DebianServer:
    """A running server, addressed like an `EmbeddedPostgres`."""

    superuser: dict[str, Any]
    control: Callable[..., None] = field(repr=False, default=lambda *_: None)

    def restart_as_standby(self) -> None:
        """Let it be one that waits for changes of another server and takes none."""
        self.control("stop", "--mode", "fast")
        (Path(self.superuser["host"]) / "data/standby.signal").touch()
        self.control("start")

    def promote(self) -> None:
        """Let a standby take changes."""
        self.control("promote", "--wait")

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to every process of the server, such as SIGSTOP to let it say nothing."""
        postmaster = Path(self.superuser["host"]) / "data/postmaster.pid"
        server = psutil.Process(int(postmaster.read_text().split()[0]))
        for process in (server, *server.children()):
            process.send_signal(number)

    @property
    def superuser_dsn(self) -> str:
        """The address for its superuser."""
        return "postgresql://{user}@/{database}?host={host}&port={port}".format(**self.superuser)

    @property
    def connect_kwargs(self) -> dict[str, Any]:
        """How the product's own role connects, as arguments of `asyncpg.connect`."""
        return {**self.superuser, "user": OWNER, "password": PASSWORD}

    async def make_owner(self, name: str = OWNER) -> None:
        """Make the role that the product connects as."""
        connection = await asyncpg.connect(**self.superuser)
        await connection.execute(f"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD '{PASSWORD}'")
        await connection.close()


@contextmanager
def debian() -> Iterator[DebianServer]:
    """Debian's own server in a folder of its own, reached by its socket alone."""
    programs = next((place for place in PROGRAMS if (place / "initdb").is_file()), Path())
    assert programs.is_absolute(), (
        f"There is no PostgreSQL of Debian's in {PROGRAMS[-1]}: `make test` installs it."
    )
    with TemporaryDirectory(prefix="fluxstudio-debian-") as place:
        folder = Path(place)
        account = ServerAccount.for_data(folder / "data", "nobody")
        account.own(folder)

        def run(program: str, *arguments: str) -> None:
            outcome = account.run(
                [str((programs / program).resolve()), "--pgdata", f"{place}/data", *arguments]
            )
            assert outcome.returncode == 0, outcome.stderr

        run("initdb", "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={place} -c fsync=off"

        def control(verb: str, *arguments: str) -> None:
            starting = ["--log", f"{place}/log", "--options", options] if verb == "start" else []
            run("pg_ctl", verb, "--wait", "--silent", *starting, *arguments)

        control("start")
        try:
            address = {"host": place, "port": 5432, "user": "postgres", "database": "postgres"}
            yield DebianServer(address, control)
        finally:
            run("pg_ctl", "stop", "--mode", "immediate", "--silent")
