"""The keys of this process against what the database knows of keys.

The database says which key seals and which are still needed; a process has the keys themselves. Every
process says every few seconds which keys it can open with, so that none is put to use before all have it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg
import structlog

from fluxstudio.core.tokens.key_source import KeySource
from fluxstudio.core.tokens.vault import TokenOwner, Vault
from fluxstudio.kit.postgres.database import Connection, Database, DatabaseUnavailable
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.sealing import Keyset, check_value
from fluxstudio.settings import SettingsError

log = structlog.get_logger(__name__)
sql = Queries.load("fluxstudio.sql", "queries/tokens/keys.sql")

SECONDS_BETWEEN_TURNS = 2.0


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key as the database knows it.

    `data_keys`, `requests` (for authorization, on their way) and the secrets of `webhooks`, in and out, are
    what it still seals; `holders` is how many running processes have it.
    """

    id: str
    check_value: bytes | None
    created_at: datetime
    sealing_since: datetime | None
    data_keys: int
    requests: int
    webhooks: int
    holders: int

    @property
    def seals_something(self) -> bool:
        """Whether anything would be lost with it."""
        return bool(self.data_keys or self.requests or self.webhooks)

    def is_another(self, key: bytes) -> bool:
        """Whether a key of the same name is not this one."""
        return self.check_value not in {None, check_value(key)}


@dataclass(frozen=True, slots=True)
class Holder:
    """A running process, the keys it can open with, and the one it seals with."""

    name: str
    keys: frozenset[str]
    seals_with: str


@dataclass(frozen=True, slots=True)
class RetiredKey:
    """A key that nothing is sealed with any more and nothing ever will be."""

    id: str
    created_at: datetime
    retired_at: datetime


class KeyInUse(Exception):
    """The database keeps a key, because something is sealed with it."""


def primary_of(keys: list[KnownKey]) -> KnownKey | None:
    """The key that seals: of all, the one that was told to last."""
    sealing = [(key.sealing_since, key) for key in keys if key.sealing_since is not None]
    return max(sealing, key=lambda entry: entry[0])[1] if sealing else None


async def known_keys(db: Database | Connection) -> list[KnownKey]:
    """Every key that may be used, in the order they were made."""
    return [KnownKey(**dict(row)) for row in await db.fetch(sql.known)]


