"""Brings a schema to what the program expects, from SQL files.

A file named `0001_what_it_does.sql` is applied once, in the order of its number, and never changed
again. Any other `.sql` file is repeatable: views and functions, replaced whenever their text changes.

A numbered file only adds, so that programs which do not know it go on beside those that do. One that removes
what an older program uses says so in a line of its own, `-- oldest program: 0025`: programs that do not know
number 0025 of its source are refused from then on.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import asyncpg

from fluxstudio.kit.postgres.connection import CheckedConnection, Connection, connect
from fluxstudio.kit.postgres.errors import MigrationError
from fluxstudio.kit.postgres.hosts import Target
from fluxstudio.kit.postgres.preconditions import check_session

__all__ = ["OLDEST_POSTGRES", "MigrationError", "Source", "migrate", "missing"]

OLDEST_POSTGRES = 15

Source = tuple[str, Sequence[tuple[str, str]]]
"""A name for where files come from, and the files: pairs of file name and SQL text."""

Step = Callable[[CheckedConnection], Awaitable[None]]

# For a table to change, everybody who uses it has to be through; whoever comes meanwhile waits behind us. So
# we soon step back, and come again.
LOCK_TIMEOUT = "2s"
LOCK_ATTEMPTS = 30
LOCK_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class _Record:
    """What the database knows of an applied file; `oldest` is the least number to know beside it."""

    sha256: str
    oldest: int


_Applied = dict[tuple[str, str], _Record]

_LOCK = int.from_bytes(hashlib.sha256(b"schema_migrations").digest()[:8], signed=True)
_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    source text NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, name)
)
"""
# Who reads and writes rows of tables that somebody else owns.
_IS_GUEST = """
SELECT coalesce((
    SELECT NOT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('schema_migrations')
), false)
"""
_COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = 'schema_migrations'::regclass AND attnum > 0 AND NOT attisdropped
"""
_OLDEST = "ALTER TABLE schema_migrations ADD COLUMN oldest_program integer NOT NULL DEFAULT 0"
# Programs of before know no such column.
_READ = """
SELECT source, name, sha256, coalesce((to_jsonb(m) ->> 'oldest_program')::integer, 0) AS oldest
FROM schema_migrations m
"""
_RECORD = """
INSERT INTO schema_migrations (source, name, sha256, oldest_program) VALUES ($1, $2, $3, $4)
ON CONFLICT (source, name) DO UPDATE
SET sha256 = excluded.sha256, oldest_program = excluded.oldest_program, applied_at = now()
"""


@dataclass(frozen=True)
class _File:
    source: str
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.source}/{self.name}"

    @cached_property
    def number(self) -> int | None:
        return _number(self.name)

    @cached_property
    def oldest(self) -> int:
        """The least number that a program must know to run beside this file; 0 for any."""
        match = re.search(r"^-- oldest program: (\d{4})$", self.text.replace("\r\n", "\n"), re.MULTILINE)
        return int(match[1]) if match else 0

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.replace("\r\n", "\n").encode()).hexdigest()


async def migrate(
    target: Target, sources: Sequence[Source], *, before: Step | None = None, after: Step | None = None
) -> list[str]:
    """Apply what is missing, source by source; several processes may call this at once.

    Each numbered file has a transaction of its own. The repeatable ones follow in the order given, all in
    one transaction: from the first that changed on, or all of them when a numbered file was applied. Where a
    newer program has been here whose files let this one run, nothing is applied: the functions are those of
    the newer one.

    `before` is called ahead of everything, `after` once something was applied, while nobody else migrates.

    Returns:
        `source/name` of every file applied, in order; empty when there was nothing to do.

    Raises:
        MigrationError: a file fails, was changed after it was applied or gets no lock within a minute, the
            database is too far ahead of the files, or the server is older than PostgreSQL 15.
        DatabaseUnfit: a pooler in between lends sessions to others.
        DatabaseUnavailable: the database does not answer.
    """
    files = [_File(source, name, text) for source, texts in sources for name, text in texts]
    _check_names(files)
    connection = await connect(target)
    try:
        _check_server(connection)
        await check_session(connection, target)
        # Held until the connection ends.
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        if await connection.fetchval(_IS_GUEST):
            if before is not None:
                await before(connection)
            await _require_nothing(connection, files)
            return []
        await connection.execute(_TABLE)
        if "oldest_program" not in {row["attname"] for row in await connection.fetch(_COLUMNS)}:
            await connection.execute(_OLDEST)
        if before is not None:
            await before(connection)
        applied = await _apply_missing(connection, files)
        if applied and after is not None:
            await after(connection)
        return applied
    finally:
        await connection.close()


async def _require_nothing(connection: CheckedConnection, files: Sequence[_File]) -> None:
    """Raises `MigrationError` where there is something to apply."""
    pending, repeatable = _to_apply(files, await _applied(connection))
    if pending or repeatable:
        waiting = [str(file) for file in (*pending, *repeatable)]
        more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
        raise MigrationError(
            f"The database lacks {waiting[0]}{more}, and this user may read and write rows only. Run "
            "`fluxstudio migrate` as the user that owns the tables, then start this again."
        )


async def missing(connection: Connection, sources: Sequence[Source]) -> list[str]:
    """What `migrate` would apply, as `source/name` in order; nothing is changed.

    Raises:
        MigrationError: a file was changed after it was applied, or the database is too far ahead.
    """
    files = [_File(source, name, text) for source, texts in sources for name, text in texts]
    _check_names(files)
    has_table = await connection.fetchval("SELECT to_regclass('schema_migrations') IS NOT NULL")
    pending, repeatable = _to_apply(files, await _applied(connection) if has_table else {})
    return [str(file) for file in (*pending, *repeatable)]


async def _applied(connection: Connection | CheckedConnection) -> _Applied:
    rows = await connection.fetch(_READ)
    return {(row["source"], row["name"]): _Record(row["sha256"], row["oldest"]) for row in rows}


def _to_apply(files: Sequence[_File], applied: _Applied) -> tuple[list[_File], list[_File]]:
    """The numbered files to apply, and the repeatable ones after them."""
    pending = _pending(files, applied)
    if not pending and _unknown(files, applied):
        return [], []
    repeatable = [file for file in files if file.number is None]
    if not pending:
        records = [applied.get((file.source, file.name)) for file in repeatable]
        unchanged = [
            record is not None and record.sha256 == file.sha256
            for file, record in zip(repeatable, records, strict=True)
        ]
        repeatable = repeatable[unchanged.index(False) :] if False in unchanged else []
    return pending, repeatable


async def _apply_missing(connection: CheckedConnection, files: Sequence[_File]) -> list[str]:
    applied = await _applied(connection)
    pending, repeatable = _to_apply(files, applied)
    for file in pending:
        await _apply(connection, [file])
    await _apply(connection, repeatable)
    if not _unknown(files, applied):
        await _forget_removed(connection, files, applied)
    return [str(file) for file in (*pending, *repeatable)]


def _unknown(files: Iterable[_File], applied: _Applied) -> list[tuple[str, str]]:
    """The numbered files of the database that a newer program of the same sources has brought."""
    present = {(file.source, file.name) for file in files}
    sources = {source for source, _ in present}
    return sorted(
        (source, name)
        for source, name in applied
        if source in sources and (source, name) not in present and _number(name) is not None
    )


def _pending(files: Iterable[_File], applied: _Applied) -> list[_File]:
    """The numbered files still to apply, once it is certain that the others are what was applied."""
    files = list(files)
    numbered = sorted((file for file in files if file.number is not None), key=lambda file: file.number or 0)
    _check_compatible(numbered, applied, _unknown(files, applied))
    pending = []
    for source in dict.fromkeys(file.source for file in files):
        ours = [file for file in numbered if file.source == source]
        done = {
            name: record.sha256
            for (origin, name), record in applied.items()
            if origin == source and _number(name) is not None
        }
        latest = max((_number(name) or 0 for name in done), default=0)
        for file in ours:
            if file.name not in done:
                _check_in_turn(file, latest)
                pending.append(file)
            elif done[file.name] != file.sha256:
                raise MigrationError(
                    f"The migration {file} has been changed since it was applied to this database. Put the "
                    "file back as it was, and write the change as a new migration with the next number."
                )
    return pending


def _check_compatible(
    numbered: Iterable[_File], applied: _Applied, unknown: Iterable[tuple[str, str]]
) -> None:
    """A newer program may have been here, if what it brought lets this one run."""
    latest: dict[str, int] = {}
    for file in numbered:
        latest[file.source] = max(latest.get(file.source, 0), file.number or 0)
    for source, name in unknown:
        if applied[source, name].oldest > latest.get(source, 0):
            raise MigrationError(
                f"The database has the migration {source}/{name}, which this program is too old for: a newer "
                "version has been here. Start that version, or restore the backup from before its upgrade."
            )


def _check_in_turn(file: _File, latest: int) -> None:
    if (file.number or 0) < latest:
        raise MigrationError(
            f"The migration {file} comes too late: this database already has number {latest:04}. "
            "Give the file the next free number."
        )


def _check_names(files: Sequence[_File]) -> None:
    by_number: dict[tuple[str, object], _File] = {}
    for file in files:
        if not re.fullmatch(r"(\d{4}_|\D).*\.sql", file.name):
            raise MigrationError(
                f"{file} is no migration: name it like 0001_name.sql, or name.sql if repeatable."
            )
        twin = by_number.setdefault((file.source, file.name if file.number is None else file.number), file)
        if twin is not file:
            raise MigrationError(
                f"{twin} and {file} claim the same place. Give one of them the next free number."
            )


def _check_server(connection: CheckedConnection) -> None:
    version = connection.get_server_version()
    if version.major < OLDEST_POSTGRES:
        raise MigrationError(
            f"The database server is PostgreSQL {version.major}, and this program needs {OLDEST_POSTGRES} or "
            "newer. Upgrade the server, or use another."
        )


async def _apply(connection: CheckedConnection, files: Sequence[_File]) -> None:
    """Apply files in one transaction, as often as it takes to get their locks."""
    for attempt in range(1, LOCK_ATTEMPTS + 1):
        try:
            async with connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                for file in files:
                    await _apply_one(connection, file)
            return
        except asyncpg.LockNotAvailableError as error:
            if attempt == LOCK_ATTEMPTS:
                raise MigrationError(
                    f"The migration {files[0]} waits for a table that something else has locked for over "
                    "a minute. It was undone; earlier migrations stay. End the long transaction that "
                    "pg_stat_activity shows, then start again."
                ) from error
            await asyncio.sleep(LOCK_PAUSE_SECONDS)


async def _apply_one(connection: CheckedConnection, file: _File) -> None:
    try:
        await connection.execute(file.text)
    except asyncpg.LockNotAvailableError:
        raise
    except asyncpg.PostgresError as error:
        position = getattr(error, "position", None)
        line = f", line {file.text[: int(position)].count(chr(10)) + 1}" if position else ""
        raise MigrationError(
            f"The migration {file}{line} does not work on this database: {error}. It was undone; earlier "
            "migrations stay. Fix the file or the data that stopped it, then start again."
        ) from error
    await connection.execute(_RECORD, file.source, file.name, file.sha256, file.oldest)


async def _forget_removed(
    connection: CheckedConnection, files: Iterable[_File], applied: Iterable[tuple[str, str]]
) -> None:
    """Let a repeatable file that is gone be new again, should it come back."""
    present = {(file.source, file.name) for file in files}
    removed = [key for key in applied if key not in present and _number(key[1]) is None]
    await connection.executemany("DELETE FROM schema_migrations WHERE source = $1 AND name = $2", removed)


def _number(name: str) -> int | None:
    match = re.match(r"(\d{4})_", name)
    return int(match[1]) if match else None
