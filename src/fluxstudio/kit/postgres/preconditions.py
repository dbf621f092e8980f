"""What a database has to be like, seen by its effect: sessions of one's own, and changes that are taken."""

from __future__ import annotations

from fluxstudio.kit.postgres.connection import LENT_SESSION, CheckedConnection, Connection, connect
from fluxstudio.kit.postgres.errors import DatabaseReadOnly, SessionsLent
from fluxstudio.kit.postgres.hosts import Target

STANDBY = (
    "The database is a standby, which takes no changes. Point DATABASE_URL at the primary, or name all hosts "
    "in it (postgresql://user:password@first,second/database): the one that takes changes is used then."
)
READ_ONLY = (
    "The database takes no changes: default_transaction_read_only is on for it or for our user. Switch it "
    "off (ALTER DATABASE … RESET default_transaction_read_only), or wait until maintenance is over."
)
_SESSION = """
SELECT pg_backend_pid() AS pid, pg_is_in_recovery() AS standby,
       current_setting('transaction_read_only')::bool AS read_only
"""
_PID = "SELECT pg_backend_pid()"
# With others about, one of them may have the session that we would be lent.
_TRIES = 5


async def check_session(connection: CheckedConnection | Connection, target: Target) -> None:
    """Whether what we work with can be had over this connection, just made to this target.

    Raises:
        SessionsLent: sessions are not our own.
        DatabaseReadOnly: no changes are taken.
    """
    try:
        row = await connection.fetchrow(_SESSION)
        # A pooler invents the number that it tells at the beginning.
        lent = (
            row is not None
            and connection.get_server_pid() != row["pid"]
            and await _is_lent(connection, target)
        )
    except LENT_SESSION as error:
        raise SessionsLent from error
    if lent:
        raise SessionsLent
    assert row is not None
    if row["standby"]:
        raise DatabaseReadOnly(STANDBY)
    if row["read_only"]:
        raise DatabaseReadOnly(READ_ONLY)


async def _is_lent(connection: CheckedConnection | Connection, target: Target) -> bool:
    """Whether the server's session behind a connection becomes that of another one between transactions."""
    other = await connect(target)
    try:
        for _ in range(_TRIES):
            if await connection.fetchval(_PID) == await other.fetchval(_PID):
                return True
    finally:
        await other.close()
    return False
