"""The keys of this process against what the database knows of keys.

The database says which key seals and which are still needed; a process has the keys themselves. Every
process says every few seconds which keys it can open with, so that none is put to use before all have it.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import asyncpg
import structlog

from fluxstudio.core.keysource import KeySource
from fluxstudio.core.vault import Vault
from fluxstudio.kit.postgres.database import Connection, Database, DatabaseUnavailable
from fluxstudio.kit.postgres.queries import Queries
from fluxstudio.kit.sealing import Keyset, check_value
from fluxstudio.settings import SettingsError

log = structlog.get_logger(__name__)
sql = Queries.load("fluxstudio.sql", "queries/keys.sql")

SECONDS_BETWEEN_TURNS = 2.0


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key as the database knows it.

    `data_keys` and `requests` (for authorization, on their way) is what it still seals; `holders` is how many
    running processes have it.
    """

    id: str
    check_value: bytes | None
    created_at: datetime
    sealing_since: datetime | None
    data_keys: int
    requests: int
    holders: int

    @property
    def seals_something(self) -> bool:
        """Whether anything would be lost with it."""
        return bool(self.data_keys or self.requests)

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


def primary_of(known: list[KnownKey]) -> KnownKey | None:
    """The key that seals: of all, the one that was told to last."""
    told = [(key.sealing_since, key) for key in known if key.sealing_since is not None]
    return max(told, key=lambda entry: entry[0])[1] if told else None


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
        async with self._db.transaction() as connection:
            await self.register(connection)
            await self._announce(connection)

    async def leave(self) -> None:
        """This process no longer needs to be waited for."""
        with suppress(DatabaseUnavailable):
            await self._db.execute(sql.leave, self._id)

    async def watch(self) -> None:
        """Keep up with changed keys for as long as the process runs."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_TURNS)
            try:
                await self.keep_up()
            except DatabaseUnavailable:
                log.warning("keys_wait_for_database")
            except Exception as error:
                log.error("keys_not_followed", kind=type(error).__name__)

    async def keep_up(self) -> None:
        """Read keys that have changed, say which are here, and seal with the one that should seal."""
        self._vault.look_again()
        async with self._db.connection() as connection:
            await self._announce(connection)

    async def register(self, connection: Connection) -> None:
        """Make the keys of this process known, and one of them seal where none does yet.

        Raises `SettingsError` where a key that is needed is missing here or is another one.
        """
        await connection.execute(sql.one_at_a_time)
        keyset = self._source.read()
        checks = [check_value(key) for key in keyset.keys.values()]
        await connection.execute(sql.make_known, list(keyset.keys), checks)
        known = await self.known(connection)
        problems = problems_with(known, keyset, self._source.name)
        if problems:
            raise SettingsError(problems)
        primary = primary_of(known)
        if primary is None or primary.id not in keyset.keys:
            registered = {key.id for key in known}
            first = next(key_id for key_id in keyset.keys if key_id in registered)
            await connection.execute(sql.make_primary, first)

    async def known(self, connection: Connection | None = None) -> list[KnownKey]:
        """Every key that may be used, in the order they were made."""
        return await known_keys(connection or self._db)

    async def retired(self) -> list[RetiredKey]:
        """Every key that was retired, in that order."""
        return [RetiredKey(**dict(row)) for row in await self._db.fetch(sql.retired)]

    async def holders(self) -> list[Holder]:
        """The processes that run now."""
        rows: list[asyncpg.Record] = await self._db.fetch(sql.holders)
        return [Holder(row["name"], frozenset(row["keys"]), row["seals_with"]) for row in rows]

    async def _announce(self, connection: Connection) -> None:
        for _ in range(2):
            held, present = sorted(self._vault.key_ids), self._vault.seals_with
            primary = await connection.fetchval(sql.announce, self._id, self._name, held, present)
            if primary == present or primary not in self._vault.key_ids:
                return
            self._vault.seal_with(primary)


def problems_with(known: list[KnownKey], keyset: Keyset, source: str) -> list[str]:
    """What keeps a process with these keys from starting: what is wrong with each, then the mend."""
    primary = primary_of(known)
    problems = []
    for key in known:
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
    if not problems and not {key.id for key in known} & set(keyset.keys):
        problems.append(
            f"Every key in {source} was retired. Make another with `fluxstudio keys new` and put it there."
        )
    return problems
