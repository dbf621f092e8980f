"""Running one checked SELECT: as a role that only reads, in bounds of time, rows and bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import asyncpg

from fluxstudio.core.ask.catalog import read_schema
from fluxstudio.core.ask.schema import Schema
from fluxstudio.errors import QuestionFailed, Unavailable
from fluxstudio.kit.postgres.database import Connection, Database

if TYPE_CHECKING:
    from asyncpg import Record

STATEMENT_SECONDS = 5.0
MOST_ROWS = 1000
MOST_BYTES = 1_000_000
MAX_CELL_CHARACTERS = 2_000
LONGEST_PROBLEM = 500
_BATCH = 100
OWN = "fluxstudio"


@dataclass(frozen=True, slots=True)
class ResultRows:
    """What a SELECT found.

    Attributes:
        columns: their names.
        values: rows as JSON can hold them; texts end after 2,000 characters.
        cut: whether there were more rows or bytes than are returned.
    """

    columns: tuple[str, ...]
    values: tuple[tuple[object, ...], ...]
    cut: bool


class Askable(Protocol):
    """A database that can be asked."""

    name: str

    async def schema(self, *, everything: bool) -> Schema:
        """What can be asked about; `everything` is for administrators."""

    async def select(self, sql: str, user_id: UUID, *, everything: bool) -> ResultRows:
        """Run one SELECT that was checked, for a user. Raises `QuestionFailed`."""


class OwnDatabase:
    """The product's own database, through the views of `ask` or, for administrators, `ask_all`."""

    name = OWN

    def __init__(self, db: Database) -> None:
        self._db = db

    async def schema(self, *, everything: bool) -> Schema:
        """The views. Nothing is sampled: one person's values are not for another's questions."""
        role, schema = _whose(everything)
        nobody = UUID(int=0)
        async with self._db.as_user(nobody, role=role, read_only=True) as connection:
            return await read_schema(connection, schemas=[schema], sampled=False)

    async def select(self, sql: str, user_id: UUID, *, everything: bool) -> ResultRows:
        """Run a SELECT with the rights of the asker's role. Raises `QuestionFailed`."""
        role, _ = _whose(everything)
        with_limit = self._db.as_user(user_id, role=role, read_only=True, statement_timeout=STATEMENT_SECONDS)
        with _explained():
            async with with_limit as connection:
                return await _selected(connection, sql)


def _whose(everything: bool) -> tuple[str, str]:
    """The role and the schema of views to use."""
    return ("fluxstudio_ask_all", "ask_all") if everything else ("fluxstudio_ask", "ask")


class FurtherDatabase:
    """Another PostgreSQL database, which the operator named; its role should only be able to read."""

    def __init__(self, name: str, dsn: str) -> None:
        self.name = name
        self._dsn = dsn

    async def schema(self, *, everything: bool) -> Schema:
        """All that the role of the address may read, with samples. Raises `Unavailable`."""
        async with self._connection() as connection, connection.transaction(readonly=True):
            return await read_schema(connection)

    async def select(self, sql: str, user_id: UUID, *, everything: bool) -> ResultRows:
        """Run a SELECT in a transaction that cannot write. Raises `QuestionFailed`, `Unavailable`."""
        async with self._connection() as connection:
            with _explained():
                async with connection.transaction(readonly=True):
                    milliseconds = round(1000 * STATEMENT_SECONDS)
                    await connection.execute(f"SET LOCAL statement_timeout = {milliseconds}")
                    return await _selected(connection, sql)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection[Record]]:
        try:
            connection = await asyncpg.connect(self._dsn, timeout=10)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            raise Unavailable(
                f"The database {self.name} cannot be reached. Check its address in ASK_DATABASES."
            ) from None
        try:
            yield connection
        finally:
            await connection.close(timeout=2)


class _explained:  # noqa: N801
    """Turns what the database says of a SELECT into what a person can act on."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, asyncpg.QueryCanceledError | TimeoutError | asyncio.TimeoutError):
            raise QuestionFailed(
                "The answer took longer than 5 seconds. Ask about less, such as one month or one account."
            ) from None
        if isinstance(error, asyncpg.InsufficientPrivilegeError):
            raise QuestionFailed(
                "That cannot be read here. Ask about something else.", problem=_problem(error)
            ) from None
        if isinstance(error, asyncpg.PostgresError):
            raise QuestionFailed(
                "The database could not answer that. Ask in other words.", problem=_problem(error)
            ) from None


def _problem(error: asyncpg.PostgresError) -> str:
    """What is wrong with a statement. Only errors of class 42 are about its text; others may quote rows."""
    about_text = (error.sqlstate or "").startswith("42")
    return str(error)[:LONGEST_PROBLEM] if about_text else type(error).__name__


async def _selected(connection: Connection | asyncpg.Connection[Record], sql: str) -> ResultRows:
    """The first rows, as many as fit."""
    statement = await connection.prepare(sql)
    columns = tuple(attribute.name for attribute in statement.get_attributes())
    values: list[tuple[object, ...]] = []
    size = 0
    async for row in statement.cursor(prefetch=_BATCH):
        plain = tuple(_plain(value) for value in row)
        size += sum(len(str(value)) for value in plain)
        if len(values) == MOST_ROWS or size > MOST_BYTES:
            return ResultRows(columns, tuple(values), cut=True)
        values.append(plain)
    return ResultRows(columns, tuple(values), cut=False)


def _plain(value: Any) -> object:
    """A value as JSON can hold it."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Decimal | float):
        number = float(value)
        return number if abs(number) < float("inf") else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)[:MAX_CELL_CHARACTERS]
