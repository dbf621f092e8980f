"""Backups: a dump of the database with a manifest that says what it is and what it takes to use it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fluxstudio import __version__
from fluxstudio.core.access_rights import ROLES, RUNTIME_ROLE, make_roles
from fluxstudio.kit.postgres.connection import connect
from fluxstudio.kit.postgres.dump import dump, restore
from fluxstudio.kit.postgres.hosts import Target
from fluxstudio.kit.postgres.queries import Queries

sql = Queries.load("fluxstudio.sql", "queries/backup.sql")

DUMP, MANIFEST, KEYS = "database.dump", "manifest.json", "encryption.keys"
MANIFEST_FORMAT = 1


class BackupRefused(Exception):
    """A backup cannot be made or used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """What a backup is.

    `keys` are the ids of the keys that its tokens are sealed with, `keys_included` says whether they lie
    beside it, `runtime_role` that fluxstudio_runtime has rights there; `migration` is the newest that the
    database has.
    """

    format: int
    made_at: str
    version: str
    postgres: str
    migration: str
    installation: str
    bytes: int
    sha256: str
    keys: Sequence[str]
    keys_included: bool
    runtime_role: bool = False


async def make_backup(
    target: Target, folder: Path, keys: str | None, *, programs: Path | None = None
) -> BackupManifest:
    """Dump a database into a folder that is not there yet, with the keyset where it is to be included.

    `programs` is the folder of an operator's own PostgreSQL, if there is one.

    Raises `BackupRefused`, or `DumpError` with no folder left behind.
    """
    _make(folder)
    try:
        facts = await _facts(target)
        await dump(target, folder / DUMP, programs)
        if keys is not None:
            _write_closed(folder / KEYS, keys)
        manifest = BackupManifest(
            format=MANIFEST_FORMAT,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            version=__version__,
            bytes=(folder / DUMP).stat().st_size,
            sha256=_digest(folder / DUMP),
            keys_included=keys is not None,
            **facts,
        )
        _write_closed(folder / MANIFEST, json.dumps(asdict(manifest), indent=2) + "\n")
    except BaseException:
        shutil.rmtree(folder)
        raise
    return manifest


def _make(folder: Path) -> None:
    if folder.exists():
        raise BackupRefused(
            f"{folder} is there already. Name a folder that is not, such as one with the date."
        )
    folder.mkdir(parents=True, mode=0o700)


def read_backup(folder: Path) -> BackupManifest:
    """The manifest of a backup that is whole. Raises `BackupRefused` for one that is not."""
    try:
        manifest = BackupManifest(**json.loads((folder / MANIFEST).read_text()))
        digest = _digest(folder / DUMP)
    except (OSError, ValueError, TypeError):
        raise BackupRefused(
            f"{folder} is no backup: it lacks {MANIFEST} or {DUMP}, or they cannot be read."
        ) from None
    if digest != manifest.sha256:
        raise BackupRefused(
            f"{folder / DUMP} is not what was written there: its checksum differs. Use another backup."
        )
    return manifest


async def restore_backup(target: Target, folder: Path, *, programs: Path | None = None) -> BackupManifest:
    """Bring a whole backup into an empty database, as `make_backup` takes one out of it.

    Raises `BackupRefused`, `DumpError`, or `MigrationError` where our role may not make those it is for.
    """
    manifest = read_backup(folder)
    connection = await connect(target)
    try:
        tables = await connection.fetchval(sql.tables)
        if tables:
            raise BackupRefused(
                f"The database has {tables} tables already, and a backup is restored into an empty one. Make "
                "one (CREATE DATABASE), and name it in DATABASE_URL."
            )
        # Row policies are said to be for them.
        await make_roles(connection, [*ROLES, *([RUNTIME_ROLE] if manifest.runtime_role else [])])
    finally:
        await connection.close()
    await restore(target, folder / DUMP, programs)
    return manifest


async def _facts(target: Target) -> dict[str, Any]:
    connection = await connect(target)
    try:
        row = await connection.fetchrow(sql.facts)
        assert row is not None
        return dict(row)
    finally:
        await connection.close()


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _write_closed(file: Path, text: str) -> None:
    """Write a file that its owner alone can read."""
    file.touch(mode=0o600)
    file.write_text(text)