class Keys:
    """What this process and the database know of keys."""

    def __init__(self, db: Database, vault: Vault, source: KeySource) -> None:
        self._db = db
        self._vault = vault
        self._source = source
        self._id = uuid4()
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    async def join(self) -> None:
        """Begin to seal and open. Raises `SettingsError` where a key that is needed is not here."""
        async with self.alone() as connection:
            await self.register(connection)
            await self._announce(connection)

    async def leave(self) -> None:
        """This process no longer needs to be waited for."""
        with suppress(DatabaseUnavailable):
            await self._db.execute(sql.leave, self._id)

    async def keep_up(self) -> None:
        """Read keys that have changed, say which are here, and seal with the one that should seal."""
        self._vault.look_again()
        async with self._db.connection() as connection:
            await self._announce(connection)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Connection]:
        """A transaction in which nobody else changes what is known of keys."""
        async with self._db.transaction() as connection:
            await connection.execute(sql.one_at_a_time)
            yield connection

    async def register(self, connection: Connection) -> None:
        """Make the keys of this process known, and one of them seal where none does yet.

        Raises `SettingsError` where a key that is needed is missing here or is another one.
        """
        keyset = self._source.read()
        await self.make_known(connection, keyset.keys)
        keys = await self.usable(connection)
        problems = problems_with(keys, keyset, self._source.name)
        if problems:
            raise SettingsError(problems)
        primary = primary_of(keys)
        if primary is None or primary.id not in keyset.keys:
            registered = {key.id for key in keys}
            first = next(key_id for key_id in keyset.keys if key_id in registered)
            await connection.execute(sql.make_primary, first)

    async def make_known(self, connection: Connection, keys: Mapping[str, bytes]) -> None:
        """Let the database know of keys, by id; of a retired one it wants to know no more."""
        await connection.execute(sql.make_known, list(keys), [check_value(key) for key in keys.values()])

    async def usable(self, connection: Connection | None = None) -> list[KnownKey]:
        """Every key that may be used, in the order they were made."""
        return await known_keys(connection or self._db)

    async def retired(self) -> list[RetiredKey]:
        """Every key that was retired, in that order."""
        return [RetiredKey(**dict(row)) for row in await self._db.fetch(sql.retired)]

    async def holders(self) -> list[Holder]:
        """The processes that run now."""
        rows: list[asyncpg.Record] = await self._db.fetch(sql.holders)
        return [Holder(row["name"], frozenset(row["keys"]), row["seals_with"]) for row in rows]

    async def primary(self, connection: Connection) -> str | None:
        """The id of the key that seals."""
        key_id: str | None = await connection.fetchval(sql.primary_key)
        return key_id

    async def put_to_use(self, key_id: str) -> None:
        """Let a key seal from now on, in every process."""
        await self._db.execute(sql.make_primary, key_id)

    async def left_to_rewrap(self, key_id: str) -> int:
        """How many data keys and webhook secrets are sealed with another key."""
        count: int = await self._db.fetchval(sql.count_sealed_otherwise, key_id)
        return count

    async def some_to_rewrap(self, key_id: str, after: UUID, count: int) -> list[tuple[TokenOwner, bytes]]:
        """Data keys sealed with another key, whose grants come after one."""
        rows = await self._db.fetch(sql.sealed_otherwise, key_id, after, count)
        return [
            (TokenOwner(row["id"], row["provider"], row["client_id"], row["account_id"]), row["data_key"])
            for row in rows
        ]

    async def rewrap(self, connection: Connection, boxes: Sequence[tuple[UUID, bytes, bytes]]) -> int:
        """Put data keys sealed anew in place of what they were; how many still were that."""
        done = await connection.execute(sql.rewrap, *(list(column) for column in zip(*boxes, strict=True)))
        return _count(done)

    async def webhooks_to_reseal(
        self, key_id: str, after: tuple[str, str], count: int
    ) -> list[tuple[str, str, bytes]]:
        """(provider, webhook, sealed secret) of webhooks sealed with another key, from after one on."""
        rows = await self._db.fetch(sql.webhooks_sealed_otherwise, key_id, *after, count)
        return [(row["provider"], row["webhook_id"], row["secret"]) for row in rows]

    async def reseal_webhooks(
        self, connection: Connection, boxes: Sequence[tuple[str, str, bytes, bytes]]
    ) -> int:
        """Put webhook secrets sealed anew in place of what they were; how many still were that."""
        columns = (list(column) for column in zip(*boxes, strict=True))
        return _count(await connection.execute(sql.reseal_webhooks, *columns))

    async def endpoints_to_reseal(self, key_id: str, after: UUID, count: int) -> list[tuple[UUID, bytes]]:
        """(id, sealed secret) of endpoints' secrets sealed with another key, from after one on."""
        rows = await self._db.fetch(sql.endpoints_sealed_otherwise, key_id, after, count)
        return [(row["id"], row["secret"]) for row in rows]

    async def reseal_endpoints(
        self, connection: Connection, boxes: Sequence[tuple[UUID, bytes, bytes]]
    ) -> int:
        """Put endpoints' secrets sealed anew in place of what they were; how many still were that."""
        columns = (list(column) for column in zip(*boxes, strict=True))
        return _count(await connection.execute(sql.reseal_endpoints, *columns))

    async def retire(self, connection: Connection, key_id: str) -> None:
        """Let nothing be sealed with a key any more. Raises `KeyInUse`."""
        await connection.execute(sql.drop_expired_requests, key_id)
        try:
            await connection.execute(sql.retire, key_id)
        except asyncpg.ForeignKeyViolationError:
            raise KeyInUse(key_id) from None

    async def give_up(self, connection: Connection, key_id: str, problem: Mapping[str, str]) -> int:
        """Give up everything that a key seals; how many grants, whose people then see the problem."""
        done = await connection.execute(sql.give_up_grants, key_id, dict(problem))
        await connection.execute(sql.give_up_requests, key_id)
        await connection.execute(sql.give_up_webhooks, key_id)
        await connection.execute(sql.give_up_endpoints, key_id)
        await connection.execute(sql.drop_endpoint_secrets, key_id)
        return _count(done)

    async def _announce(self, connection: Connection) -> None:
        for _ in range(2):
            key_ids, present = sorted(self._vault.key_ids), self._vault.seals_with
            primary = await connection.fetchval(sql.announce, self._id, self._name, key_ids, present)
            if primary == present:
                return
            if primary not in self._vault.key_ids:
                log.error("key_that_seals_is_missing", key=primary, source=self._source.name)
                return
            self._vault.seal_with(primary)


def problems_with(keys: list[KnownKey], keyset: Keyset, source: str) -> list[str]:
    """What keeps a process with these keys from starting: what is wrong with each, then the mend."""
    primary = primary_of(keys)
    problems = []
    for key in keys:
        mend = "Put it back from where the other processes or your backups have it."
        if key.seals_something:
            mend += (
                f" If it is lost for good, `fluxstudio keys retire {key.id} --give-up` lets go of the "
                f"{key.data_keys} accounts sealed with it; their people connect them again."
            )
        here = keyset.keys.get(key.id)
        if here is not None and key.is_another(here):
            problems.append(
                f"The key “{key.id}” in {source} is not the one that this database is sealed with. {mend}"
            )
        elif here is None and (key.seals_something or (key is primary and key.holders)):
            problems.append(f"This database is sealed with the key “{key.id}”, which {source} lacks. {mend}")
    if not problems and not {key.id for key in keys} & set(keyset.keys):
        problems.append(
            f"Every key in {source} was retired. Make another with `fluxstudio keys new` and put it there."
        )
    return problems


def _count(done: str) -> int:
    """The number in PostgreSQL's word for a statement."""
    return int(done.rpartition(" ")[2])
