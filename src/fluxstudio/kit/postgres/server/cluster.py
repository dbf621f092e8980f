"""The data of a server: made whole or not at all, and configured afresh at every start."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from fluxstudio.kit.postgres.errors import EmbeddedPostgresError
from fluxstudio.kit.postgres.server.account import ServerAccount
from fluxstudio.kit.postgres.server.files import sync_folder, write_file
from fluxstudio.kit.postgres.server.layout import Layout, new_password

SUPERUSER = "postgres"

# Sized for one small machine; nothing here trades durability away.
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "max_connections": "80",
    "shared_buffers": "24MB",
    "jit": "off",
    "autovacuum_max_workers": "2",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    # Each page is written in full once after a checkpoint: every five minutes that is most of what an idle
    # installation writes.
    "checkpoint_timeout": "30min",
    "wal_compression": "on",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # One file for each day of the week, each begun anew when its day comes round.
    "logging_collector": "on",
    "log_filename": "postgres-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_line_prefix": "%m [%p] %u ",
    "log_checkpoints": "off",
    # Statements and the details of their errors hold the users' own data.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

# Settings that servers before this major version refuse.
_SETTINGS_SINCE: Mapping[int, Mapping[str, str]] = {18: {"io_method": "sync"}}

_ACCESS_RULES = "local all all scram-sha-256\n"


def has_data(layout: Layout, major_version: int) -> bool:
    """Whether a complete database is there, for programs of this version.

    Raises:
        EmbeddedPostgresError: it is one of another PostgreSQL version.
    """
    if not layout.data.exists():
        return False
    version = (layout.data / "PG_VERSION").read_text().strip()
    if version != str(major_version):
        raise EmbeddedPostgresError(
            f"The database in {layout.data} was made by PostgreSQL {version}, and this program would start "
            f"PostgreSQL {major_version}, which cannot read it. Set DATABASE_PROGRAMS to the programs of "
            f"version {version}; or dump it with pg_dump of version {version}, move {layout.folder} away, "
            "start this program and load the dump."
        )
    return True


def make_data(layout: Layout, account: ServerAccount, programs: Path, major_version: int) -> None:
    """Make the database with its superuser, and `layout.name` as an ordinary role that owns a database.

    Built under another name and renamed at the end: a start that was cut short leaves nothing to trip over.
    """
    shutil.rmtree(layout.unfinished_data, ignore_errors=True)
    layout.unfinished_data.mkdir(mode=0o700)
    account.own(layout.unfinished_data)
    new_password(layout.superuser_password)
    account.own(layout.superuser_password)
    _run_initdb(layout, account, programs, major_version)
    _make_role(layout, account, programs)
    layout.unfinished_data.rename(layout.data)
    sync_folder(layout.folder)


def write_settings(
    layout: Layout, socket_folder: Path, settings: Mapping[str, str], major_version: int
) -> None:
    """Write the server's configuration: ours, the caller's over it, and the places of things over both."""
    newer = {
        name: value
        for since, values in _SETTINGS_SINCE.items()
        if major_version >= since
        for name, value in values.items()
    }
    places = {
        "unix_socket_directories": str(socket_folder),
        "unix_socket_permissions": "0700",
        "port": "5432",
        "hba_file": str(layout.access_rules),
        "ident_file": str(layout.data / "pg_ident.conf"),
        "log_directory": str(layout.log),
    }
    chosen = {**_SETTINGS, **newer, **settings, **places}
    text = "".join(f"{name} = {quote_literal(value)}\n" for name, value in chosen.items())
    write_file(layout.configuration, text, mode=0o644)
    write_file(layout.access_rules, _ACCESS_RULES, mode=0o644)


def quote_literal(text: str) -> str:
    """`text` between quotes, for a configuration file or for SQL without backslash escapes."""
    return "'" + text.replace("'", "''") + "'"


def _locale(major_version: int) -> tuple[str, ...]:
    """Letters by Unicode's rules and order by code point, the same on every system."""
    if major_version >= 17:
        return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return ("--locale=C.UTF-8", "--locale-provider=libc")


def _run_initdb(layout: Layout, account: ServerAccount, programs: Path, major_version: int) -> None:
    outcome = account.run(
        [
            programs / "initdb",
            f"--pgdata={layout.unfinished_data}",
            f"--username={SUPERUSER}",
            f"--pwfile={layout.superuser_password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            *_locale(major_version),
            "--no-instructions",
        ]
    )
    if outcome.returncode != 0:
        raise _making_failed(layout, outcome.stderr)


def _make_role(layout: Layout, account: ServerAccount, programs: Path) -> None:
    """Make the role and its database in PostgreSQL's single-user mode, which needs no running server."""
    password = quote_literal(new_password(layout.role_password))
    name = f'"{layout.name}"'
    options = ("-c", "exit_on_error=on", "-c", "log_min_error_statement=panic")
    outcome = account.run(
        [programs / "postgres", "--single", "-D", layout.unfinished_data, *options, "postgres"],
        standard_input=(
            f"CREATE ROLE {name} LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS PASSWORD {password}\n"
            f"CREATE DATABASE {name} OWNER {name}\n"
        ),
    )
    if outcome.returncode != 0:
        raise _making_failed(layout, outcome.stderr)


def _making_failed(layout: Layout, output: str) -> EmbeddedPostgresError:
    reason = "\n".join(output.strip().splitlines()[-3:])
    return EmbeddedPostgresError(
        f"The database in {layout.folder} could not be made. PostgreSQL says:\n{reason}\n"
        "Fix that (usual causes: a full disk, a folder mounted without leave to run programs), then start "
        "again: nothing half-made stays."
    )
