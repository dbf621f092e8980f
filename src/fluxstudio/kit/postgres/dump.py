"""PostgreSQL's own dump and restore, of a database that is reached like any other."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from fluxstudio.kit.postgres.connection import connect
from fluxstudio.kit.postgres.errors import EmbeddedPostgresError, PostgresError
from fluxstudio.kit.postgres.hosts import Target, connect_arguments
from fluxstudio.kit.postgres.server.binaries import bin_folder, version_of

INSTALL = "Install PostgreSQL’s client (postgresql-client), then run this again."
PROGRAMS_OF_DEBIAN = Path("/usr/lib/postgresql")


class DumpError(PostgresError):
    """A dump or a restore did not work; nothing is to be made of what it left."""


async def dump(target: Target, file: Path, programs: Path | None = None) -> None:
    """Write a whole database into a file, in PostgreSQL's custom format.

    `programs` is the folder of a PostgreSQL to use besides those that are found.

    Raises:
        DumpError: there is no program for it, or it failed.
        DatabaseUnavailable: the database does not answer.
    """
    await _run("pg_dump", target, ["--format=custom", f"--file={file}"], programs)


async def restore(target: Target, file: Path, programs: Path | None = None) -> None:
    """Bring a dump into a database that has no tables; everything belongs to the target's user afterwards.

    Neither rights nor owners come along. Raises what `dump` raises, with nothing restored.
    """
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    await _run("pg_restore", target, [*options, str(file)], programs)


async def _run(program: str, target: Target, arguments: list[str], programs: Path | None) -> None:
    connection = await connect(target)
    major = connection.get_server_version().major
    await connection.close()
    address, variables = _address(target)
    try:
        process = await asyncio.create_subprocess_exec(
            str(_program(program, major, programs)),
            f"--dbname={address}",
            *arguments,
            env={"PATH": os.defpath, "LC_ALL": "C", **variables},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise DumpError(f"{program} cannot be started: {error.strerror}. {INSTALL}") from None
    _, errors = await process.communicate()
    if process.returncode:
        lines = [line for line in errors.decode(errors="replace").splitlines() if line.strip()]
        reason = lines[0].removeprefix(f"{program}: ") if lines else f"exit code {process.returncode}"
        raise DumpError(f"{program} did not work: {reason}. Fix that, then run this again.")


def _program(name: str, major: int, programs: Path | None) -> Path:
    """The one of the server's own version, else the oldest that is newer: older ones refuse the server."""
    places = {int(home.name): home / "bin" for home in PROGRAMS_OF_DEBIAN.glob("*") if home.name.isdigit()}
    for installed in (None, programs) if programs else (None,):
        with suppress(EmbeddedPostgresError):
            places[version_of(installed)] = bin_folder(installed)
    versions = sorted(version for version in places if version >= major)
    for version in versions:
        if (places[version] / name).is_file():
            return places[version] / name
    on_path = shutil.which(name)
    if on_path is None:
        raise DumpError(f"There is no {name} for PostgreSQL {major} on this machine. {INSTALL}")
    return Path(on_path)


def _address(target: Target) -> tuple[str, Mapping[str, str]]:
    """A target as libpq takes it, and the password apart: everybody sees the words of a command."""
    arguments = connect_arguments(target)
    dsn = arguments.get("dsn")
    if dsn is None:
        return _words(arguments), _password(arguments.get("password"))
    parts = urlsplit(dsn)
    if parts.password is None:
        return dsn, {}
    user, _, hosts = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}@{hosts}"
    return parts._replace(netloc=netloc).geturl(), _password(unquote(parts.password))


def _words(arguments: Mapping[str, Any]) -> str:
    names = {"host": "host", "port": "port", "user": "user", "database": "dbname"}
    quoted = {
        theirs: str(arguments[ours]).replace("\\", "\\\\").replace("'", "\\'")
        for ours, theirs in names.items()
        if arguments.get(ours) is not None
    }
    return " ".join(f"{name}='{value}'" for name, value in quoted.items())


def _password(text: object) -> dict[str, str]:
    return {"PGPASSWORD": str(text)} if text else {}
