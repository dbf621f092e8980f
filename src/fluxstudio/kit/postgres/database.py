"""The database as the rest of the program sees it: connections, transactions, one user's view, news."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Self, cast
from uuid import UUID

import asyncpg

from fluxstudio.kit.postgres.connection import (
    CheckedConnection,
    Connection,
    connecting,
    is_lost,
    use_python_json,
    using,
)
from fluxstudio.kit.postgres.errors import DatabaseReadOnly, DatabaseUnavailable, Unstorable
from fluxstudio.kit.postgres.hanging import HangWatch
from fluxstudio.kit.postgres.hosts import Target, open_connection
from fluxstudio.kit.postgres.listen import ChannelSubscription, Listener
from fluxstudio.kit.postgres.outage import Outage
from fluxstudio.kit.postgres.preconditions import check_session

if TYPE_CHECKING:
    from asyncpg import Record

    Pool = asyncpg.Pool[Record]
else:
    Pool = asyncpg.Pool

__all__ = [
    "Connection",
    "Database",
    "DatabaseUnavailable",
    "Pool",
    "ChannelSubscription",
    "Target",
    "Unstorable",
]

# Each connection is a process of the server's; what nobody has used for so long is closed.
UNUSED_SECONDS = 20.0
# Taking a connection out of the pool and putting it back costs more than a short statement, and a turn of the
# event loop; so it is done once in so many seconds.
AT_HAND_SECONDS = 1.0

Isolation = Literal["read_committed", "repeatable_read", "serializable"]


class Database:
    """A pool of connections to one PostgreSQL database.

    Whenever the database does not answer, whatever the reason, the error is `DatabaseUnavailable`; for a text
    that PostgreSQL cannot hold it is `Unstorable`; all other errors are asyncpg's own. JSON columns hold
    Python values.

    A connection goes back to the pool without a round trip, so leave nothing in its session: use
    `SET LOCAL`, transaction-level advisory locks and `listen` rather than their session-wide kin.

    Args:
        target: the address, or keyword arguments of `asyncpg.connect`.
        min_size, max_size: how many connections to keep at least and to have at most.
        user_role, user_setting: what `as_user` switches to and where it leaves the user's id.
        acquire_timeout: seconds to wait for a free connection.
        command_timeout: seconds one statement may take.
    """

    def __init__(
        self,
        target: Target,
        *,
        min_size: int = 0,
        max_size: int = 10,
        user_role: str = "app_user",
        user_setting: str = "app.user_id",
        acquire_timeout: float = 5.0,
        command_timeout: float = 60.0,
    ) -> None:
        if not 0 <= min_size <= max_size or max_size == 0:
            raise ValueError(f"a pool cannot have {min_size} to {max_size} connections")
        _check_words(user_role, words=1)
        _check_words(user_setting, words=2)
        self.outage = Outage()
        self._target = target
        self._min_size = min_size
        self._max_size = max_size
        self._user_role = user_role
        self._user_setting = user_setting
        self._acquire_timeout = acquire_timeout
        self._command_timeout = command_timeout
        self._pool: Pool | None = None
        # Out of the pool, but not in use.
        self._at_hand: list[Connection] = []
        self._putting_back: asyncio.Task[None] | None = None
        self._waiting = 0
        self._listener = Listener(target)
        self._hang_watch = HangWatch(target, self._drop_idle)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect for a first time, so that a wrong address shows at once."""
        if self._pool is not None:
            return
        with connecting():
            self._pool = await asyncpg.create_pool(
                connect=self._connect,
                init_size=max(self._min_size, 1),
                min_size=self._min_size,
                max_size=self._max_size,
                max_inactive_connection_lifetime=UNUSED_SECONDS,
                command_timeout=self._command_timeout,
                connection_class=CheckedConnection,
                init=use_python_json,
                reset=_leave_as_it_is,
            )
        self._hang_watch.start()

    async def close(self) -> None:
        """Wait for connections in use, then close everything. May be called again."""
        await self._listener.close()
        await self._hang_watch.close()
        pool, self._pool = self._pool, None
        if pool is not None:
            if self._putting_back is not None:
                self._putting_back.cancel()
            await self._put_back(pool)
            # Out of patience, asyncpg cuts what is still in use.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._command_timeout):
                    await pool.close()

    @property
    def pool(self) -> Pool:
        """The asyncpg pool itself, for libraries that want one.

        Raises:
            DatabaseUnavailable: the database is not open.
        """
        if self._pool is None:
            raise DatabaseUnavailable("The database is not open: this program is starting or shutting down.")
        return self._pool

    def connections(self) -> tuple[int, int, int]:
        """How many connections are in use, how many idle, and how many there may be.

        Raises:
            DatabaseUnavailable: the database is not open.
        """
        idle = self.pool.get_idle_size() + len(self._at_hand)
        return self.pool.get_size() - idle, idle, self._max_size

    @asynccontextmanager
    async def connection(self, *, read_only: bool = False) -> AsyncIterator[Connection]:
        """A connection in the pool's own role; each statement commits by itself.

        `read_only` says that nothing is to be written, so that a refusal to do so is the caller's own.
        """
        pool = self.pool
        try:
            connection = self._took() or await self._acquire(pool)
        except DatabaseUnavailable as error:
            self.outage.begin(str(error))
            raise
        try:
            with self._hang_watch.using(connection), using(connection, read_only=read_only):
                yield connection
        except DatabaseUnavailable as error:
            self.outage.begin(str(error))
            if isinstance(error, DatabaseReadOnly):
                # Another server has taken its place, or will: whoever comes next looks for it.
                connection.terminate()
            await self._give_back(pool, connection)
            raise
        except BaseException:
            # A statement that was broken off may still have to be ended.
            await self._give_back(pool, connection)
            raise
        self.outage.end()
        if self._waiting or pool is not self._pool or is_lost(connection) or connection.is_in_transaction():
            await self._give_back(pool, connection)
        else:
            self._keep_at_hand(pool, connection)

    @asynccontextmanager
    async def transaction(
        self, *, isolation: Isolation | None = None, read_only: bool = False
    ) -> AsyncIterator[Connection]:
        """A connection in one transaction: committed when the block ends well, else rolled back."""
        async with (
            self.connection(read_only=read_only) as connection,
            connection.transaction(isolation=isolation, readonly=read_only),
        ):
            yield connection

    @asynccontextmanager
    async def as_user(
        self,
        user_id: UUID,
        *,
        role: str | None = None,
        read_only: bool = False,
        statement_timeout: float | None = None,
    ) -> AsyncIterator[Connection]:
        """A transaction with the rights and the rows of one user, opened in a single round trip.

        Row security is expected to compare with the setting `user_setting`, which holds `user_id`.

        Args:
            user_id: whose rows to see.
            role: restricted role to use instead of `user_role`.
            read_only: whether writing is refused.
            statement_timeout: seconds after which the server ends a statement with `QueryCanceledError`.
        """
        if not isinstance(user_id, UUID):
            raise TypeError(f"user_id must be a UUID, not {type(user_id).__name__}")
        role = role or self._user_role
        _check_words(role, words=1)
        opening = f"SET LOCAL ROLE {role}; SET LOCAL {self._user_setting} = '{user_id}';"
        if statement_timeout is not None:
            opening += f" SET LOCAL statement_timeout = {max(1, round(1000 * statement_timeout))};"
        async with self.connection(read_only=read_only) as connection:
            cast("CheckedConnection", connection).add_to_next(opening)
            async with connection.transaction(readonly=read_only):
                yield connection

    async def fetch(self, query: str, *args: object) -> list[Record]:
        """All rows of one statement, committed by itself."""
        async with self.connection() as connection:
            return await connection.fetch(query, *args)

    async def fetchrow(self, query: str, *args: object) -> Record | None:
        """The first row of one statement, or None."""
        async with self.connection() as connection:
            return await connection.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: object) -> Any:
        """The first value of the first row of one statement, or None."""
        async with self.connection() as connection:
            return await connection.fetchval(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        """Run one statement, or several when there are no `args`; return PostgreSQL's word for the last."""
        async with self.connection() as connection:
            return await connection.execute(query, *args)

    async def check_session(self) -> None:
        """Whether sessions are our own and changes are taken; see `check_session` in `preconditions`."""
        async with self.connection() as connection:
            await check_session(connection, self._target)

    async def now(self) -> datetime:
        """The time by the database's clock, with a time zone."""
        return cast("datetime", await self.fetchval("SELECT clock_timestamp()"))

    async def listen(
        self,
        channel: str,
        callback: Callable[[str], None],
        *,
        on_reconnect: Callable[[], None] | None = None,
    ) -> ChannelSubscription:
        """Call `callback` with the payload of every notification on `channel` from now on.

        It runs in the event loop and must not block: let it wake a task. When the connection is lost it is
        made anew, and `on_reconnect` is called once it listens again: what was sent meanwhile is missed.

        Raises:
            DatabaseUnavailable: the database cannot be reached now.
        """
        return await self._listener.subscribe(channel, callback, on_reconnect)

    async def _connect(self, *_: object, loop: object = None, **options: Any) -> Any:
        """A new connection for the pool, to whichever host answers."""
        return await open_connection(self._target, **options)

    async def _drop_idle(self) -> None:
        """Have nobody given a connection that is open by now."""
        if self._pool is not None:
            await self._pool.expire_connections()
            while self._at_hand:
                connection = self._at_hand.pop()
                connection.terminate()
                await _release(self._pool, connection)

    def _took(self) -> Connection | None:
        """A connection that is at hand, or None."""
        while self._at_hand:
            if not is_lost(connection := self._at_hand.pop()):
                return connection
        return None

    async def _acquire(self, pool: Pool) -> Connection:
        self._waiting += 1
        with connecting():
            try:
                return await pool.acquire(timeout=self._acquire_timeout)
            except TimeoutError as error:
                if pool.get_size() < self._max_size:
                    raise
                raise DatabaseUnavailable(
                    f"All {self._max_size} connections to the database stayed busy for "
                    f"{self._acquire_timeout:g} seconds. Try again in a moment."
                ) from error
            finally:
                self._waiting -= 1

    async def _give_back(self, pool: Pool, connection: Connection) -> None:
        if is_lost(connection):
            # What ended this one has likely ended the others.
            await pool.expire_connections()
            await self._put_back(pool)
        await _release(pool, connection)

    def _keep_at_hand(self, pool: Pool, connection: Connection) -> None:
        self._at_hand.append(connection)
        if self._putting_back is None:
            self._putting_back = asyncio.create_task(self._put_back_soon(pool))

    async def _put_back_soon(self, pool: Pool) -> None:
        try:
            await asyncio.sleep(AT_HAND_SECONDS)
        finally:
            self._putting_back = None
        await self._put_back(pool)

    async def _put_back(self, pool: Pool) -> None:
        while self._at_hand:
            await _release(pool, self._at_hand.pop())


async def _release(pool: Pool, connection: Connection) -> None:
    """Give a connection back, whatever state it is in.

    What was done over it is done by now. Where the server has gone away from it, the pool closes it and makes
    another in its place.
    """
    # The last of them is what asyncpg says of one that it has taken back by itself meanwhile.
    broken = (OSError, DatabaseUnavailable, asyncpg.PostgresError, asyncpg.InterfaceError)
    with suppress(*broken, asyncpg.InternalClientError):
        await pool.release(connection)


async def _leave_as_it_is(_: object) -> None:
    """In place of asyncpg's reset, which costs a round trip. It still rolls back an open transaction."""


def _check_words(name: str, words: int) -> None:
    """These names become part of statements, in places where PostgreSQL takes no parameters."""
    if not re.fullmatch(r"\.".join([r"[a-z_][a-z0-9_]*"] * words), name):
        raise ValueError(f"{name!r} does not do as a name: use {words} lower-case word(s) joined by a dot")
