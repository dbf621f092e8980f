"""One connection to a database, whose every failure to answer is a `DatabaseUnavailable`."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

from fluxstudio.kit.postgres.errors import (
    DatabaseReadOnly,
    DatabaseRefuses,
    DatabaseUnavailable,
    SessionsLent,
    Unstorable,
)
from fluxstudio.kit.postgres.hosts import HasPlace, Target, open_connection

if TYPE_CHECKING:
    from asyncpg import Record

    Connection = PoolConnectionProxy[Record]
    _Base = asyncpg.Connection[Record]
else:
    Connection = PoolConnectionProxy
    _Base = asyncpg.Connection

_LOST = "The connection to the database was lost. Try again in a moment."
_BUSY = (
    "The database has no room for another connection. Try again in a moment, or raise its max_connections."
)
_FULL = "The database has run out of disk or memory. Make room for it, then try again."
_MOVING = "The database is starting or shutting down. Try again in a moment."
_SLOW = "The database did not answer in time. Try again in a moment."
_ABSENT = "The database cannot be reached. Check that its server runs and that its address is right."
_REFUSED = "The database refuses us: check user name, password and the name of the database in its address."
_NO_CHANGES = (
    "The database takes no changes just now: it is a standby, or was made one. Try again in a moment."
)
_GARBLED = (
    "The address of the database is not understood. Characters such as # / @ in a password must be %-encoded."
)

_CLASS_OF: dict[str, type[DatabaseUnavailable]] = {
    _REFUSED: DatabaseRefuses,
    _GARBLED: DatabaseRefuses,
    _NO_CHANGES: DatabaseReadOnly,
}

_WHILE_CONNECTED: tuple[tuple[type[Exception], str], ...] = (
    (asyncpg.TooManyConnectionsError, _BUSY),
    (asyncpg.InsufficientResourcesError, _FULL),
    (asyncpg.PostgresSystemError, _FULL),
    (asyncpg.CannotConnectNowError, _MOVING),
    (asyncpg.AdminShutdownError, _MOVING),
    (asyncpg.CrashShutdownError, _MOVING),
    (asyncpg.DatabaseDroppedError, _LOST),
    (asyncpg.PostgresConnectionError, _LOST),
)
_WHILE_CONNECTING: tuple[tuple[type[Exception], str], ...] = (
    *_WHILE_CONNECTED,
    (TimeoutError, _SLOW),
    (OSError, _ABSENT),
    (asyncpg.ClientConfigurationError, _GARBLED),
    (ValueError, _GARBLED),
    (asyncpg.PostgresError, _REFUSED),
    (asyncpg.TargetServerAttributeNotMatched, _NO_CHANGES),
    (asyncpg.InterfaceError, _LOST),
)
_WHILE_EXECUTING: tuple[tuple[type[Exception], str], ...] = (
    *_WHILE_CONNECTED,
    (TimeoutError, _SLOW),
    (OSError, _LOST),
)
# Files of the caller raise other errors of the system in there.
_WHILE_IN_USE: tuple[tuple[type[Exception], str], ...] = (*_WHILE_CONNECTED, (ConnectionError, _LOST))
# A type of the system, under the same numbers in every database. asyncpg does not know it, and would ask each
# new session about it by a statement that takes ten milliseconds of a processor.
BYTEA_ARRAY = {
    "oid": 1001,
    "ns": "pg_catalog",
    "name": "_bytea",
    "kind": b"b",
    "elemtype": 17,
    "elemtype_name": "bytea",
    "elemdelim": ",",
    "basetype": None,
    "range_subtype": None,
    "attrtypoids": None,
    "attrnames": None,
}
# A session that others have prepared statements in, or that is not the one we have prepared ours in.
LENT_SESSION = (asyncpg.DuplicatePreparedStatementError, asyncpg.InvalidSQLStatementNameError)
_UNSTORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
# Misuse raises them too, so the state of the connection decides.
_OF_LOST_CONNECTIONS = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


async def connect(target: Target) -> CheckedConnection:
    """A connection of its own, outside any pool; JSON columns hold Python values.

    Raises:
        DatabaseUnavailable: it cannot be had.
    """
    with connecting():
        connection: CheckedConnection = await open_connection(target, connection_class=CheckedConnection)
        try:
            await use_python_json(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection


@contextmanager
def connecting() -> Iterator[None]:
    """Around whatever makes a connection: raise `DatabaseUnavailable` for all that goes wrong.

    What shows that sessions are not our own is `SessionsLent`.
    """
    try:
        yield
    except LENT_SESSION as error:
        raise SessionsLent from error
    except Exception as error:
        unavailable = _translated(error, _WHILE_CONNECTING)
        if unavailable is None:
            raise
        if isinstance(error, ValueError):
            # It quotes pieces of the address, of which one may be the password.
            raise unavailable from None
        raise unavailable from error


@contextmanager
def using(connection: Connection, *, read_only: bool = False) -> Iterator[None]:
    """Around a block that uses a pool's connection: raise `DatabaseUnavailable` when the server went away.

    Where the block meant to write, a server that takes no changes has gone away from us as well.
    """
    try:
        yield
    except asyncpg.ReadOnlySQLTransactionError as error:
        if read_only:
            raise
        raise DatabaseReadOnly(_NO_CHANGES) from error
    except Exception as error:
        unavailable = _translated(error, _WHILE_IN_USE)
        if unavailable is None and isinstance(error, _OF_LOST_CONNECTIONS) and is_lost(connection):
            unavailable = DatabaseUnavailable(_LOST)
        if unavailable is None:
            raise
        raise unavailable from error


def is_lost(connection: Connection) -> bool:
    """Whether the server has gone away from a connection that we still hold."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        # The pool takes a dead connection back by itself, under our hands.
        return True


