"""Answers of providers, kept for as long as they are fresh and served stale when there is nothing better."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from fluxstudio.kit import json
from fluxstudio.kit.postgres.database import Database, Unstorable
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.signatures import sha256
from fluxstudio.sdk import Operation

sql = Queries.load("fluxstudio.sql", "queries/cache.sql")

ANSWERS_KEPT_FOR = timedelta(days=30)

# JSON can say what jsonb cannot hold, such as U+0000. The answer is good all the same.
UNKEEPABLE = (Unstorable, asyncpg.DataError, asyncpg.NotNullViolationError)


class CachedAnswer(msgspec.Struct, frozen=True):
    """A kept answer: its JSON value, when it was fetched and whether it still is fresh."""

    body: Any
    fetched_at: datetime
    fresh: bool


def key_of(arguments: Mapping[str, Any]) -> bytes:
    """The 32-byte key of a set of arguments."""
    return hashlib.sha256(msgspec.json.encode(dict(arguments), order="deterministic")).digest()


def brief_key(key: bytes) -> bytes:
    """The key of an answer's brief form, beside the answer itself."""
    return hashlib.sha256(key + b"brief").digest()


def personal_key(key: bytes, connection: UUID) -> bytes:
    """The key of an answer that is for one connection only, as `usable_connections` makes it, too."""
    return hashlib.sha256(key + str(connection).encode()).digest()


class Cache:
    """Writes answers and outdates them; they are read together with the connection they belong to."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def store(
        self,
        grant_id: UUID,
        operation: Operation,
        arguments: Mapping[str, Any],
        answer: Any,
        asked_at: datetime,
        *,
        connection: UUID | None = None,
    ) -> None:
        """Keep an answer, asked for at `asked_at` by the database's clock, for as long as its operation says.

        Its brief form is kept along with it, where the operation has one. What is for a single `connection`
        is shown to nobody else.
        """
        if operation.fresh_for is None:
            return
        forms = {key_of(arguments): answer}
        if operation.brief is not None:
            forms[brief_key(key_of(arguments))] = operation.brief(answer)
        about = (operation.fresh_for, asked_at, connection)
        for key, form in forms.items():
            own = key if connection is None else personal_key(key, connection)
            with suppress(*UNKEEPABLE):
                await self._db.execute(
                    sql.store, grant_id, operation.full_name, own, operation.to_json(form), *about
                )

    async def outdate(self, grant_id: UUID, operations: Sequence[str]) -> None:
        """What is kept of these operations no longer is fresh; it may still be served as stale."""
        if operations:
            await self._db.execute(sql.outdate, grant_id, list(operations))

    async def probe(self) -> None:
        """Read one row, if there is any. Raises `DatabaseUnavailable`."""
        await self._db.fetchval(sql.probe)

    async def sweep(self) -> None:
        """Delete what nobody has fetched for a month."""
        await self._db.execute(sql.sweep, ANSWERS_KEPT_FOR)


@dataclass(frozen=True, slots=True)
class GrantResponseCache:
    """Answers to reads that one call rests on; implements `sdk.ports.ResponseCache`.

    `asked_at` is when the call began, by the database's clock.
    """

    db: Database
    grant_id: UUID
    asked_at: datetime
    connection_id: UUID

    async def recall(self, operation: Operation, arguments: Mapping[str, Any]) -> Any | None:
        """The answer that is kept and fresh, or None."""
        key = key_of(arguments)
        if operation.personal_for(arguments):
            key = personal_key(key, self.connection_id)
        body = await self.db.fetchval(sql.fresh, self.grant_id, operation.full_name, key)
        return operation.from_json(body)

    async def keep(self, operation: Operation, arguments: Mapping[str, Any], answer: Any) -> None:
        """Keep an answer for as long as the operation says."""
        connection = self.connection_id if operation.personal_for(arguments) else None
        await Cache(self.db).store(
            self.grant_id, operation, arguments, answer, self.asked_at, connection=connection
        )


@dataclass(frozen=True, slots=True)
class GrantEtagCache:
    """Answers kept with their ETag; implements `sdk.ports.EtagCache`."""

    db: Database
    grant_id: UUID

    async def recall(self, url: str) -> tuple[str, bytes] | None:
        """(ETag, body) of the last answer to this address."""
        row = await self.db.fetchrow(sql.recall, self.grant_id, "http", sha256(url))
        return None if row is None else (row["etag"], msgspec.json.encode(row["body"]))

    async def keep(self, url: str, etag: str, body: bytes) -> None:
        """Keep an answer with its ETag."""
        with suppress(json.NotJson, *UNKEEPABLE):
            await self.db.execute(sql.keep, self.grant_id, "http", sha256(url), json.decode(body), etag)
