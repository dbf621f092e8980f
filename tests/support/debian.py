"""Debian's own PostgreSQL 15, the oldest server that the product promises to work with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg

from fluxstudio.kit.postgres.server.account import ServerAccount

PROGRAMS = (Path(__file__).parents[2] / ".cache/bin", Path("/usr/lib/postgresql/15/bin"))
OWNER = "fluxstudio"
PASSWORD = "not-a-real-password"


@dataclass(frozen=True)
class DebianServer:
    """A running server, addressed like an `EmbeddedPostgres`."""

    superuser: dict[str, Any]

    @property
    def superuser_dsn(self) -> str:
        """The address for its superuser."""
        return "postgresql://{user}@/{database}?host={host}&port={port}".format(**self.superuser)

    @property
    def connect_kwargs(self) -> dict[str, Any]:
        """How the product's own role connects, as arguments of `asyncpg.connect`."""
        return {**self.superuser, "user": OWNER, "password": PASSWORD}

    async def make_owner(self) -> None:
        """Make the role that the product connects as."""
        connection = await asyncpg.connect(**self.superuser)
        await connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{PASSWORD}'")
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
        run("pg_ctl", "start", "--wait", "--silent", "--log", f"{place}/log", "--options", options)
        try:
            yield DebianServer({"host": place, "port": 5432, "user": "postgres", "database": "postgres"})
        finally:
            run("pg_ctl", "stop", "--mode", "immediate", "--silent")