async def use_python_json(connection: _Base) -> None:
    """Let `json` and `jsonb` go in and come out as plain Python values, and `bytea[]` as it is."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", format="binary", encoder=msgspec.json.encode, decoder=msgspec.json.decode
    )
    # The binary form of jsonb is a version byte, always 1, and the text.
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + msgspec.json.encode(value),
        decoder=lambda data: msgspec.json.decode(memoryview(data)[1:]),
    )
    # Any codec of ours makes it forget what it was told of types.
    connection._protocol.get_settings().register_data_types([BYTEA_ARRAY])  # type: ignore[attr-defined]


class CheckedConnection(_Base, HasPlace):
    """An asyncpg connection that raises `DatabaseUnavailable` or `Unstorable` where asyncpg has many."""

    _next_addition = ""

    def add_to_next(self, statements: str) -> None:
        """Send `statements` along with the next `execute`, in the same round trip."""
        self._next_addition = statements

    async def execute(self, query: str, *args: object, timeout: float | None = None) -> str:  # noqa: ASYNC109
        addition, self._next_addition = self._next_addition, ""
        return await super().execute(query + addition, *args, timeout=timeout)


def _checked(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(method)
    async def call(self: CheckedConnection, *args: Any, **kwargs: Any) -> Any:
        try:
            return await method(self, *args, **kwargs)
        except Exception as error:
            unavailable = _translated(error, _WHILE_EXECUTING)
            if unavailable is None and isinstance(error, _OF_LOST_CONNECTIONS) and self.is_closed():
                unavailable = DatabaseUnavailable(_LOST)
            if unavailable is not None:
                raise unavailable from error
            if isinstance(error, _UNSTORABLE) or isinstance(error.__cause__, UnicodeEncodeError):
                # Without the original error, which quotes what was sent.
                raise Unstorable from None
            raise

    return call


for _name in (
    *("add_listener", "execute", "executemany", "fetch", "fetchmany", "fetchrow", "fetchval", "prepare"),
    *("copy_from_query", "copy_from_table", "copy_records_to_table", "copy_to_table"),
):
    setattr(CheckedConnection, _name, _checked(getattr(CheckedConnection, _name)))


def _translated(
    error: Exception, meanings: tuple[tuple[type[Exception], str], ...]
) -> DatabaseUnavailable | None:
    for kind, message in meanings:
        if isinstance(error, kind):
            return _CLASS_OF.get(message, DatabaseUnavailable)(message)
    return None
